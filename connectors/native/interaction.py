"""Logging interactions exactly once, and amending them without losing what they said."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import and_, bindparam, select

from connectors.contract import Written
from connectors.native.interaction_content import (
    content,
    digest_of,
    fit_changes,
    plain,
    prepare,
)
from connectors.native.problem import WriteProblem
from connectors.native.statement import compiled
from connectors.native.storable import is_text
from connectors.native.store import SOURCE, Store
from connectors.native.tables import TABLES
from connectors.native.validation import Unfit

_SEPARATOR = "\x1f"

_TABLE = TABLES["interaction"]
_OF_RECORD = and_(_TABLE.c.source == bindparam("of"), _TABLE.c.record_id == bindparam("id"))
_BINDS = {each.name: bindparam(f"to_{each.name}", type_=each.type) for each in _TABLE.c}
_INSERT = compiled(_TABLE.insert().values(_BINDS))
_UPDATE = compiled(_TABLE.update().values(_BINDS).where(_OF_RECORD))
_LOCK = compiled(select(*_TABLE.c).where(_OF_RECORD).with_for_update())

_DURABLE = "SET LOCAL synchronous_commit TO on; SET LOCAL statement_timeout TO '30s'"
_CLAIM = """
INSERT INTO logged_interaction (idempotency_key, content_hash, record_id, logged_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING idempotency_key
"""
_CLAIMED = """
SELECT l.content_hash, l.record_id
FROM unnest($1::text[]) WITH ORDINALITY AS k (idempotency_key, n)
JOIN logged_interaction AS l ON l.idempotency_key = k.idempotency_key
ORDER BY k.n
"""
_CURRENT = """
SELECT c.id, c.superseded_by FROM customer AS c WHERE c.id = ANY ($1::uuid[])
ORDER BY c.id FOR SHARE
"""
_VERSION = """
SELECT coalesce(max(a.version), 0) FROM interaction_amendment AS a WHERE a.record_id = $1
"""
_KEEP = """
INSERT INTO interaction_amendment (record_id, version, amended_at, previous, reason)
VALUES ($1, $2, $3, $4, $5)
"""


class _Refused(Exception):
    """Rolls the transaction back, and carries the outcome."""

    def __init__(self, outcome: Written) -> None:
        super().__init__()
        self.outcome = outcome


class _Claimed(Exception):
    """Rolls the transaction back: the idempotency key has been used before."""


class InteractionLog:
    """Where interactions are written. What it acknowledges is committed and on disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        idempotency_key: str,
        content_hash: str | None = None,
    ) -> Sequence[Written]:
        """Log interactions, all of them or none.

        A record holds canonical values, a `record_id` that the caller made, and `observed_at`, the
        moment of logging; a missing `occurred_at` is that moment too. The same key with the same
        content gives the ids of the first time; `content_hash` says what counts as the same, by
        default all that the records say. Problems: `INVALID`, `KEY_REUSED`, `RECORD_EXISTS`.
        """
        prepared, outcome = prepare(records, idempotency_key)
        if not prepared:
            return outcome
        said = content_hash or digest_of([content(each) for each in records])
        digest = f"{len(records)} {said}"
        keys = _keys(idempotency_key, len(records))
        try:
            async with self._transaction() as connection:
                await _claim(connection, keys, digest, prepared)
                followed = await _with_current_customers(connection, prepared)
                await connection.executemany(_INSERT.text, [_row(each) for each in followed])
        except _Claimed:
            return await self._replayed(keys, digest)
        except asyncpg.UniqueViolationError:
            problem = WriteProblem.RECORD_EXISTS.written("choose a new record_id: it is taken")
            return [problem] * len(records)
        return [Written(str(each["record_id"])) for each in prepared]

    async def amend(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        reason: str | None,
        idempotency_key: str,
        amended_at: datetime,
        expected_version: int | None = None,
    ) -> Written:
        """Change an interaction that was logged here, and keep what it said before.

        `expected_version` is the number of amendments that the caller has seen, 0 for none; it is
        refused where there are more by now. The same key amends once. Problems: `INVALID`,
        `UNKNOWN_RECORD`, `VERSION_CONFLICT`, `KEY_REUSED`.
        """
        try:
            fit = fit_changes(changes, idempotency_key, reason)
        except Unfit as unfit:
            return WriteProblem.INVALID.written(str(unfit))
        if not is_text(record_id):
            return _unknown(record_id)
        digest = "amend " + digest_of([record_id, plain(fit), reason, expected_version])
        claim = {"record_id": record_id, "observed_at": amended_at}
        try:
            async with self._transaction() as connection:
                before = await _locked(connection, record_id)
                await _claim(connection, [idempotency_key], digest, [claim])
                version = await _next_version(connection, record_id, expected_version)
                previous = plain({name: before[name] for name in (*fit, "amended_at")})
                await connection.execute(_KEEP, record_id, version, amended_at, previous, reason)
                after = {**before, **fit, "observed_at": amended_at, "amended_at": amended_at}
                await connection.execute(_UPDATE.text, *_row(after, of=SOURCE, id=record_id))
        except _Claimed:
            return (await self._replayed([idempotency_key], digest))[0]
        except _Refused as refused:
            return refused.outcome
        return Written(record_id)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._store.transaction() as connection:
            await connection.execute(_DURABLE)
            yield connection

    async def _replayed(self, keys: Sequence[str], digest: str) -> Sequence[Written]:
        """What the first use of these keys came to, if it said the same."""
        found = await self._store.fetch(_CLAIMED, list(keys))
        if len(found) == len(keys) and all(each["content_hash"] == digest for each in found):
            return [Written(each["record_id"]) for each in found]
        text = "this idempotency key was used before with other content; use a new one"
        return [WriteProblem.KEY_REUSED.written(text)] * len(keys)


def _keys(idempotency_key: str, count: int) -> Sequence[str]:
    further = (f"{idempotency_key}{_SEPARATOR}{place}" for place in range(1, count))
    return [idempotency_key, *further]


async def _claim(
    connection: asyncpg.Connection,
    keys: Sequence[str],
    digest: str,
    records: Sequence[Mapping[str, object]],
) -> None:
    """Take the keys. Who uses the same at the same time waits here for the other's commit."""
    ids = [each["record_id"] for each in records]
    times = [each["observed_at"] for each in records]
    taken = await connection.fetch(_CLAIM, list(keys), [digest] * len(keys), ids, times)
    if len(taken) < len(keys):
        raise _Claimed


async def _with_current_customers(
    connection: asyncpg.Connection, records: Sequence[Mapping[str, object]]
) -> Sequence[Mapping[str, object]]:
    """The records with the customers that theirs have become.

    The customers stay locked until the transaction ends, so that a merge at this moment either
    came before and is followed, or comes after and takes these records along.
    """
    current = {each["customer_id"]: each["customer_id"] for each in records}
    while True:
        ids = [each for each in set(current.values()) if each is not None]
        rows = await connection.fetch(_CURRENT, ids) if ids else []
        merged = {row["id"]: row["superseded_by"] for row in rows if row["superseded_by"]}
        if not merged:
            return [{**each, "customer_id": current[each["customer_id"]]} for each in records]
        current = {was: merged.get(now, now) for was, now in current.items()}


async def _locked(connection: asyncpg.Connection, record_id: str) -> dict[str, object]:
    found = await connection.fetchrow(_LOCK.text, *_LOCK.values({"of": SOURCE, "id": record_id}))
    if found is None:
        raise _Refused(_unknown(record_id))
    return dict(found)


def _unknown(record_id: str) -> Written:
    text = f"no interaction with the id {record_id!r} was logged here"
    return WriteProblem.UNKNOWN_RECORD.written(text)


async def _next_version(
    connection: asyncpg.Connection, record_id: str, expected: int | None
) -> int:
    version: int = await connection.fetchval(_VERSION, record_id)
    if expected is not None and expected != version:
        text = f"it has been amended {version} times, not {expected}: read it again and decide anew"
        raise _Refused(WriteProblem.VERSION_CONFLICT.written(text))
    return version + 1


def _row(record: Mapping[str, object], **further: object) -> Sequence[object]:
    named = {f"to_{name}": value for name, value in record.items()} | further
    return (_UPDATE if further else _INSERT).values(named)
