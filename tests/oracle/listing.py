"""Lists by definition: filtered, sorted and cut, one record at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from strawberry.utils.str_converters import to_snake_case

from domain.catalogue import ENTITIES
from domain.order import Order
from resolvers import cursor
from tests.oracle.records import Record

DEFAULT_ORDERS: Mapping[str, Sequence[tuple[str, bool]]] = {
    "purchase": [("placed_at", True)],
    "purchase_line": [("position", False)],
    "ticket": [("opened_at", True)],
    "campaign": [("starts_at", True)],
    "campaign_membership": [("sent_at", True)],
    "document": [("modified_at", True)],
    "interaction": [("occurred_at", True)],
    "customer": [],
    "access_record": [("at", True)],
}
"""How lists are sorted where nothing is said of it, and whether from large to small."""


class Refusal(Exception):
    """An error that the client caused or a source: null at its field."""

    def __init__(self, code: str = "BAD_USER_INPUT", source: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.source = source


@dataclass(frozen=True)
class Page:
    """A slice of a list."""

    entity: str
    rows: Sequence[Record]
    order: Sequence[tuple[str, bool]]
    has_next: bool
    has_previous: bool
    missing: Sequence[str]


def sliced(
    entity: str, rows: Any, order: Any, bounds: Any, arguments: Mapping[str, Any], dead: Any
) -> Page:
    """The page that the arguments say, of rows that are sorted; `bounds` are those of cursors."""
    start, stop = bounds
    if arguments.get("last") is not None:
        begin = max(start, stop - arguments["last"])
        has = (arguments.get("before") is not None, begin > start)
        return Page(entity, rows[begin:stop] if stop > begin else [], order, *has, dead)
    first = arguments.get("first")
    end = min(stop, start + (20 if first is None else first))
    has = (end < stop, arguments.get("after") is not None)
    return Page(entity, rows[start:end] if end > start else [], order, *has, dead)


ERROR_ID = "failure"
"""The id that all failures are logged under."""


def of_connection(page: Page, name: str) -> Any:
    """The value of a connection's field."""
    if name == "nodes":
        return page.rows
    if name == "edges":
        return [(page, each) for each in page.rows]
    if name == "missingSources":
        return [
            {
                "source": each,
                "code": "SOURCE_UNAVAILABLE",
                "message": f"The source '{each}' is unavailable at the moment; try again later.",
                "error_id": ERROR_ID,
            }
            for each in page.missing
        ]
    rows = page.rows
    return {
        "has_next_page": page.has_next,
        "has_previous_page": page.has_previous,
        "start_cursor": _cursor(page, rows[0]) if rows else None,
        "end_cursor": _cursor(page, rows[-1]) if rows else None,
    }


def of_edge(edge: tuple[Page, Record], name: str) -> Any:
    """The value of an edge's field."""
    page, row = edge
    return row if name == "node" else _cursor(page, row)


def _cursor(page: Page, row: Record) -> str:
    order = [Order(name, down) for name, down in page.order]
    values = [row.get(name) for name, _ in page.order]
    return cursor.encoder(order, range(len(values)))(values)


def marked(entity: str, order: Any, text: str) -> Record:
    """The sort values of the row that a cursor stands for; `Refusal` where it is none."""
    try:
        bound = cursor.decode(text, ENTITIES[entity], [Order(name, down) for name, down in order])
    except Exception as exc:
        raise Refusal from exc
    return dict(zip((name for name, _ in order), bound.values, strict=True))


def compare(order: Sequence[tuple[str, bool]], one: Record, other: Record) -> int:
    """Which of two records comes first, as `cmp` says it; missing values come last."""
    for name, is_down in order:
        a, b = one.get(name), other.get(name)
        if a is None and b is None:
            continue
        if a is None or b is None:
            return 1 if a is None else -1
        a, b = ranked(a), ranked(b)
        if a != b:
            return -1 if (a < b) is not is_down else 1
    return 0


def ranked(value: Any) -> Any:
    """The value, for comparisons: what is no number equals itself and exceeds all numbers."""
    if isinstance(value, Decimal):
        return (True, Decimal(0)) if value.is_nan() else (False, value)
    return value


def passes(record: Record, where: Mapping[str, Any] | None) -> bool:
    """Whether a record passes a filter; `Refusal` where the filter says nothing."""
    return all(_holds(record, name, value) for name, value in (where or {}).items())


def refuse_empty(where: Mapping[str, Any] | None) -> None:
    """`Refusal` where a part of the filter says nothing."""
    for name, value in (where or {}).items():
        if value is None:
            raise Refusal
        if name in {"and", "or"}:
            for each in value:
                refuse_empty(each)
        elif name == "not":
            refuse_empty(value)
        elif any(each is None and op not in {"eq", "ne"} for op, each in value.items()):
            raise Refusal


def _holds(record: Record, name: str, value: Any) -> bool:
    if name == "and":
        return all(passes(record, each) for each in value)
    if name == "or":
        return any(passes(record, each) for each in value)
    if name == "not":
        return not passes(record, value)
    found = record.get(to_snake_case(name))
    return all(_test(found, op, each) for op, each in value.items())


def _test(found: Any, op: str, value: Any) -> bool:
    if op == "isNull":
        return (found is None) is value
    if op in {"ne", "notIn"}:
        return not _test(found, {"ne": "eq", "notIn": "in"}[op], value)
    if op == "eq":
        return bool(found == value)
    if op == "in":
        return found is not None and found in value
    if found is None:
        return False
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "lt": lambda a, b: a < b,
        "lte": lambda a, b: a <= b,
        "gt": lambda a, b: a > b,
        "gte": lambda a, b: a >= b,
        "contains": lambda a, b: b in a,
        "startsWith": lambda a, b: a.startswith(b),
    }
    return tests[op](ranked(found), ranked(value))
