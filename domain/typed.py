"""Plain values, as JSON and YAML have them, as canonical values of a type."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from uuid import UUID

from domain.entity import FieldType


def typed(value: object, value_type: FieldType) -> object:
    """The canonical value; raises `ValueError` where it is none of that type."""
    read = _READERS.get(value_type)
    if read is None:
        raise ValueError("values of this type cannot be compared with")
    return read(value)


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 - as any bad value
    return str(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")  # noqa: TRY004 - as any bad value
    return value


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value)) if not isinstance(value, bool) else Decimal("x")
    except InvalidOperation as exc:
        raise ValueError(f"{value!r} is no number") from exc


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - as any bad value
    return value


def _datetime(value: object) -> datetime:
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(_text(value))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _uuid(value: object) -> UUID:
    return UUID(_text(value).removeprefix("Customer:"))


_READERS: Mapping[FieldType, Callable[[object], object]] = MappingProxyType(
    {
        FieldType.TEXT: _text,
        FieldType.ENUM: _text,
        FieldType.INTEGER: _integer,
        FieldType.DECIMAL: _decimal,
        FieldType.BOOLEAN: _boolean,
        FieldType.DATETIME: _datetime,
        FieldType.UUID: _uuid,
        FieldType.LIST: _text,
    }
)
