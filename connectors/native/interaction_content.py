"""What an interaction says: checked, completed, and made comparable with a second attempt."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from connectors.contract import Written
from connectors.native.problem import WriteProblem
from connectors.native.storable import is_text
from connectors.native.store import SOURCE
from connectors.native.validation import Unfit, fitted, require_complete
from domain.catalogue import ENTITIES

_INTERACTION = ENTITIES["interaction"]
_KEPT = frozenset({"source", "record_id", "observed_at", "amended_at"})
"""What an amendment cannot change by itself."""
_NOT_CONTENT = frozenset({"source", "record_id", "observed_at"})
"""What differs between two attempts to log the same."""
_LONGEST_KEY = 1000


def prepare(
    records: Sequence[Mapping[str, Any]], idempotency_key: str
) -> tuple[Sequence[dict[str, object]], Sequence[Written]]:
    """The records as they will be stored, or else the outcome for each."""
    prepared: list[dict[str, object]] = []
    texts: dict[int, str] = {}
    for place, record in enumerate(records):
        try:
            _require_key(idempotency_key)
            prepared.append(_complete(record))
        except Unfit as unfit:
            texts[place] = str(unfit)
    if not texts:
        return prepared, ()
    other = "another record of the same request is invalid"
    problem = WriteProblem.INVALID
    return (), [problem.written(texts.get(place, other)) for place in range(len(records))]


def _complete(record: Mapping[str, Any]) -> dict[str, object]:
    empty = dict.fromkeys(_INTERACTION.fields)
    given = {name: value for name, value in record.items() if value is not None}
    implied = {"key_details": [], "participants": [], "source": SOURCE}
    fit: dict[str, object] = {**empty, **implied, **fitted(_INTERACTION, given)}
    if fit["source"] != SOURCE:
        raise Unfit(f"source must be {SOURCE}: what is logged here has no other")
    fit["occurred_at"] = fit["occurred_at"] or fit["observed_at"]
    require_complete(_INTERACTION, fit)
    return fit


def _require_key(idempotency_key: str) -> None:
    if not idempotency_key or any(each < " " for each in idempotency_key):
        raise Unfit("the idempotency key must be a text without control characters")
    if len(idempotency_key) > _LONGEST_KEY:
        raise Unfit(f"the idempotency key must not be longer than {_LONGEST_KEY} characters")
    if not is_text(idempotency_key):
        raise Unfit("the idempotency key holds half a character")


def fit_changes(
    changes: Mapping[str, Any], idempotency_key: str, reason: str | None
) -> dict[str, object]:
    """The changes as they will be stored; raises `Unfit` where they cannot be."""
    _require_key(idempotency_key)
    fixed = sorted(_KEPT & set(changes))
    if fixed:
        raise Unfit(f"{', '.join(fixed)} cannot be amended")
    if not changes:
        raise Unfit("there is nothing to amend: name at least one field")
    if reason is not None and not is_text(reason):
        raise Unfit("reason holds a character that cannot be stored, such as U+0000")
    return fitted(_INTERACTION, changes)


def content(record: Mapping[str, Any]) -> dict[str, object]:
    """What a record says, apart from which attempt to log it this is."""
    said = {name: value for name, value in record.items() if name not in _NOT_CONTENT}
    return plain({name: value for name, value in said.items() if value is not None})


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """The values as JSON has them."""
    found: dict[str, object] = orjson.loads(orjson.dumps(values, default=_as_text))
    return found


def _as_text(value: object) -> object:
    # A driver's own UUID is a UUID, but not one that orjson knows.
    return list(value) if isinstance(value, tuple) else str(value)


def digest_of(said: object) -> str:
    """A short text that two contents share only if they are the same."""
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
