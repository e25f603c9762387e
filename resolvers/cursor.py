"""Keyset cursors: the sort values of a row, so that a page goes on where the last one ended."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

import orjson

from domain.entity import Entity, FieldType
from domain.filter import Row
from domain.order import Bound, Order
from resolvers.problem import UserError


def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return read.astimezone(UTC)


def _number(text: str) -> Decimal:
    # A list can be sorted by what is no number too, as it stands in the store: see `domain.order`.
    read = Decimal(text)
    if read.is_snan():
        raise ValueError("no column holds a signalling NaN")
    return Decimal("NaN") if read.is_nan() else read


_READERS: Mapping[FieldType, Callable[[str], object]] = {
    FieldType.DATETIME: _moment,
    FieldType.DECIMAL: _number,
    FieldType.UUID: UUID,
}
_PLAIN: Mapping[FieldType, type] = {
    FieldType.TEXT: str,
    FieldType.ENUM: str,
    FieldType.INTEGER: int,
    FieldType.BOOLEAN: bool,
}


def encoder(order: Sequence[Order], positions: Sequence[int]) -> Callable[[Row], str]:
    """A function from a row to its cursor; `positions` are those of the sort values in a row."""
    signature = _signature(order)

    def encode(row: Row) -> str:
        return _text(signature, [row[position] for position in positions])

    return encode


def of_values(values: Sequence[object], entity: Entity, order: Sequence[Order]) -> str:
    """The cursor of a row whose sort values are as JSON has them: times and decimals as texts."""
    pairs = zip(order, values, strict=True)
    read = [_value(entity.fields[each.field].value_type, value) for each, value in pairs]
    return _text(_signature(order), read)


def _text(signature: str, values: Sequence[object]) -> str:
    plain = orjson.dumps([signature, *map(_plain, values)])
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode(cursor: str, entity: Entity, order: Sequence[Order]) -> Bound:
    """The place that a cursor marks; `UserError` where it is garbled or of another order."""
    try:
        raw = cursor.encode("ascii")
        text = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        signature, *values = orjson.loads(text)
    except (ValueError, TypeError, binascii.Error) as exc:
        raise _no_cursor() from exc
    if signature != _signature(order):
        raise UserError(
            "This cursor belongs to a list in another order; use it with the same `orderBy`, or"
            " begin without a cursor."
        )
    if len(values) != len(order):
        raise _no_cursor()
    pairs = zip(order, values, strict=True)
    return Bound(
        tuple(_value(entity.fields[each.field].value_type, value) for each, value in pairs)
    )


def _signature(order: Sequence[Order]) -> str:
    return " ".join(f"{'-' if each.is_descending else ''}{each.field}" for each in order)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, UUID)) else value


def _value(value_type: FieldType, value: object) -> object:
    if value is None:
        return None
    expected = _PLAIN.get(value_type)
    if expected is not None:
        if type(value) is not expected:
            raise _no_cursor()
        return value
    try:
        read = _READERS[value_type](str(value))
    except (ValueError, OverflowError, InvalidOperation) as exc:
        raise _no_cursor() from exc
    return read


def _no_cursor() -> UserError:
    return UserError("This is no cursor of this graph; use a `cursor` that a query answered.")
