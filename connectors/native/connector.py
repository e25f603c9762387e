"""The native store as a connector: the index, what was synced, and the first that writes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Finding,
    Key,
    Refused,
    Row,
    Written,
)
from connectors.native import inspection, scan
from connectors.native.capability import capabilities
from connectors.native.interaction import InteractionLog
from connectors.native.query import arguments_of, statement_of
from connectors.native.shape import question_of
from connectors.native.store import SOURCE, Store
from connectors.native.value import row_reader
from domain.catalogue import ENTITIES

_KEPT_STATEMENTS = 1000


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
        question = question_of(batch)
        if batch.match and not question.keys:
            return Answer({}, calls=0)
        statement = self._statement_of(question.shape)
        arguments = arguments_of(question, limit=batch.limit)
        values = statement.values(arguments)
        try:
            rows = await self._store.fetch(statement.text, *values, timeout_s=batch.timeout_s)
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
            raise Refused(SOURCE, f"The store cannot answer this question: {error}.") from error
        return Answer(_by_key(rows, batch, question.keys))

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


def _by_key(
    records: Sequence[Sequence[Any]], batch: Batch, keys: Sequence[Key]
) -> Mapping[Key, Sequence[Row]]:
    """The records without their last column, the number of the key, by that key."""
    found: dict[Key, list[Row]] = {key: [] for key in keys or [()]}
    lists = list(found.values())
    finish = row_reader(ENTITIES[batch.entity], batch.fields)
    for record in records:
        row = record[:-1]
        lists[record[-1] - 1].append(row if finish is None else finish(row))
    return found
