"""Dividing a question between a source and us, and putting the shares together again."""

from decimal import Decimal

from connectors.federation import Question
from connectors.memory.connector import everything
from connectors.pushdown import divide, merged
from domain.catalogue import ENTITIES
from domain.order import Bound, Order

ORDER = (Order("total", is_descending=True), Order("source"), Order("record_id"))
FIELDS = ("total", "source", "record_id")
NAN = Decimal("NaN")


def _question(**more: Bound | None) -> Question:
    return Question(entity="purchase", fields=FIELDS, order=ORDER, limit=3, **more)  # type: ignore[arg-type]  # a bound


def test_rows_with_what_is_no_number_are_merged_with_those_of_other_sources() -> None:
    """It comes before all numbers where the largest come first."""
    stored = [(NAN, "shop", "1"), (Decimal(2), "shop", "2")]
    live = [(NAN, "desk", "7"), (Decimal(3), "desk", "8")]
    found = merged(_question(), [stored, live], FIELDS)
    assert [row[1:] for row in found] == [("desk", "7"), ("shop", "1"), ("desk", "8")]


def test_no_source_is_asked_for_what_comes_after_what_is_no_number() -> None:
    """It gives what it has, and the page is cut out here; a number it can compare with itself."""
    capability = everything(ENTITIES["purchase"])
    for value, limit in ((NAN, None), (Decimal("Infinity"), None), (Decimal(7), 3)):
        division = divide(
            _question(after=Bound((value, "desk", "7"))),
            capability,
            source="shop",
            match=("customer_ref",),
            timeout_s=1,
        )
        assert division.batch.limit == limit
        assert (division.batch.after is None) is (limit is None)


def test_what_is_left_to_do_here_leaves_out_what_was_seen() -> None:
    """Rows that are no numbers are told apart by their ids."""
    division = divide(
        _question(after=Bound((NAN, "shop", "1"))),
        everything(ENTITIES["purchase"]),
        source="shop",
        match=("customer_ref",),
        timeout_s=1,
    )
    assert division.fields == FIELDS
    rows = [(Decimal(2), "shop", "3"), (NAN, "shop", "2"), (NAN, "shop", "1")]
    assert [row[2] for row in division.finish(rows)] == ["2", "3"]
