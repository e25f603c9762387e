"""Values of variables: keys, and what filters and orders say, as the source writes them.

The connector applies the whole filter to what comes, so that these only have to keep enough.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from connectors.contract import Batch, Compare, Filter, Op
from connectors.graphql.options import Lookup, Place
from connectors.mapping import Translation
from connectors.mapping.page import start
from domain.filter import all_of, conjuncts

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_LARGEST: Mapping[str, int] = {"int": 2**31 - 1, "bigint": 2**63 - 1, "int8": 2**63 - 1}
_NO_VALUE = object()


def asked_keys(lookup: Lookup, keys: Iterable[str]) -> dict[str, Any]:
    """The keys that a record can have, each once, and how it is sent."""
    variable = "key" if lookup.is_aliased else "keys"
    scalar = lookup.type_of(variable).strip("[]!").lower()
    pattern = re.compile(lookup.key_pattern) if lookup.key_pattern else None
    found = {}
    for key in dict.fromkeys(keys):
        sent = _sent(key, scalar)
        if sent is not _NO_VALUE and (pattern is None or pattern.fullmatch(key)):
            found[key] = sent
    return found


def _sent(key: str, scalar: str) -> Any:
    # Half of a surrogate pair is no character, and cannot be sent.
    if not key.strip() or any("\ud800" <= letter <= "\udfff" for letter in key):
        return _NO_VALUE
    if scalar in _LARGEST:
        fits = _INTEGER.fullmatch(key) and abs(int(key)) <= _LARGEST[scalar]
        return int(key) if fits else _NO_VALUE
    if scalar == "uuid":
        try:
            return str(UUID(key))
        except ValueError:
            return _NO_VALUE
    return key


def narrowed(place: Place, batch: Batch, translation: Translation) -> dict[str, Any]:
    """The variables that say a part of the filter and the order; each says one comparison."""
    given = dict(sorting(place, batch))
    where = all_of([each for each in (batch.where, start(batch)) if each is not None])
    for part in conjuncts(where):
        variable, value = _comparison(place, part, translation)
        if variable is not None and value is not _NO_VALUE:
            given.setdefault(variable, value)
    return given


def sorting(place: Place, batch: Batch) -> Mapping[str, Any]:
    """The variables that make the source sort by the first field of the order."""
    if not batch.order or batch.order[0].field not in place.orders:
        return {}
    how = place.orders[batch.order[0].field]
    return how.desc if batch.order[0].is_descending else how.asc


def _comparison(place: Place, part: Filter, translation: Translation) -> tuple[str | None, Any]:
    if not isinstance(part, Compare):
        return None, _NO_VALUE
    variable = place.filters.get(part.field, {}).get(part.op)
    if variable is None:
        return None, _NO_VALUE
    if translation.mapped_column(part.field) is not None:
        return variable, _words(part, translation)
    if translation.column_of(part.field) is None:
        return None, _NO_VALUE
    if part.op is Op.IN:
        return variable, [_plain(each) for each in _values(part)]
    return variable, _plain(part.value)


def _words(part: Compare, translation: Translation) -> Any:
    """The source's words for canonical ones; no value where it has not exactly these."""
    if part.op not in {Op.EQ, Op.IN}:
        return _NO_VALUE
    choices = [translation.raw_choice(part.field, each) for each in _values(part)]
    if any(each.is_complement for each in choices):
        return _NO_VALUE
    words = [word for each in choices for word in each.words]
    if part.op is Op.IN:
        return words
    return words[0] if len(words) == 1 else _NO_VALUE


def _values(part: Compare) -> Sequence[object]:
    return tuple(cast("Iterable[object]", part.value)) if part.op is Op.IN else (part.value,)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return str(value)
    return value
