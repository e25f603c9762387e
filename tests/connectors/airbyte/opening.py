"""Opening Airbyte sources in tests: settings as a user writes them, over the fake program."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.airbyte.connector import AirbyteConnector
from connectors.airbyte.options import AirbyteOptions
from connectors.contract import ChangePage, Cursor, Environment

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOKEN = "s3cret-token"  # a fake's
PROGRAM = (sys.executable, str(Path(__file__).parent / "scripts" / "source.py"))

TICKET: dict[str, Any] = {
    "stream": "tickets",
    "key": "id",
    "changed": "changed",
    "references": {"customer": "customer_id"},
    "fields": {
        "subject": "subject",
        "kind": {"constant": "INQUIRY"},
        "status": {"from": "status", "map": {"open": "OPEN", "done": "CLOSED"}},
        "opened_at": "created",
    },
}
"""The mapping of tickets."""

PROPERTIES = {
    "id": {"type": "integer"},
    "subject": {"type": ["null", "string"]},
    "status": {"type": "string"},
    "created": {"type": "string"},
    "changed": {"type": "string"},
    "customer_id": {"type": "string"},
}


def ticket(number: int, **more: Any) -> dict[str, Any]:
    """A raw ticket."""
    return {
        "id": number,
        "subject": f"工单 {number}",
        "status": "open",
        "created": "2026-01-01T00:00:00Z",
        "changed": f"2026-02-{number:02}",
        "customer_id": "k1",
        **more,
    }


def tickets(*records: Mapping[str, Any], modes: Sequence[str] = ("incremental",)) -> dict[str, Any]:
    """What the fake is configured with: one stream of tickets."""
    stream = {
        "records": [*records],
        "properties": PROPERTIES,
        "sync_modes": ["full_refresh", *modes],
    }
    return {"streams": {"tickets": stream}, "token": TOKEN}


@asynccontextmanager
async def opened(
    config: Mapping[str, Any], entity: Mapping[str, Any] = TICKET, **settings: Any
) -> AsyncIterator[AirbyteConnector]:
    """A connector named `desk`, closed at the end."""
    given = {
        "kind": "airbyte",
        "command": PROGRAM,
        "config": config,
        "entities": {"ticket": entity},
    }
    options = AirbyteOptions.model_validate(given | settings)
    environment = Environment(now=lambda: NOW, base_dir=Path())
    connector = AirbyteConnector("desk", options, environment)
    try:
        yield connector
    finally:
        await connector.close()


async def pages(connector: AirbyteConnector, since: Cursor | None = None) -> list[ChangePage]:
    """All pages of a scan."""
    return [page async for page in connector.scan("ticket", since=since)]


def ids(found: Sequence[ChangePage]) -> list[list[str]]:
    """The ids in each page."""
    return [[change.record_id for change in page.changes] for page in found]
