"""Worlds: a company whose records are in memory, in the real store, or some here and some there."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from graphql import GraphQLSchema

from connectors.aspects.failure_log import FailureLog
from connectors.cache.invalidation import Invalidation
from connectors.cache.keeper import Keeper
from connectors.cache.reader import Reader
from connectors.cache.shelf import Shelf
from connectors.contract import Answer, Batch, Connector, Unavailable
from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.native.connector import NativeConnector
from connectors.native.store import Store
from connectors.options import Keeping
from connectors.session import Session
from domain.catalogue import ENTITIES
from resolvers import identifier
from resolvers.context import Context, Journal
from resolvers.engine import Engine
from resolvers.limit import DocumentLimits
from resolvers.request import Request
from resolvers.result import Result
from schema.build import build_schema, executable
from tests.connectors.native.filled import fill_table
from tests.oracle.listing import ERROR_ID
from tests.oracle.records import HELD, INDEXED, OBSERVED_AT, Company, Record, company
from tests.oracle.reference import Reference, document_url

LIMITS = DocumentLimits(max_fields=100_000, max_aliases=10_000, max_depth=100, max_nodes=10**12)
DESK = frozenset({"desk"})
KEPT_BYTES = 200_000
"""Little enough that some of what is kept is dropped again."""


class _Dead(MemoryConnector):
    """A source that never answers."""

    async def fetch(self, batch: Batch) -> Answer:
        raise Unavailable(self.name, f"{batch.entity} is not to be had")


@dataclass(frozen=True, slots=True)
class World:
    """The engine and the reference over the same company, and the loop that the store lives in."""

    company: Company
    reference: Reference
    engine: Engine
    federation: Federation
    runner: asyncio.Runner
    journal: Journal | None = None

    @property
    def schema(self) -> GraphQLSchema:
        """The schema as clients know it."""
        return self.reference.schema

    def ask(self, *requests: Request) -> Sequence[Result]:
        """What the engine answers to requests that are under way at the same time."""

        async def run() -> Sequence[Result]:
            running = (self.engine.execute(each, self._context()) for each in requests)
            return await asyncio.gather(*running)

        return self.runner.run(run())

    def ids(self) -> Sequence[str]:
        """Ids of records of every type, and some that mean nothing."""
        tables = self.company.tables
        known = [
            identifier.encode(entity.type_name, *(each[name] for name in entity.key))
            for entity in ENTITIES.values()
            if entity.name not in {"campaign_membership", "access_record"}
            for each in tables[entity.name]
        ]
        customers = [identifier.encode("Customer", each["id"]) for each in tables["customer"]]
        strange = [("Ticket", "desk", "none"), ("Ticket", "desk", "a\0"), ("Purchase", "x", "1")]
        return [*known, *customers * 4, "nonsense", *(identifier.encode(*each) for each in strange)]

    def _context(self) -> Context:
        return Context(
            session=Session(self.federation, deadline_s=30),
            journal=self.journal,  # type: ignore[arg-type]  # queries write nothing
            now=lambda: OBSERVED_AT,
            new_id=lambda: str(uuid4()),
            sources={
                name: {"name": name, "kind": "memory", "status": "OK", "entities": []}
                for name in self.company.sources
            },
            document_url=document_url,
            adopt=_nobody,
        )


async def _nobody(_source: str, _record_id: str) -> bool:
    return False


@contextmanager
def memory_world(seed: int, *, dead: frozenset[str] = frozenset()) -> Iterator[World]:
    """Every source in memory, the store too."""
    records = company(seed)
    native = MemoryConnector("native", records.held_by("native"), observed_at=OBSERVED_AT)
    modes = {("native", entity): Mode.SYNCED for entity in ("document", "campaign")}
    with asyncio.Runner() as runner:
        yield _world(records, native, modes, runner, dead)


def fill(url: str, records: Company) -> None:
    """Put the records into the store at `url`; of live sources, what must not be seen any more."""

    async def run() -> None:
        store = await Store.open(url)
        try:
            await _fill(store, records)
        finally:
            await store.close()

    asyncio.run(run())


@contextmanager
def stored_world(
    records: Company,
    url: str,
    *,
    dead: frozenset[str] = frozenset(),
    kept: frozenset[str] = frozenset(),
) -> Iterator[World]:
    """The real store at `url`, filled with the records, beside the sources that are live.

    Answers of the sources in `kept` are kept.
    """
    modes = {
        (source, entity): Mode.SYNCED
        for source in records.sources
        if source not in records.live
        for entity in HELD[source]
    }
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(url, max_connections=4))
        try:
            yield _world(records, NativeConnector(store), modes, runner, dead, kept=kept)
        finally:
            runner.run(store.close())


def _world(
    records: Company,
    native: Connector,
    modes: Mapping[tuple[str, str], Mode],
    runner: asyncio.Runner,
    dead: frozenset[str],
    *,
    kept: frozenset[str] = frozenset(),
) -> World:
    def connector(name: str) -> Connector:
        kind = _Dead if name in dead else MemoryConnector
        return kind(name, records.held_by(name), observed_at=OBSERVED_AT)

    others = {name: connector(name) for name in records.sources if name in records.live}
    board = HealthBoard(lambda: OBSERVED_AT, failures=FailureLog(new_id=lambda: ERROR_ID))
    keeping = {(name, entity): Keeping(max_age_s=3600) for name in kept for entity in ENTITIES}
    keeper = Keeper(keeping, shelf=Shelf(KEPT_BYTES), now_s=lambda: 0)
    invalidation = Invalidation(Reader(board, keeper=keeper))
    federation = Federation(native, others, modes=modes, board=board, invalidation=invalidation)
    return World(
        company=records,
        reference=Reference(records, dead=dead),
        engine=Engine(executable(build_schema()), limits=LIMITS, nesting=federation.can_nest),
        federation=federation,
        runner=runner,
    )


async def _fill(store: Store, records: Company) -> None:
    for name, rows in records.tables.items():
        for each in rows:
            is_live = name not in INDEXED and each["source"] in records.live
            await fill_table(store, name, _row(name, _ghost(each) if is_live else each))
    for found in records.identifiers:
        row = {"source": found.source, "record_id": found.record_id}
        row |= {"type": found.type, "value": found.value, "kind": "PERSON"}
        await fill_table(store, "customer_identifier", row)


def _row(entity: str, record: Record) -> Record:
    row = {name: record.get(name) for name in ENTITIES[entity].fields}
    if entity == "customer":
        row["superseded_by"] = record.get("superseded_by")
    return row


def _ghost(record: Record) -> Record:
    """What is left in the store of a record from when its source was synced: nobody may see it."""
    return {
        name: "a ghost"
        if isinstance(value, str) and name in {"subject", "number", "name"}
        else value
        for name, value in record.items()
    }
