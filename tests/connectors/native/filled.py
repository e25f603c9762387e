"""Stores for the tests of the connector: filled with records, and counting what they are asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from connectors.native.connector import NativeConnector
from connectors.native.lanes import Lanes
from connectors.native.store import Store
from domain.catalogue import ENTITIES
from domain.entity import FieldType

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
"""When everything in these tests was observed."""

_FILLERS: Mapping[FieldType, object] = {
    FieldType.TEXT: "?",
    FieldType.INTEGER: 0,
    FieldType.DECIMAL: 0,
    FieldType.BOOLEAN: False,
    FieldType.DATETIME: NOON,
    FieldType.UUID: UUID(int=0),
    FieldType.LIST: [],
    FieldType.JSON: {},
}


class CountingStore(Store):
    """A store that remembers the statements that it was asked, with their values."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__(lanes)
        self.asked: list[tuple[str, Sequence[object]]] = []

    async def fetch(
        self, statement: str, *values: object, timeout_s: float | None = 30.0
    ) -> Sequence[asyncpg.Record]:
        """Count the statement and run it."""
        self.asked.append((statement, values))
        return await super().fetch(statement, *values, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class Native:
    """A connector over a counting store."""

    connector: NativeConnector
    store: CountingStore


@asynccontextmanager
async def native(url: str) -> AsyncIterator[Native]:
    """The connector over the database at `url`."""
    store = await CountingStore.open(url, max_connections=12)
    try:
        yield Native(NativeConnector(store), store)
    finally:
        await store.close()


@contextmanager
def running(url: str) -> Iterator[tuple[asyncio.Runner, Native]]:
    """The connector with the loop that it lives in, for tests that ask many times."""
    with asyncio.Runner() as runner:
        context = native(url)
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


def completed(entity: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with something in every required field that it leaves out."""
    found: dict[str, Any] = {}
    for field in ENTITIES[entity].fields.values():
        filler = next(iter(field.choices)) if field.choices else _FILLERS.get(field.value_type)
        found[field.name] = record.get(field.name, filler if field.required else None)
    return {**found, **record}


async def fill(store: Store, entity: str, *records: Mapping[str, Any]) -> None:
    """Put records into the table of an entity."""
    await fill_table(store, entity, *(completed(entity, each) for each in records))


async def fill_table(store: Store, table: str, *records: Mapping[str, Any]) -> None:
    """Put rows into a table."""
    async with store.connection() as connection:
        for record in records:
            places = ", ".join(f"${place}" for place in range(1, len(record) + 1))
            await connection.execute(
                f"INSERT INTO {table} ({', '.join(record)}) VALUES ({places})",  # noqa: S608  # own names
                *record.values(),
            )
