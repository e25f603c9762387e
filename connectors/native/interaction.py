"""Logging interactions exactly once, and amending them without losing what they said."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from sqlalchemy import and_, bindparam, select

from connectors.contract import Written
from connectors.native.problem import WriteProblem
from connectors.native.statement import compiled
from connectors.native.store import SOURCE, Store
from connectors.native.tables import TABLES
from connectors.native.validation import Unfit, fitted, require_complete
from domain.catalogue import ENTITIES

_INTERACTION = ENTITIES["interaction"]
_KEPT = frozenset({"source", "record_id", "observed_at", "amended_at"})
"""What an amendment cannot change by itself."""
_NOT_CONTENT = frozenset({"source", "record_id", "observed_at"})
"""What differs between two attempts to log the same."""
_SEPARATOR = "\x1f"
_LONGEST_KEY = 1000

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
        prepared, outcome = _prepared(records, idempotency_key)
        if outcome:
            return outcome
        digest = content_hash or _digest([_content(each) for each in records])
        keys = _keys(idempotency_key, len(records))
        try:
            async with self._transaction() as connection:
                await _claim(connection, keys, f"{len(records)} {digest}", prepared)
                await connection.executemany(_INSERT.text, [_row(each) for each in prepared])
        except _Claimed:
            return await self._replayed(keys, f"{len(records)} {digest}")
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
            fit = _fit_changes(changes, idempotency_key, reason)
        except Unfit as unfit:
            return WriteProblem.INVALID.written(str(unfit))
        digest = "amend " + _digest([record_id, _plain(fit), reason, expected_version])
        claim = {"record_id": record_id, "observed_at": amended_at}
        try:
            async with self._transaction() as connection:
                before = await _locked(connection, record_id)
                await _claim(connection, [idempotency_key], digest, [claim])
                version = await _next_version(connection, record_id, expected_version)
                stamps = {"observed_at": amended_at, "amended_at": amended_at}
                previous = _plain({name: before[name] for name in (*fit, "amended_at")})
                after = {**before, **fit, **stamps}
                await connection.execute(_UPDATE.text, *_row(after, of=SOURCE, id=record_id))
                await connection.execute(_KEEP, record_id, version, amended_at, previous, reason)
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


def _prepared(
    records: Sequence[Mapping[str, Any]], idempotency_key: str
) -> tuple[Sequence[dict[str, object]], Sequence[Written]]:
    """The records as they will be stored, or else the outcome for each."""
    prepared: list[dict[str, object]] = []
    texts: dict[int, str] = {}
    for place, record in enumerate(records):
        try:
            require_key(idempotency_key)
            prepared.append(_complete(record))
        except Unfit as unfit:
            texts[place] = str(unfit)
    if not texts:
        return prepared, ()
    other = "another record of the same request is invalid"
    problem = WriteProblem.INVALID
    return (), [problem.written(texts.get(place, other)) for place in range(len(records))]


def _complete(record: Mapping[str, Any]) -> dict[str, object]:
    empty = dict.fromkeys(_INTERACTION.fields)
    given = {name: value for name, value in record.items() if value is not None}
    implied = {"key_details": [], "participants": [], "source": SOURCE}
    fit: dict[str, object] = {**empty, **implied, **fitted(_INTERACTION, given)}
    if fit["source"] != SOURCE:
        raise Unfit(f"source must be {SOURCE}: what is logged here has no other")
    fit["occurred_at"] = fit["occurred_at"] or fit["observed_at"]
    require_complete(_INTERACTION, fit)
    return fit


def require_key(idempotency_key: str) -> None:
    """Raises `Unfit` where an idempotency key cannot be kept."""
    if not idempotency_key or any(each < " " for each in idempotency_key):
        raise Unfit("the idempotency key must be a text without control characters")
    if len(idempotency_key) > _LONGEST_KEY:
        raise Unfit(f"the idempotency key must not be longer than {_LONGEST_KEY} characters")


def _fit_changes(
    changes: Mapping[str, Any], idempotency_key: str, reason: str | None
) -> dict[str, object]:
    require_key(idempotency_key)
    fixed = sorted(_KEPT & set(changes))
    if fixed:
        raise Unfit(f"{', '.join(fixed)} cannot be amended")
    if not changes:
        raise Unfit("there is nothing to amend: name at least one field")
    if reason is not None and "\0" in reason:
        raise Unfit("reason holds a character that cannot be stored, such as U+0000")
    return fitted(_INTERACTION, changes)


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


async def _locked(connection: asyncpg.Connection, record_id: str) -> dict[str, object]:
    found = await connection.fetchrow(_LOCK.text, *_LOCK.values({"of": SOURCE, "id": record_id}))
    if found is None:
        text = f"no interaction with the id {record_id} was logged here"
        raise _Refused(WriteProblem.UNKNOWN_RECORD.written(text))
    return dict(found)


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


def _content(record: Mapping[str, Any]) -> dict[str, object]:
    said = {name: value for name, value in record.items() if name not in _NOT_CONTENT}
    return _plain({name: value for name, value in said.items() if value is not None})


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """The values as JSON has them."""
    plain: dict[str, object] = orjson.loads(orjson.dumps(values, default=_as_text))
    return plain


def _as_text(value: object) -> object:
    # A driver's own UUID is a UUID, but not one that orjson knows.
    return list(value) if isinstance(value, tuple) else str(value)


def _digest(content: object) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
