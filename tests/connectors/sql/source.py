"""A SQL source for one test: opened from settings as they stand in YAML, closed afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from sqlalchemy import event

from connectors.contract import ChangePage, Cursor, Environment
from connectors.sql import KIND
from connectors.sql.connector import SqlConnector

T = TypeVar("T")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def opened(settings: str | Mapping[str, Any], *, url: str, base_dir: Path) -> SqlConnector:
    """A connector named `shop` with these settings and this URL."""
    given = yaml.safe_load(settings) if isinstance(settings, str) else settings
    options = KIND.options.model_validate({"kind": "sql", "url": url, **given})
    connector = KIND.open("shop", options, Environment(now=lambda: NOW, base_dir=base_dir))
    assert isinstance(connector, SqlConnector)
    return connector


def asked(connector: SqlConnector, question: Callable[[SqlConnector], Awaitable[T]]) -> T:
    """The answer to one question, after which the connector is closed."""

    async def run() -> T:
        try:
            return await question(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


async def scanned(
    connector: SqlConnector, entity: str, *, since: Cursor | None = None, most: int = 1000
) -> list[ChangePage]:
    """The pages of a scan, at most so many, as if it was stopped then."""
    pages: list[ChangePage] = []
    async for page in connector.scan(entity, since=since):
        pages.append(page)
        if len(pages) == most:
            break
    return pages


@contextmanager
def statements(connector: SqlConnector) -> Iterator[list[str]]:
    """The SELECT statements that reach the driver in this block."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(str(arguments[2]))

    engine = connector.engine().sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
