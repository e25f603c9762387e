"""The audit in the native store: entries in chains, and the anchors that hold the chains.

An entry is written together with a row of `access_record` for each of its customers, in one
statement. Anchors are written now and then, one after the other whoever writes them, and signed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from connectors.native.store import Store
from domain.audit import Entry
from domain.chain import START, link, signature

ANCHORS = UUID(int=0)
"""The id of the chain that the anchors are."""

_LOCK = 360_360_360_002
_PAGE = 2_000

# What is acknowledged is on disk, whatever the server does for others.
_APPEND = """
WITH durable AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true)),
new AS MATERIALIZED (
  SELECT $2 + e.place AS number, e.at, e.hash, e.body
  FROM durable, unnest($3::timestamptz[], $4::bytea[], $5::text[])
    WITH ORDINALITY AS e (at, hash, body, place)
),
entry AS (
  INSERT INTO audit_entry (chain, number, at, hash, body)
  SELECT $1, number, at, hash, body FROM new
)
INSERT INTO access_record (id, customer_id, at, kind, viewer, role, purpose, operation, client,
  request_id, fields, masked)
SELECT s.id, s.customer_id, e.at, e.said ->> 'kind', e.said ->> 'viewer', e.said ->> 'role',
  e.said ->> 'purpose', e.said ->> 'operation', e.said ->> 'client', e.said ->> 'request_id',
  e.said -> 'fields', e.said -> 'masked'
FROM unnest($6::text[], $7::uuid[], $8::bigint[]) AS s (id, customer_id, number)
JOIN (SELECT number, at, body::jsonb AS said FROM new OFFSET 0) AS e ON e.number = s.number
"""
_LAST_ANCHOR = "SELECT number, hash FROM audit_anchor ORDER BY number DESC LIMIT 1"
_ANCHOR = """
INSERT INTO audit_anchor (number, at, hash, signature, body) VALUES ($1, $2, $3, $4, $5)
"""
_ANCHORS = "SELECT number, at, hash, signature, body FROM audit_anchor ORDER BY number"
_ENTRIES = """
SELECT chain, number, at, hash, body FROM audit_entry
WHERE chain = $1 AND number >= $2 ORDER BY number LIMIT $3
"""
_CHAINS = "SELECT DISTINCT chain FROM audit_entry"
_COPIES = """
SELECT id, customer_id, at, kind, viewer, role, purpose, operation, client, request_id, fields,
  masked
FROM access_record WHERE id >= $1 AND id < $2 ORDER BY id
"""
_FOUND = """
SELECT e.chain, e.number, e.at, e.hash, e.body FROM audit_entry AS e
WHERE e.at >= $1 AND ($2::text IS NULL OR e.body::json ->> 'viewer' = $2)
  AND ($3::uuid IS NULL OR (e.chain, e.number) IN (
    SELECT left(a.id, 32)::uuid, substr(a.id, 34, 12)::bigint FROM access_record AS a
    WHERE a.customer_id = $3))
ORDER BY e.at DESC, e.chain, e.number DESC LIMIT $4
"""
_OLD = """
SELECT chain, max(number) AS number FROM audit_entry WHERE at < $1 GROUP BY chain
"""
_REMOVE = "DELETE FROM audit_entry WHERE chain = $1 AND number <= $2"
_REMOVE_COPIES = "DELETE FROM access_record WHERE id >= $1 AND id < $2"


class Head(NamedTuple):
    """How far a chain has come: the number of its last entry, -1 before the first, and its hash."""

    chain: UUID
    number: int
    hash: bytes


class Kept(NamedTuple):
    """An entry or an anchor as it is stored."""

    number: int
    at: datetime
    hash: bytes
    body: str
    chain: UUID = ANCHORS
    signature: bytes = b""


class AuditLog:
    """Reads and writes the audit; `key` signs the anchors. Raises `SourceError`."""

    def __init__(self, store: Store, *, key: bytes) -> None:
        self._store = store
        self.key = key

    async def append(self, head: Head, entries: Sequence[Entry]) -> Head:
        """Write entries behind the head of their chain; gives the new head. It is on disk then."""
        chain, number, hashed = head
        hashes: list[bytes] = []
        subjects: list[tuple[str, UUID, int]] = []
        for each in entries:
            number += 1
            hashed = link(hashed, chain=chain, number=number, body=each.body)
            hashes.append(hashed)
            for place, customer in enumerate(each.customers):
                subjects.append((copy_id(chain, number, place), customer, number))
        await self._store.fetch(
            _APPEND,
            chain,
            head.number,
            [each.at for each in entries],
            hashes,
            [each.body.decode() for each in entries],
            *([each[place] for each in subjects] for place in range(3)),
        )
        return Head(chain, number, hashed)

    async def anchor(self, head: Head, *, at: datetime) -> bytes:
        """Note how far a chain has come; gives the hash of the anchor."""
        async with self._store.transaction() as connection:
            return await self._anchored(connection, _noted("head", head), at)

    async def _anchored(
        self, connection: asyncpg.Connection, said: Mapping[str, Any], at: datetime
    ) -> bytes:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        last = await connection.fetchrow(_LAST_ANCHOR)
        number, before = (0, START) if last is None else (last["number"] + 1, last["hash"])
        body = orjson.dumps({**said, "at": at}, option=orjson.OPT_SORT_KEYS)
        hashed = link(before, chain=ANCHORS, number=number, body=body)
        signed = signature(self.key, hashed)
        await connection.execute(_ANCHOR, number, at, hashed, signed, body.decode())
        return hashed

    async def anchors(self) -> Sequence[Kept]:
        """All anchors, the first first."""
        rows = await self._store.fetch(_ANCHORS, timeout_s=600)
        return [Kept(**row) for row in rows]

    async def chains(self) -> Sequence[UUID]:
        """The chains that have entries."""
        return [row["chain"] for row in await self._store.fetch(_CHAINS, timeout_s=600)]

    async def entries(self, chain: UUID) -> AsyncIterator[Sequence[Kept]]:
        """The entries of a chain that are there, in pages, by their numbers."""
        after = -(2**62)
        while rows := await self._store.fetch(_ENTRIES, chain, after, _PAGE, timeout_s=600):
            yield [Kept(**row) for row in rows]
            after = rows[-1]["number"] + 1

    async def copies(
        self, chain: UUID, first: int, last: int
    ) -> Mapping[int, Sequence[Mapping[str, Any]]]:
        """The rows of `access_record` of the entries from one number to another, by number."""
        ends = _from(chain, max(first, 0)), _from(chain, max(last, -1) + 1)
        found: dict[int, list[Mapping[str, Any]]] = {}
        for row in await self._store.fetch(_COPIES, *ends, timeout_s=600):
            found.setdefault(int(row["id"][33:45]), []).append(dict(row))
        return found

    async def found(
        self, *, since: datetime, viewer: str | None, customer: UUID | None, limit: int
    ) -> Sequence[Kept]:
        """The newest entries since a moment, of one viewer or about one customer where given."""
        rows = await self._store.fetch(_FOUND, since, viewer, customer, limit, timeout_s=600)
        return [Kept(**row) for row in rows]

    async def remove_before(self, moment: datetime, *, now: datetime) -> int:
        """Remove what is older, and note in an anchor what was; gives how many entries."""
        count = 0
        for row in await self._store.fetch(_OLD, moment, timeout_s=600):
            count += await self._remove(row["chain"], row["number"], now)
        return count

    async def _remove(self, chain: UUID, number: int, now: datetime) -> int:
        async with self._store.transaction() as connection:
            # The anchor first: it locks, and who comes second finds nothing any more.
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            last = await connection.fetchrow(
                "SELECT hash FROM audit_entry WHERE chain = $1 AND number = $2", chain, number
            )
            if last is None:
                return 0
            said = _noted("removed", Head(chain, number, last["hash"]))
            await self._anchored(connection, said, now)
            done = await connection.execute(_REMOVE, chain, number)
            ends = _from(chain, 0), _from(chain, number + 1)
            await connection.execute(_REMOVE_COPIES, *ends)
        return int(done.split()[-1])


def copy_id(chain: UUID, number: int, place: int) -> str:
    """The id of the row of `access_record` for the n-th customer of an entry; ids sort as both."""
    return f"{_from(chain, number)}-{place:06d}"


def _from(chain: UUID, number: int) -> str:
    return f"{chain.hex}-{number:012d}"


def _noted(kind: str, head: Head) -> Mapping[str, Any]:
    return {"kind": kind, "chain": str(head.chain), "number": head.number, "hash": head.hash.hex()}
