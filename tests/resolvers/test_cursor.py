"""Cursors: what goes in comes out, and what nobody gave out is refused in words."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.catalogue import ENTITIES
from domain.order import Bound, Order
from resolvers.cursor import decode, encoder, of_values
from resolvers.problem import UserError
from resolvers.result import ErrorCode

PURCHASE = ENTITIES["purchase"]
BY_TOTAL = (Order("total", is_descending=True), Order("source"), Order("record_id"))
BY_MOMENT = (Order("placed_at"), Order("source"), Order("record_id"))
MOMENT = datetime(2026, 3, 1, 9, 30, 0, 1, tzinfo=UTC)


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _refused(cursor: str, order: tuple[Order, ...] = BY_TOTAL) -> str:
    with pytest.raises(UserError) as raised:
        decode(cursor, PURCHASE, order)
    assert raised.value.code is ErrorCode.BAD_USER_INPUT
    return raised.value.message


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "=",
        "x",
        "光标",
        "not base64!",
        "AAAA",
        "\x00",
        _cursor(1),
        _cursor(None),
        _cursor([]),
        _cursor(["-total source record_id"]),
        _cursor(["-total source record_id", "1.50", "shop"]),
        _cursor(["-total source record_id", "1.50", "shop", "1", "more"]),
        _cursor(["-total source record_id", "a lot", "shop", "1"]),
        _cursor(["-total source record_id", "sNaN", "shop", "1"]),
        _cursor(["-total source record_id", "1.50", 7, "1"]),
        _cursor(["-total source record_id", "1.50", "shop", ["1"]]),
        _cursor(["-total source record_id", {"$gt": ""}, "shop", "1"]),
        "W" * 100_000,
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Whatever it is: empty, Chinese, another number of values, or values of another type."""
    message = _refused(cursor)
    assert message == "This is no cursor of this graph; use a `cursor` that a query answered."


@pytest.mark.parametrize(
    "moment",
    ["yesterday", "2026-03-01T09:30:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", 7],
)
def test_moments_that_are_none_are_refused(moment: object) -> None:
    """Without a zone, impossible, or before the calendar begins once they are in UTC."""
    message = _refused(_cursor(["placed_at source record_id", moment, "shop", "1"]), BY_MOMENT)
    assert message.startswith("This is no cursor")


def test_a_cursor_of_another_order_says_so() -> None:
    """Another field, another direction, and JSON that only looks like a cursor."""
    for other in ("total source record_id", "-placed_at source record_id", "", "-total"):
        message = _refused(_cursor([other, "1.50", "shop", "1"]))
        assert "belongs to a list in another order" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", Decimal("-0.10")),
        ("total", Decimal("99999999999999999999.999")),
        ("placed_at", MOMENT),
        ("number", "订单 \" : '"),
        ("number", ""),
        ("number", None),
        ("status", "PAID"),
        ("customer_id", UUID(int=7)),
    ],
)
def test_the_sort_values_of_a_row_come_back_exactly(name: str, value: object) -> None:
    """Money to the last digit, moments to the microsecond, Chinese, empty and missing values."""
    order = (Order(name), Order("source"), Order("record_id"))
    row = ("unused", "r:1/2", value, "shop")
    cursor = encoder(order, (2, 3, 1))(row)
    assert decode(cursor, PURCHASE, order) == Bound((value, "shop", "r:1/2"))
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_list_goes_on_after_what_is_no_number(value: str) -> None:
    """A row of the store may hold it; the cursor is the same, however the row was read."""
    cursor = encoder(BY_TOTAL, (0, 1, 2))((Decimal(value), "shop", "1"))
    assert of_values([value, "shop", "1"], PURCHASE, BY_TOTAL) == cursor
    assert str(decode(cursor, PURCHASE, BY_TOTAL).values[0]) == value


def test_moments_come_back_in_utc() -> None:
    """Whatever zone a source's driver gave them in."""
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=8)))
    cursor = encoder(BY_MOMENT, (0, 1, 2))((elsewhere, "shop", "1"))
    (moment, *_) = decode(cursor, PURCHASE, BY_MOMENT).values
    assert moment == MOMENT
    assert isinstance(moment, datetime)
    assert moment.tzinfo is UTC


def test_padding_is_allowed_and_not_needed() -> None:
    """Some libraries add it."""
    cursor = encoder(BY_TOTAL, (0, 1, 2))((Decimal(1), "shop", "12"))
    padded = cursor + "=" * (-len(cursor) % 4)
    assert decode(cursor, PURCHASE, BY_TOTAL) == Bound((Decimal(1), "shop", "12"))
    assert padded == cursor or "no cursor" in _refused(padded + "====")
