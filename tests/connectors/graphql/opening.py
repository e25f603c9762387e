"""Opening GraphQL sources in tests: settings as a user writes them, over any transport."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from connectors.contract import Batch, Environment
from connectors.graphql.connector import GraphqlConnector
from connectors.graphql.options import GraphqlOptions
from tests.connectors.graphql.fake import TOKEN, Shop

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

PURCHASE: dict[str, Any] = {
    "key": "record_id",
    "changed": "changed",
    "references": {"customer": "customer_ref"},
    "fields": {
        "number": "number",
        "status": {"from": "status", "map": {"paid": "PAID", "shipped": "SHIPPED"}},
        "placed_at": "placed_at",
        "total": "total",
        "currency": "currency",
    },
}
"""The mapping of purchases, without where they are."""

LIST = "purchases(first: $size, after: $cursor) { nodes }"
BY_CUSTOMER = "customer(record_id: $key) { purchases(first: $size, after: $cursor) { nodes } }"


def purchase(number: int, customer: str = "k1", **more: Any) -> dict[str, Any]:
    """A raw purchase."""
    return {
        "record_id": f"p{number}",
        "number": f"订单 {number}",
        "status": "paid",
        "placed_at": f"2026-01-{number:02}T00:00:00Z",
        "total": "12.50",
        "currency": "CNY",
        "customer_ref": customer,
        "changed": f"2026-02-{number:02}T00:00:00Z",
        **more,
    }


def shop(*purchases: dict[str, Any], customers: int = 3, **state: Any) -> Shop:
    """A fake with some purchases of some customers."""
    owners = [{"record_id": f"k{n}", "name": f"客户 {n}"} for n in range(1, customers + 1)]
    records = {"customer_record": owners, "purchase": list(purchases)}
    return Shop(records, token=TOKEN, **state)


def purchases(**places: Any) -> dict[str, Any]:
    """Purchases as the only entity: `list`, `by` and so on as given."""
    return {"purchase": {**PURCHASE, **places}}


def asking(fake: Shop) -> httpx2.MockTransport:
    """A transport that asks the fake, without a network."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        given = request.headers.get("authorization")
        status, found = fake.answer(json.loads(request.content), authorization=given)
        return httpx2.Response(status, json=found)

    return httpx2.MockTransport(answer)


def saying(*answers: httpx2.Response) -> httpx2.MockTransport:
    """A transport that gives these answers one after the other, then the last one again."""
    left = list(answers)
    return httpx2.MockTransport(lambda _: left.pop(0) if len(left) > 1 else left[0])


@asynccontextmanager
async def opened(
    entities: Mapping[str, Any], transport: httpx2.AsyncBaseTransport, **settings: Any
) -> AsyncIterator[GraphqlConnector]:
    """A connector named `shop`, closed at the end."""
    given = {
        "kind": "graphql",
        "base_url": "http://shop.example",
        "auth": {"bearer": TOKEN},
        "entities": entities,
    }
    options = GraphqlOptions.model_validate(given | settings)
    environment = Environment(now=lambda: NOW, base_dir=Path())
    connector = GraphqlConnector("shop", options, environment, transport=transport)
    try:
        yield connector
    finally:
        await connector.close()


def of_customers(*keys: str, fields: tuple[str, ...] = ("record_id",), **other: Any) -> Batch:
    """A question for the purchases of customers."""
    return Batch(
        entity="purchase",
        fields=fields,
        match=("customer_ref",),
        keys=tuple((key,) for key in keys),
        **other,
    )


def by_id(*keys: str, fields: tuple[str, ...] = ("record_id",)) -> Batch:
    """A question for some purchases."""
    asked = tuple((key,) for key in keys)
    return Batch(entity="purchase", fields=fields, match=("record_id",), keys=asked)


def everything(*fields: str, **other: Any) -> Batch:
    """A question for all purchases."""
    return Batch(entity="purchase", fields=fields or ("record_id",), **other)
