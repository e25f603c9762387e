"""The native store as a connector: the index, what was synced, and the first that writes."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Compare,
    Cursor,
    DiscoveredEntity,
    Finding,
    Key,
    Refused,
    Row,
    Slice,
    Written,
)
from connectors.native import inspection, scan
from connectors.native.capability import capabilities
from connectors.native.interaction import InteractionLog
from connectors.native.query import arguments_of, statement_of
from connectors.native.shape import Question, question_of, storable_keys
from connectors.native.statement import Statement
from connectors.native.store import SOURCE, Store
from connectors.native.value import row_reader
from domain.catalogue import ENTITIES

_KEPT_STATEMENTS = 1000

Finish: TypeAlias = Callable[[Sequence[object]], Row]
"""What is still to be done to a row of PostgreSQL."""


class NativeConnector:
    """The store, asked as any source is asked: one statement per batch.

    A customer that was merged away is answered, at its id, with the customer that it became.
    Lists and relations leave out merged customers, and deleted customer records unless the filter
    names `is_deleted`. Interactions are written with `write` and `amend`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = InteractionLog(store)
        self._capabilities = capabilities()
        # Compiled here rather than in the module: what is kept goes with the connector.
        self._statement_of = lru_cache(maxsize=_KEPT_STATEMENTS)(statement_of)
        self._kept_question = lru_cache(maxsize=_KEPT_STATEMENTS)(self._question_of)
        self._reader_of = lru_cache(maxsize=_KEPT_STATEMENTS)(_reader_of)

    @property
    def name(self) -> str:
        """The name of the built-in source."""
        return SOURCE

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Everything, for every entity."""
        return self._capabilities

    async def check(self) -> Sequence[Finding]:
        """Whether the server is new enough, and has our tables as they are now, for writing."""
        return await inspection.findings(self._store)

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The entities with their canonical fields, and how many records each has."""
        return await inspection.entities(self._store)

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question with one statement."""
        statement, question = self._prepared(batch)
        if batch.match and not question.keys:
            return Answer({}, calls=0)
        values = statement.values(arguments_of(question, limit=batch.limit))
        try:
            rows = await self._store.fetch(statement.text, *values, timeout_s=batch.timeout_s)
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
            raise Refused(SOURCE, f"The store cannot answer this question: {error}.") from error
        finish = self._reader_of(batch.entity, batch.fields)
        if batch.nest is None:
            return Answer(_by_key(rows, question.keys, finish))
        nested_count = sum([row[-2] for row in rows])
        if question.shape.is_direct:
            return Answer({(row[-1],): [row[:-2]] for row in rows}, nested_count=nested_count)
        return Answer(_by_key(rows, question.keys, finish, width=-2), nested_count=nested_count)

    def _prepared(self, batch: Batch) -> tuple[Statement, Question]:
        """The statement for a batch, and what it is asked.

        Batches that hold no value of a client come again with every request, so they are kept.
        """
        plain = _plain(batch)
        if plain is None:
            question = question_of(batch)
            return self._statement_of(question.shape), question
        statement, kept = self._kept_question(plain)
        limits = [each.limit for each in batch.slices]
        return statement, Question(kept.shape, kept.values, limits, storable_keys(batch))

    def _question_of(self, plain: Batch) -> tuple[Statement, Question]:
        question = question_of(plain)
        return self._statement_of(question.shape), question

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All rows of an entity, of all sources, in the order of its key."""
        async for page in scan.pages(self._store, ENTITIES[entity], since):
            yield page

    async def write(
        self,
        entity: str,
        records: Sequence[Mapping[str, Any]],
        *,
        idempotency_key: str,
        content_hash: str | None = None,
    ) -> Sequence[Written]:
        """Log interactions: see `InteractionLog.write`."""
        if not self._capabilities[entity].can_write:
            raise Refused(SOURCE, f"{entity} cannot be written to the store; interaction can")
        return await self._log.write(
            records, idempotency_key=idempotency_key, content_hash=content_hash
        )

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
        """Change an interaction that was logged here: see `InteractionLog.amend`."""
        return await self._log.amend(
            record_id,
            changes,
            reason=reason,
            idempotency_key=idempotency_key,
            amended_at=amended_at,
            expected_version=expected_version,
        )

    async def close(self) -> None:
        """Close the connections of the store."""
        await self._store.close()


def _plain(batch: Batch) -> Batch | None:
    """What decides the statement of a batch without values of a client; `None` for others."""
    if not _is_plain(batch) or not all(map(_is_plain, batch.slices)):
        return None
    limit = None if batch.limit is None else 1
    return replace(batch, keys=(), timeout_s=0, limit=limit)


def _is_plain(asked: Batch | Slice) -> bool:
    where = asked.where
    is_held = where is None or (isinstance(where, Compare) and where.field == "source")
    return is_held and asked.after is None and asked.until is None


def _reader_of(entity: str, fields: tuple[str, ...]) -> Finish | None:
    return row_reader(ENTITIES[entity], fields)


def _by_key(
    records: Sequence[Sequence[Any]], keys: Sequence[Key], finish: Finish | None, *, width: int = -1
) -> Mapping[Key, Sequence[Row]]:
    """The records up to `width` by their last column, the number of the key."""
    found: dict[Key, list[Row]] = {key: [] for key in keys or [()]}
    lists = list(found.values())
    for record in records:
        row = record[:width]
        lists[record[-1] - 1].append(row if finish is None else finish(row))
    return found
