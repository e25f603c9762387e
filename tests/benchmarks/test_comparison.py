"""Whether two contenders have answered the same."""

import pytest

from benchmarks.comparison import data_of, first_difference


def test_an_answer_with_errors_is_no_answer() -> None:
    """It must not be measured."""
    with pytest.raises(ValueError, match="no such field"):
        data_of({"data": None, "errors": [{"message": "no such field"}]})


def test_a_difference_is_told_with_its_place() -> None:
    """Whoever reads it has to find it in 50 kB of JSON."""
    one = data_of({"data": {"customer": {"name": "Ada", "tickets": [{"status": "OPEN"}]}}})
    other = data_of({"data": {"customer": {"name": "Ada", "tickets": [{"status": "CLOSED"}]}}})

    found = first_difference(one, other)

    assert found == "data.customer.tickets.0.status: 'OPEN' and 'CLOSED'"


def test_a_missing_field_is_a_difference() -> None:
    """A contender that leaves something out is faster for the wrong reason."""
    one, other = data_of({"data": {"a": "1", "b": "2"}}), data_of({"data": {"a": "1"}})

    assert first_difference(one, other) == "data: {'a': '1', 'b': '2'} and {'a': '1'}"


def test_times_and_whole_numbers_may_be_written_in_several_ways() -> None:
    """RFC 3339 allows it, and JSON has no large integers everywhere."""
    one = data_of({"data": {"at": "2026-01-02T03:04:05.100Z", "size": 7}})
    other = data_of({"data": {"at": "2026-01-02T04:04:05.1+01:00", "size": "7"}})

    assert first_difference(one, other) == ""


def test_an_alias_says_where_a_flat_value_belongs() -> None:
    """A schema of tables has no `total { amount currency }`."""
    flat = data_of({"data": {"total__amount": "1.20", "total__currency": "EUR", "id": "x"}})

    nested = data_of(
        {"data": {"id": "y", "total": {"amount": "1.20", "currency": "EUR"}}}, without=["id"]
    )

    assert first_difference(nested, {"total": flat["total"]}) == ""
