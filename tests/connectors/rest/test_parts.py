"""Records that are parts of what a source lists, such as the lines of orders."""

import asyncio
from typing import Any

import httpx2

from connectors.contract import Answer, Batch, ChangePage
from tests.connectors.rest.fake import Desk
from tests.connectors.rest.opening import opened

LINES = [{"sku": "红茶", "qty": 2, "cents": 1250}, {"sku": "tea/pot", "qty": 1, "cents": 9900}]
ORDERS: list[dict[str, Any]] = [
    {"id": "o1", "cur": "CNY", "lines": LINES},
    {"id": "o2", "lines": None},
]
ENTITY: dict[str, Any] = {
    "key": ["_parent.id", "_position"],
    "references": {"purchase": "_parent.id"},
    "each": "lines",
    "list": {"path": "/orders", "items": "orders"},
    "by": {"purchase": {"path": "/orders", "how": "repeat", "param": "id", "items": "orders"}},
    "fields": {
        "position": "_position",
        "description": "sku",
        "quantity": "qty",
        "currency": "_parent.cur",
    },
}


def test_parts_know_the_whole_that_they_stand_in() -> None:
    """`each` takes the lines out of orders; `_parent` and `_position` tell where they stood."""
    desk = Desk(orders=ORDERS)

    async def run() -> Answer:
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened({"purchase_line": ENTITY}, transport=transport) as source:
            batch = Batch(
                entity="purchase_line",
                fields=("record_id", "description", "currency"),
                match=("purchase_ref",),
                keys=(("o1",), ("o2",)),
            )
            return await source.fetch(batch)

    assert asyncio.run(run()).rows == {
        ("o1",): [("o1:1", "红茶", "CNY"), ("o1:2", "tea/pot", "CNY")]
    }
    assert desk.log == ["/api/orders?id=o1&id=o2"]


def test_strange_parts_are_skipped_and_told() -> None:
    """Texts where lines should be, and lines that are no list."""
    desk = Desk(orders=[{"id": "o1", "cur": "CNY", "lines": ["?", LINES[0]]}, {"lines": "none"}])

    async def run() -> list[ChangePage]:
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened({"purchase_line": ENTITY}, transport=transport) as source:
            return [page async for page in source.scan("purchase_line", since=None)]

    (page,) = asyncio.run(run())

    assert [change.record_id for change in page.changes] == ["o1:2"]
    assert [each.reason for each in page.skipped] == [
        "purchase_line: `each: lines` holds str, not JSON objects",
        "purchase_line: `each: lines` finds str, not a list",
    ]
