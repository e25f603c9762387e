"""Entries as bytes: what comes back is what went in, and garbage is never read as an entry."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.cache.coding import Unfit, decoded, encoded
from connectors.cache.entry import Entry

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    TEXT,
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
    st.uuids(),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(TEXT, inner, max_size=3),
        st.tuples(inner, inner),
    ),
    max_leaves=5,
)
ROW = st.lists(VALUES, max_size=4).map(tuple)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    return bool(one == other)


@settings(max_examples=80)
@given(st.lists(ROW, max_size=3).map(tuple), st.floats(0, 4e9), st.booleans())
def test_what_comes_back_is_what_went_in(rows: Any, asked_at: float, is_partial: bool) -> None:  # noqa: FBT001
    """Values, types and order; with the tokens that it is bound to."""
    entry = Entry(rows, asked_at, is_partial)

    read, tokens = decoded(encoded(entry, ["a", "乙"]))

    assert same(read.rows, entry.rows)
    assert (read.asked_at, read.is_partial, tokens) == (asked_at, is_partial, ("a", "乙"))


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (Decimal("1.10"), Decimal("1.10")),
        (Decimal("NaN"), Decimal("NaN")),
        (float("-inf"), float("-inf")),
        (2**70, 2**70),
        (
            datetime(2026, 5, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=8))),
            datetime(2026, 5, 1, 4, 0, 0, 1, tzinfo=UTC),
        ),
        ({"d": "1.10"}, {"d": "1.10"}),
        ({"m": [], "u": UUID(int=1)}, {"m": [], "u": UUID(int=1)}),
        ("张三\0😀", "张三\0😀"),
    ],
)
def test_the_awkward_ones(value: object, back: object) -> None:
    """Mappings that look like tags, numbers beyond JSON, moments of another zone."""
    (row,) = decoded(encoded(Entry(((value,),), 0), []))[0].rows

    assert same(row[0], back)


@pytest.mark.parametrize("value", [b"bytes", object(), datetime(2026, 5, 1), {1, 2}, "\ud800"])  # noqa: DTZ001
def test_what_is_not_canonical_is_not_kept(value: object) -> None:
    """A guess might be read as something else."""
    with pytest.raises(Unfit):
        encoded(Entry(((value,),), 0), [])


@given(st.binary())
def test_garbage_is_no_entry(data: bytes) -> None:
    """Whatever somebody else left under our name."""
    with pytest.raises(Unfit):
        decoded(data)


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b"[]",
        b'[[], 0, false, [[{"x": 1}]]]',
        b'[[], 0, false, [[{"d": "one"}]]]',
        b'[[], "then", false, []]',
        b"[[], 0, false, 5]",
        b'[[], 0, false, [[{"u": 5}]]]',
        b'[[], 0, false, [[{"a": 1, "b": 2}]]]',
    ],
)
def test_json_of_another_shape_is_no_entry(data: bytes) -> None:
    """Another release may have other tags."""
    with pytest.raises(Unfit):
        decoded(data)
