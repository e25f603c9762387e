"""The native store as a connector: the index, what was synced, and the first that writes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

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
    Written,
)
from connectors.native import inspection, scan
from connectors.native.capability import capabilities
from connectors.native.gathering import Gathering
from connectors.native.interaction import InteractionLog
from connectors.native.nested_query import nested_statement_of
from connectors.native.prepared import Form, PreparedQuestion, Record
from connectors.native.query import statement_of
from connectors.native.shape import Shape, Shapes
from connectors.native.store import SOURCE, Store
from connectors.native.value import row_reader
from domain.catalogue import ENTITIES

_KEPT_STATEMENTS = 500

# Measured with 16 clients that ask for whole customers: to start the plan of a large statement
# takes longer than to read one customer with it, so that PostgreSQL's CPU per customer falls from
# 430 to 160 µs, and the gateway's from 215 to 145 µs. With one statement under way instead of two
# the figures are the same and everybody waits longer; with four they are 225 and 165 µs.
_GATHERED_STATEMENTS = 2
_GATHERED_KEYS = 32


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
        self._form_of = lru_cache(maxsize=_KEPT_STATEMENTS)(_form_of)
        self._shapes = Shapes()
        self._gathering: Gathering[Key, Sequence[Record]] = Gathering(
            max_keys=_GATHERED_KEYS, max_running=_GATHERED_STATEMENTS
        )
        self._kept_prepared = lru_cache(maxsize=_KEPT_STATEMENTS)(self.prepare)

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
        plain = _plain(batch)
        prepared = self.prepare(batch) if plain is None else self._kept_prepared(plain)
        return await prepared.fetch(batch.keys, timeout_s=batch.timeout_s)

    def prepare(self, batch: Batch) -> PreparedQuestion:
        """Find the statement of a batch; the same one for all that differ in values only."""
        question = self._shapes.question_of(batch)
        form = self._form_of(question.shape)
        return PreparedQuestion(self._store, form, question.values, self._gathering)

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
    where = batch.where
    is_held = where is None or (isinstance(where, Compare) and where.field == "source")
    if not is_held or batch.after is not None or batch.until is not None:
        return None
    return replace(batch, keys=(), timeout_s=0)


def _form_of(shape: Shape) -> Form:
    tail = shape.tail
    statement = statement_of(shape) if tail is None else nested_statement_of(shape, tail)
    return Form(shape, statement, row_reader(ENTITIES[shape.entity], shape.fields))
