"""How canonical values become JSON values, by the name of the GraphQL type."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

# A list shows hundreds of times; `isoformat` takes four times as long as looking digits up.
_TWO = tuple(f"{each:02d}" for each in range(100))
_THREE = tuple(f"{each:03d}" for each in range(1000))

INT_MAX = 2**31 - 1
"""The largest value of GraphQL's `Int`."""


def date_time(value: datetime | str) -> str:
    """RFC 3339 in UTC with milliseconds, as in `2026-03-01T09:30:00.000Z`.

    Values inside a JSON column come as text in the same or a finer form.
    """
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    date = f"{str(at.year).zfill(4)}-{_TWO[at.month]}-{_TWO[at.day]}"
    milliseconds = _THREE[at.microsecond // 1000]
    return f"{date}T{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}.{milliseconds}Z"


def decimal(value: Decimal) -> str:
    """The exact number as text, never in exponent form."""
    return format(value, "f")


def integer(value: Any, path: Any, key: str, run: Any, site: int) -> int | None:
    """A 32-bit integer; a field error where the number is larger."""
    if value is None or -INT_MAX - 1 <= value <= INT_MAX:
        return value  # type: ignore[no-any-return]  # a row's INTEGER
    run.report(path, key, site, f"Int cannot represent the number {value}.")
    return None


CONVERTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "DateTime": date_time,
    "Decimal": decimal,
    "Int": integer,
}

CHECKED: Final = frozenset({"Int"})
"""The types whose values can be out of range, which is a field error."""
