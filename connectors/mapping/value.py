"""Canonical values from raw ones: texts, numbers, booleans, times, enums and JSON."""

import enum
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from connectors.mapping.expression import Expression
from domain.entity import Field, FieldType

Convert: TypeAlias = Callable[[Any], Any]
"""Makes a canonical value of a raw one that is there; `None` where it is as good as missing."""

_TRUE = frozenset({"true", "t", "yes", "y", "on", "1", "是", "真"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0", "否", "假"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 60


class Unreadable(ValueError):
    """A raw value that is not what its field expects; the text says what was expected."""

    def __init__(self, value: object, expected: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        super().__init__(f"is {shown}, expected {expected}")


def text(value: Any) -> str:
    """A text; numbers and times are written out, whole floats without a fraction."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case Decimal() if value.is_finite() and value == value.to_integral_value():
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case int() | float() | UUID() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise Unreadable(value, "a text")


def reference(value: Any) -> str | None:
    """The key of a record as text; a blank text is no key."""
    key = text(value)
    return key if key.strip() else None


def decimal(value: Any) -> Decimal | None:
    """An exact number: a float counts as what it is written as."""
    if isinstance(value, str) and not value.strip():
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Unreadable(value, "a number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise Unreadable(value, "a number such as 1234.50") from None
    if not number.is_finite():
        raise Unreadable(value, "a finite number")
    return number


def integer(value: Any) -> int | None:
    """A whole number."""
    number = decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unreadable(value, "a whole number")
    return int(number)


def boolean(value: Any) -> bool | None:
    """True or false, from booleans, 1 and 0, and the usual words."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else text(value)
    if not word:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Unreadable(value, "true or false")


def identifier(value: Any) -> UUID | None:
    """A UUID."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if value else None
    except (ValueError, TypeError, AttributeError):
        raise Unreadable(value, "a UUID") from None


def json_object(value: Any) -> dict[str, Any] | None:
    """A JSON object, from a mapping or its text."""
    if isinstance(value, str):
        if not value.strip():
            return None
        value = _parsed(value)
    if not isinstance(value, Mapping):
        raise Unreadable(value, "a JSON object")
    return {str(key): json_value(each) for key, each in value.items()}


def json_value(value: Any) -> Any:
    """The same value in the types of JSON; exact numbers and times become texts."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case Mapping():
            return {str(key): json_value(each) for key, each in value.items()}
        case list() | tuple():
            return [json_value(each) for each in value]
        case Decimal() | datetime() | date() | time() | UUID():
            return text(value)
    raise Unreadable(value, "a JSON value")


def _parsed(value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unreadable(value, "JSON") from None


def choice(choices: type[enum.StrEnum]) -> Convert:
    """The name of an enum value, found regardless of case, spaces and hyphens."""
    names = {each.name: each.name for each in choices}

    def convert(value: Any) -> str | None:
        name = text(value).strip().upper().replace("-", "_").replace(" ", "_")
        if not name:
            return None
        if name not in names:
            raise Unreadable(value, f"one of {', '.join(names)}")
        return name

    return convert


def moment(*, zone: ZoneInfo, pattern: str | None = None, unit: str | None = None) -> Convert:
    """A time in UTC: `zone` is that of times without one, `pattern` as in strptime."""

    def convert(value: Any) -> datetime | None:
        if isinstance(value, str) and not value.strip():
            return None
        try:
            return _in_utc(_since_1970(value, unit) if unit else _moment(value, pattern), zone)
        except (ValueError, OverflowError):
            raise Unreadable(value, _expected_moment(pattern, unit)) from None

    return convert


def _moment(value: Any, pattern: str | None) -> datetime:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # zoned by _in_utc
        case str() if pattern:
            return datetime.strptime(value.strip(), pattern)  # noqa: DTZ007  # zoned by _in_utc
        case str():
            return datetime.fromisoformat(value.strip())
    raise ValueError


def _since_1970(value: Any, unit: str) -> datetime:
    if isinstance(value, datetime):
        return value
    number = decimal(value)
    if number is None:
        raise ValueError
    micros = int(number * (1000 if unit == "milliseconds" else 1_000_000))
    return _EPOCH + timedelta(microseconds=micros)


def _in_utc(value: datetime, zone: ZoneInfo) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _expected_moment(pattern: str | None, unit: str | None) -> str:
    if pattern:
        return f"a date written as {pattern}"
    if unit:
        return f"a number of {unit} since 1970"
    return "an ISO 8601 date such as 2024-05-31T09:30:00Z; set 'format' or 'unit' for others"


def scaled(convert: Convert, expression: Expression) -> Convert:
    """The conversion of a number with the factor and divisor of an expression."""
    factor, divisor = expression.multiply_by, expression.divide_by
    if factor is None and divisor is None:
        return convert

    def rescale(value: Any) -> Any:
        number = decimal(value)
        if number is None:
            return None
        number = number if factor is None else number * factor
        return convert(number if divisor is None else _divided(number, divisor))

    return rescale


def _divided(number: Decimal, divisor: Decimal) -> Decimal:
    """The quotient; by a power of ten it keeps the digits, so that 233520 cents are 2335.20."""
    shift = divisor.normalize()
    if shift.as_tuple().digits == (1,) and divisor > 0:
        return number.scaleb(-shift.adjusted())
    return number / divisor


_SIMPLE: Mapping[FieldType, Convert] = MappingProxyType(
    {
        FieldType.TEXT: text,
        FieldType.BOOLEAN: boolean,
        FieldType.UUID: identifier,
        FieldType.JSON: json_object,
    }
)


def converter(field: Field, expression: Expression, *, zone: ZoneInfo) -> Convert:
    """The conversion for one field that is no list."""
    match field.value_type:
        case FieldType.INTEGER:
            return scaled(integer, expression)
        case FieldType.DECIMAL:
            return scaled(decimal, expression)
        case FieldType.ENUM if field.choices is not None:
            return choice(field.choices)
        case FieldType.DATETIME:
            own = ZoneInfo(expression.time_zone) if expression.time_zone else zone
            return moment(zone=own, pattern=expression.format, unit=expression.unit)
    return _SIMPLE[field.value_type]
