"""A sync of test sources into a real database, with a clock that tests move."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from connectors.sync import Sync
from connectors.sync_pass import Progress
from tests.connectors.native.indexed import Indexed, indexed
from tests.connectors.scanned import ScannedSource
from tests.domain.profile import SEEN_AT

TABLES = (
    "customer",
    "customer_record",
    "customer_identifier",
    "purchase",
    "sync_state",
    "sync_problem",
)


class Synced(Indexed):
    """A store that some sources are pulled into; everything but customers is synced too."""

    now: datetime = SEEN_AT

    def sync(self, *sources: ScannedSource, **options: Any) -> Sync:
        """A sync of these sources; progress goes to `told`."""
        self.told: list[Progress] = []
        return Sync(
            self.store,
            {each.name: each for each in sources},
            synced={each.name: frozenset({"purchase", "ticket"}) for each in sources},
            index=self.index,
            now=lambda: self.now,
            report=self.told.append,
            **options,
        )

    def tick(self, **duration: float) -> None:
        """Let time pass, a minute if not told otherwise."""
        self.now += timedelta(**(duration or {"minutes": 1}))

    async def ids(self, table: str, where: str = "true") -> list[str]:
        """The record ids in a table."""
        statement = f"SELECT record_id FROM {table} WHERE {where} ORDER BY record_id"  # noqa: S608  # our own tables
        return [each["record_id"] for each in await self.store.fetch(statement)]

    async def state(self, source: str, entity: str) -> dict[str, Any]:
        """How far the pull has come."""
        (row,) = await self.store.fetch(
            "SELECT * FROM sync_state WHERE source = $1 AND entity = $2", source, entity
        )
        return dict(row)


def with_sync(url: str, story: Callable[[Synced], Awaitable[None]], *, first_id: int = 1) -> None:
    """Run a test's story on a sync into the database of `url`."""

    async def run() -> None:
        async with indexed(url) as it:
            await story(Synced(it.store, first_id=first_id))

    asyncio.run(run())


def crm(**options: Any) -> ScannedSource:
    """A source with three customers."""
    source = ScannedSource("crm", **options)
    for number in ("1", "2", "3"):
        source.put("customer_record", number, kind="PERSON", name=f"Person {number}")
    return source


def shop(*orders: str, **options: Any) -> ScannedSource:
    """A source with purchases of the customers of `crm`."""
    source = ScannedSource("shop", **options)
    for number in orders or ("1", "2", "3"):
        put_order(source, number)
    return source


def put_order(source: ScannedSource, record_id: str, **values: Any) -> None:
    """Add a purchase, of the customer with the same number if not told otherwise."""
    plain = {
        "status": "PAID",
        "placed_at": SEEN_AT,
        "total": "12.50",
        "currency": "CNY",
        "customer_ref": record_id,
    }
    source.put("purchase", record_id, **plain | values)
