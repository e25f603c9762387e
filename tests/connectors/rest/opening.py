"""Opening REST sources in tests: settings as a user writes them, over a chosen transport."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from connectors.aspects.gate import SourceGate
from connectors.contract import Batch, Environment
from connectors.rest.connector import RestConnector
from connectors.rest.options import RestOptions
from tests.connectors.rest.fake import MAX_KEYS, TOKEN

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

TICKET: dict[str, Any] = {
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
"""The mapping of tickets, without where they are."""

COMMA = {"path": "/tickets", "how": "comma", "items": "data", "keys_per_call": MAX_KEYS}


def options(entities: Mapping[str, Any], **settings: Any) -> RestOptions:
    """The settings of a source."""
    return RestOptions.model_validate(
        {
            "kind": "rest",
            "base_url": "http://desk.example/api",
            "auth": {"bearer": TOKEN},
            "entities": entities,
        }
        | settings
    )


def tickets(**places: Any) -> dict[str, Any]:
    """Tickets as the only entity: `list`, `by` and so on as given."""
    return {"ticket": {**TICKET, **places}}


@asynccontextmanager
async def opened(
    entities: Mapping[str, Any],
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    base_dir: Path = Path(),
    **settings: Any,
) -> AsyncIterator[RestConnector]:
    """A connector named `desk`, closed at the end."""
    made = options(entities, **settings)
    gate = SourceGate("desk", made.limits)
    environment = Environment(now=now, base_dir=base_dir, gate=gate)
    connector = RestConnector("desk", made, environment, transport=transport)
    try:
        yield connector
    finally:
        await connector.close()


def answering(answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.MockTransport:
    """A transport that answers without a network."""
    return httpx2.MockTransport(answer)


def by_customer(*keys: str, fields: tuple[str, ...] = ("record_id",), **other: Any) -> Batch:
    """A question for the tickets of customers."""
    return Batch(
        entity="ticket",
        fields=fields,
        match=("customer_ref",),
        keys=tuple((key,) for key in keys),
        **other,
    )


def everything(*fields: str, **other: Any) -> Batch:
    """A question for all tickets."""
    return Batch(entity="ticket", fields=fields or ("record_id",), **other)
