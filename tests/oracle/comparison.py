"""What two answers to one operation must have in common."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import orjson
from graphql import ExecutionResult, GraphQLError

from resolvers.result import Result, ResultKind
from tests.oracle.listing import Refusal

Answer: TypeAlias = tuple[bytes, Sequence[Mapping[str, Any]]] | None
"""The data as JSON with their keys in order, and the errors; none where nothing was executed."""


def answered(result: Result, document: str) -> Answer:
    """What the engine answered to a document."""
    if result.kind is not ResultKind.EXECUTED:
        return None
    answer = orjson.loads(result.body)
    lines = document.split("\n")
    errors = answer.get("errors", ())
    return _text(answer["data"]), [
        _error(each) | ({} if _is_placed(each, lines) else {"misplaced": each["locations"]})
        for each in errors
    ]


def expected(result: ExecutionResult | None) -> Answer:
    """What graphql-core answered."""
    if result is None:
        return None
    return _text(result.data), [_error(_formatted(each)) for each in result.errors or ()]


def cursors_in(text: bytes) -> list[str]:
    """All cursors in the data of an answer."""
    return list(dict.fromkeys(_cursors(orjson.loads(text))))


def _cursors(data: Any) -> list[str]:
    if isinstance(data, list):
        return [each for one in data for each in _cursors(one)]
    if not isinstance(data, dict):
        return []
    own = [each for each in data.values() if isinstance(each, str) and _cursor(each) is not None]
    return own + [each for one in data.values() for each in _cursors(one)]


def _text(data: Any) -> bytes:
    return orjson.dumps(_comparable(data))


def _comparable(data: Any) -> Any:
    """The data with every cursor replaced by what it says: its text is opaque to clients."""
    if isinstance(data, dict):
        return {name: _comparable(each) for name, each in data.items()}
    if isinstance(data, list):
        return [_comparable(each) for each in data]
    read = _cursor(data) if isinstance(data, str) else None
    return data if read is None else {"cursor": [_value(each) for each in read]}


def _cursor(text: str) -> list[Any] | None:
    if not text.startswith("Wy"):
        return None
    try:
        read = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return read if isinstance(read, list) else None


def _value(value: Any) -> Any:
    """A sort value: numbers and times mean the same however they are written."""
    if not isinstance(value, str):
        return value
    try:
        return f"number {Decimal(value).normalize()}"
    except InvalidOperation:
        pass
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if at.tzinfo is None else f"time {at.astimezone(UTC).isoformat()}"


def _is_placed(error: Mapping[str, Any], lines: Sequence[str]) -> bool:
    """Whether an error points into the document at its field, everywhere where that is selected.

    graphql-core is no reference for that: it takes equal fields of two documents for one another.
    """
    key = next(each for each in reversed(error["path"]) if isinstance(each, str))
    places = [lines[at["line"] - 1][at["column"] - 1 :] for at in error["locations"]]
    return bool(places) and all(each.startswith(key) for each in places)


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    """The path and the code; the words where the standard says them."""
    is_standard = error["message"].startswith("Cannot return null")
    return {
        "path": error["path"],
        # An id of its own for each failure, which graphql-core knows nothing of.
        "extensions": {k: v for k, v in error["extensions"].items() if k != "errorId"},
        "message": error["message"] if is_standard else None,
    }


def _formatted(error: GraphQLError) -> Mapping[str, Any]:
    return {
        "message": error.message,
        "path": error.path,
        "extensions": _extensions(error.original_error),
    }


def _extensions(cause: Exception | None) -> Mapping[str, Any]:
    if isinstance(cause, Refusal):
        return {"code": cause.code} | ({"source": cause.source} if cause.source else {})
    is_of_client = isinstance(cause, GraphQLError) and "cannot represent" not in cause.message
    return {"code": "BAD_USER_INPUT" if is_of_client else "INTERNAL_SERVER_ERROR"}


def difference(engine: Answer, core: Answer) -> str:
    """Where two answers differ first."""
    if engine is None or core is None:
        return f"engine:       {_short(engine)}\ngraphql-core: {_short(core)}"
    if engine[0] != core[0]:
        pairs = zip(engine[0], core[0], strict=False)
        at = next((n for n, (one, other) in enumerate(pairs) if one != other), 0)
        around = slice(max(0, at - 150), at + 150)
        return f"engine:       …{engine[0][around]!r}…\ngraphql-core: …{core[0][around]!r}…"
    own = [each for each in engine[1] if each not in core[1]]
    other = [each for each in core[1] if each not in engine[1]]
    return f"only the engine's errors:      {own[:3]}\nonly graphql-core's errors:    {other[:3]}"


def _short(answer: Answer) -> str:
    return "refused" if answer is None else f"{answer[0][:300]!r} {answer[1][:3]}"
