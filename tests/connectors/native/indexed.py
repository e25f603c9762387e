"""An index in a real database, with a clock and ids that tests know."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from connectors.native.index import Index
from connectors.native.store import Store
from domain.golden import Precedence
from tests.domain.profile import SEEN_AT

PRECEDENCE = Precedence(sources=("crm", "shop", "desk"))


class Indexed:
    """A store with an index. Customers get the ids 1, 2, 3 and so on, or from `first_id` on."""

    def __init__(self, store: Store, *, first_id: int = 1) -> None:
        numbers = count(first_id)
        self.store = store
        self.index = Index(
            precedence=PRECEDENCE,
            now=lambda: SEEN_AT,
            new_id=lambda: UUID(int=next(numbers)),
            region="CN",
        )

    async def apply(
        self, *records: Mapping[str, Any], deleted: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Index records, each with source and record id."""
        async with self.store.transaction() as connection:
            await self.apply_on(connection, *records, deleted=deleted)

    async def apply_on(
        self,
        connection: asyncpg.Connection,
        *records: Mapping[str, Any],
        deleted: Sequence[tuple[str, str]] = (),
    ) -> None:
        """The same on a connection that is in a transaction."""
        read = [self.index.record({"observed_at": SEEN_AT, **each}) for each in records]
        await self.index.apply(connection, read, deleted=deleted)

    async def execute(self, statement: str, *values: object) -> None:
        """Run one statement."""
        async with self.store.connection() as connection:
            await connection.execute(statement, *values)

    async def customers(self) -> dict[str, int]:
        """The number of the customer of each record, by `source:record_id`."""
        rows = await self.store.fetch("SELECT source, record_id, customer_id FROM customer_record")
        return {f"{each['source']}:{each['record_id']}": each["customer_id"].int for each in rows}

    async def golden(self, number: int) -> Mapping[str, Any]:
        """The row of one customer."""
        (row,) = await self.store.fetch("SELECT * FROM customer WHERE id = $1", UUID(int=number))
        return dict(row)

    async def everything(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """All rows of these tables, sorted."""
        found = {}
        for table in tables:
            rows = await self.store.fetch(f"SELECT * FROM {table}")  # noqa: S608  # our own tables
            found[table] = sorted((dict(row) for row in rows), key=str)
        return found


@asynccontextmanager
async def indexed(url: str) -> AsyncIterator[Indexed]:
    """An index in the database of `url`."""
    store = await Store.open(url)
    try:
        yield Indexed(store)
    finally:
        await store.close()


def with_index(url: str, story: Callable[[Indexed], Awaitable[None]]) -> None:
    """Run a test's story on an index in the database of `url`."""

    async def run() -> None:
        async with indexed(url) as it:
            await story(it)

    asyncio.run(run())


def person(source: str, record_id: str, **values: Any) -> dict[str, Any]:
    """A person as a source gives it; `email` and `phone` are short for lists of one."""
    found: dict[str, Any] = {"source": source, "record_id": record_id, "kind": "PERSON"}
    if "email" in values:
        found["emails"] = [{"address": values.pop("email")}]
    if "phone" in values:
        found["phones"] = [{"original": values.pop("phone")}]
    return found | values
