"""Orders: a decimal that is no number has its place, so that lists with one can be read on."""

from decimal import Decimal

from domain.filter import Compare, Op, predicate
from domain.order import Bound, Order, before, beyond, sort_key

NAN = Decimal("NaN")
TOTALS = (NAN, Decimal(1), None, Decimal("Infinity"), NAN, Decimal("-Infinity"))
PLACES = {"total": 0, "record_id": 1}


def _shown(rows: list[tuple[Decimal | None, str]]) -> list[str]:
    return [f"{total} {name}" for total, name in rows]


def _sorted(*, is_descending: bool) -> list[tuple[Decimal | None, str]]:
    rows = [(total, str(number)) for number, total in enumerate(TOTALS)]
    return sorted(rows, key=sort_key(_order(is_descending=is_descending), PLACES))


def _order(*, is_descending: bool) -> tuple[Order, ...]:
    return Order("total", is_descending=is_descending), Order("record_id")


def test_what_is_no_number_sorts_behind_all_numbers() -> None:
    """As PostgreSQL does: also behind infinity, and by the next field among themselves."""
    upwards = ["-Infinity 5", "1 1", "Infinity 3", "NaN 0", "NaN 4", "None 2"]
    assert _shown(_sorted(is_descending=False)) == upwards
    downwards = ["NaN 0", "NaN 4", "Infinity 3", "1 1", "-Infinity 5", "None 2"]
    assert _shown(_sorted(is_descending=True)) == downwards


def test_a_page_goes_on_behind_every_row() -> None:
    """Also behind one that is no number: what was seen does not come again."""
    for is_descending in (False, True):
        order = _order(is_descending=is_descending)
        rows = _sorted(is_descending=is_descending)
        for place, row in enumerate(rows):
            after = predicate(beyond(order, Bound(row)), PLACES)
            until = predicate(before(order, Bound(row)), PLACES)
            assert _shown(list(filter(after, rows))) == _shown(rows[place + 1 :])
            assert _shown(list(filter(until, rows))) == _shown(rows[:place])


def test_what_is_no_number_can_be_filtered_by_a_number() -> None:
    """It exceeds every number, and equals none."""
    row = (NAN,)
    found = {op for op in Op if op.value in {"eq", "ne", "lt", "lte", "gt", "gte"}}
    passing = {op for op in found if predicate(Compare("total", op, Decimal(5)), PLACES)(row)}
    assert passing == {Op.NE, Op.GT, Op.GTE}
