"""Narrowing a list: the parts of a filter that the source can do, as query parameters.

The connector applies the whole filter to what comes, so narrowing only has to keep enough.
"""

from datetime import UTC, datetime
from typing import Any

from connectors.contract import Compare, Filter, Op
from connectors.rest.reading import Reading
from domain.filter import conjuncts


def narrowed(reading: Reading, where: Filter | None) -> dict[str, str]:
    """The parameters that say a part of the filter; each parameter says one comparison."""
    params: dict[str, str] = {}
    for part in conjuncts(where):
        if not isinstance(part, Compare):
            continue
        param = reading.listing.filters.get(part.field, {}).get(part.op)
        text = None if param is None else _written(reading, part)
        if param is not None and text is not None:
            params.setdefault(param, text)
    return params


def _written(reading: Reading, part: Compare) -> str | None:
    """The value as the source writes it; `None` where it has no one word for it."""
    translation = reading.translation
    if translation.mapped_column(part.field) is not None:
        choice = translation.raw_choice(part.field, part.value)
        is_one = part.op is Op.EQ and len(choice.words) == 1 and not choice.is_complement
        return choice.words[0] if is_one else None
    if translation.column_of(part.field) is None:
        return None
    return plain(part.value)


def plain(value: Any) -> str:
    """A canonical value in a query: times as ISO 8601 in UTC, truth in lower case."""
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
