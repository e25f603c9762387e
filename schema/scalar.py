"""The scalars beyond GraphQL's own: exact and in one format everywhere."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from resolvers.leaf import date_time, decimal

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _read_date_time(value: Any) -> datetime:
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            raise GraphQLError(f"There is no such time as '{value}'.") from exc
    raise GraphQLError(
        "A DateTime is a text by RFC 3339 with a time zone, such as '2026-03-01T09:30:00Z'."
    )


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise GraphQLError("A Decimal is a number or a text that holds one, such as '19.90'.")


def _read_json(value: Any) -> Any:
    return value


DateTime = strawberry.scalar(
    name="DateTime",
    description="A moment by RFC 3339, in UTC with milliseconds: `2026-03-01T09:30:00.000Z`.",
    serialize=date_time,
    parse_value=_read_date_time,
)
ExactDecimal = strawberry.scalar(
    name="Decimal",
    description="An exact decimal number as a text, such as `19.90`.",
    serialize=decimal,
    parse_value=_read_decimal,
)
JsonValue = strawberry.scalar(
    name="JSON",
    description="Any JSON value. Its shape is not part of this schema.",
    serialize=_read_json,
    parse_value=_read_json,
)

Json = NewType("Json", object)
"""The annotation of a field of the type `JSON`."""

SCALARS: dict[object, Any] = {datetime: DateTime, Decimal: ExactDecimal, Json: JsonValue}
"""The scalar of each annotation."""
