"""What nests say of the rows that hang on a row: one, all, or a page of them."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import Batch, Bound, Compare, Nest, Op, Order, Slice, Slices
from connectors.nest import (
    DOUBT,
    HOLE,
    Constant,
    Object,
    PageCursor,
    PageEdge,
    PageObject,
    PageRows,
    RelatedMany,
    RelatedOne,
    RelatedPage,
    Relation,
    RowCursor,
)
from tests.connectors.native.filled import NOON, native
from tests.connectors.native.nested import (
    ADA,
    GRACE,
    OLD,
    Tables,
    answered,
    ask,
    filled_with,
    named,
    nest_of,
    of_customers,
    text,
    texts,
)

_KEY = ("source", "record_id")
_BY_KEY = (Order("source"), Order("record_id"))
_NEWEST = (Order("placed_at", is_descending=True), *_BY_KEY)
_OLDEST = tuple(each.reversed() for each in _NEWEST)
_NUMBER = named(n=text("record_id"))
_PURCHASES = Relation(0, "purchase", ("customer_id",), ("id",))
_BUYER = Relation(0, "customer", ("id",), ("customer_id",))


def _purchase(day: int, customer: UUID | None = ADA) -> dict[str, Any]:
    return {
        "source": "shop",
        "record_id": str(day),
        "customer_id": customer,
        "placed_at": NOON + timedelta(days=day),
        "total": Decimal(day),
    }


_ADA = {"id": ADA, "name": "Ada"}
_FIVE: Tables = {
    "customer": [_ADA, {"id": GRACE}],
    "purchase": [*(_purchase(day) for day in range(5)), _purchase(9, None)],
}


def _after(day: int) -> Bound:
    return Bound((NOON + timedelta(days=day), "shop", str(day)))


def _page(**pieces: Any) -> PageObject:
    return PageObject(tuple(pieces.items()))


def _cursor(number: int, day: int) -> str:
    at = (NOON + timedelta(days=day)).isoformat()
    return f'{HOLE}{number}:["{at}", "shop", "{day}"]{HOLE}'


_WHOLE_PAGE = _page(
    nodes=PageRows(_NUMBER),
    info=_page(
        next=PageEdge(is_end=True),
        previous=PageEdge(is_end=False),
        start=PageCursor(1, is_end=False),
        end=PageCursor(2, is_end=True),
        __typename=Constant('"PageInfo"'),
    ),
)


def _expected(days: str, *, has_next: bool, has_previous: bool) -> str:
    nodes = ",".join(f'{{"n":"{day}"}}' for day in days)
    start, end = (_cursor(1, int(days[0])), _cursor(2, int(days[-1]))) if days else ("null",) * 2
    return (
        f'{{"p":{{"nodes":[{nodes}],"info":{{"next":{str(has_next).lower()},'
        f'"previous":{str(has_previous).lower()},"start":{start},"end":{end},'
        '"__typename":"PageInfo"}}}'
    )


@pytest.mark.parametrize(
    ("slice_", "days", "has_next", "has_previous"),
    [
        (Slice(order=_NEWEST, limit=0), "", True, False),
        (Slice(order=_NEWEST, limit=2), "43", True, False),
        (Slice(order=_NEWEST, limit=4), "4321", True, False),
        (Slice(order=_NEWEST, limit=5), "43210", False, False),
        (Slice(order=_NEWEST, limit=6), "43210", False, False),
        (Slice(order=_NEWEST, limit=2**40), "43210", False, False),
        (Slice(order=_NEWEST), "43210", False, False),
        (Slice(order=_NEWEST, limit=2, after=_after(3)), "21", True, True),
        (Slice(order=_NEWEST, limit=2, after=_after(2)), "10", False, True),
        (Slice(order=_NEWEST, limit=2, after=_after(0)), "", False, True),
        (Slice(order=_NEWEST, limit=9, after=_after(4), until=_after(1)), "32", False, True),
        (Slice(order=_NEWEST, limit=9, until=_after(2)), "43", False, False),
        (
            Slice(order=_NEWEST, limit=1, where=Compare("total", Op.LT, Decimal(2))),
            "1",
            True,
            False,
        ),
        (
            Slice(order=_NEWEST, limit=2, where=Compare("total", Op.LT, Decimal(2))),
            "10",
            False,
            False,
        ),
        (Slice(order=_NEWEST, limit=2, where=Compare("record_id", Op.EQ, "\0")), "", False, False),
        (Slice(order=_OLDEST, limit=0, is_backward=True), "", False, True),
        (Slice(order=_OLDEST, limit=2, is_backward=True), "10", False, True),
        (Slice(order=_OLDEST, limit=5, is_backward=True), "43210", False, False),
        (Slice(order=_OLDEST, is_backward=True), "43210", False, False),
        (Slice(order=_OLDEST, limit=2, after=_after(1), is_backward=True), "32", True, True),
        (Slice(order=_OLDEST, limit=2, after=_after(2), is_backward=True), "43", True, False),
        (
            Slice(order=_OLDEST, limit=9, after=_after(0), until=_after(3), is_backward=True),
            "21",
            True,
            False,
        ),
    ],
)
def test_a_page_tells_what_lies_around_it(
    database_url: str, slice_: Slice, days: str, *, has_next: bool, has_previous: bool
) -> None:
    """Where the reading ends it looks one row further; where it begins, whether it was told to.

    The other customer has an empty page, and nothing of what belongs to nobody is anywhere.
    """
    nest = nest_of(named(p=RelatedPage(_PURCHASES, _WHOLE_PAGE)), _PURCHASES)

    answer = answered(database_url, _FIVE, of_customers(nest, slice_), (ADA,), (GRACE,))

    found = texts(answer)
    assert found[ADA,] == [_expected(days, has_next=has_next, has_previous=has_previous)]
    begins_later = slice_.after is not None
    assert found[GRACE,] == [
        _expected(
            "",
            has_next=begins_later and slice_.is_backward,
            has_previous=begins_later and not slice_.is_backward,
        )
    ]
    assert (answer.nested_count, answer.calls) == (len(days), 1)


@pytest.mark.parametrize(
    ("slice_", "is_end", "expected"),
    [
        (Slice(order=_NEWEST, limit=4), True, "true"),
        (Slice(order=_NEWEST, limit=5), True, "false"),
        (Slice(order=_OLDEST, limit=4, is_backward=True), False, "true"),
        (Slice(order=_OLDEST, limit=5, is_backward=True), False, "false"),
    ],
)
def test_a_page_of_nothing_but_its_edge_counts_no_further_row(
    database_url: str, slice_: Slice, expected: str, *, is_end: bool
) -> None:
    """Without its rows it knows as well whether there are more."""
    page = RelatedPage(_PURCHASES, _page(e=PageEdge(is_end=is_end)))
    batch = of_customers(nest_of(named(p=page), _PURCHASES), slice_)

    answer = answered(database_url, _FIVE, batch, (ADA,))

    assert texts(answer) == {(ADA,): [f'{{"p":{{"e":{expected}}}}}']}
    assert answer.nested_count == slice_.limit


def test_the_rows_of_a_page_have_cursors_and_rows_of_their_own(database_url: str) -> None:
    """A page in a page: each row with what it is sorted by and who bought it; all are counted."""
    buyer = Relation(1, "customer", ("id",), ("customer_id",))
    again = Relation(2, "purchase", ("customer_id",), ("id",))
    oldest = RelatedPage(again, _page(nodes=PageRows(_NUMBER)))
    item = named(
        c=RowCursor(5),
        by=RelatedOne(buyer, named(name=text("name"), first=oldest), is_required=True),
    )
    page = RelatedPage(_PURCHASES, _page(edges=PageRows(item)))
    slices = (
        Slice(order=_NEWEST, limit=2),
        Slice(),
        Slice(order=_OLDEST, limit=1),
    )
    batch = of_customers(nest_of(named(p=page), _PURCHASES, buyer, again), *slices)

    answer = answered(database_url, _FIVE, batch, (ADA,))

    by = '{"name":"Ada","first":{"nodes":[{"n":"0"}]}}'
    edges = ",".join(f'{{"c":{_cursor(5, day)},"by":{by}}}' for day in (4, 3))
    assert texts(answer) == {(ADA,): [f'{{"p":{{"edges":[{edges}]}}}}']}
    assert answer.nested_count == 2 * 3


def test_one_of_several_related_rows_is_given(database_url: str) -> None:
    """Where a relation to one leads to several there is still one, and it counts as one."""
    relation = Relation(0, "purchase", ("customer_id",), ("id",))
    one = RelatedOne(relation, named(t=Constant('"Purchase"')), is_required=True)

    answer = answered(
        database_url, _FIVE, of_customers(nest_of(named(o=one), relation), Slice()), (ADA,)
    )

    assert texts(answer) == {(ADA,): ['{"o":{"t":"Purchase"}}']}
    assert answer.nested_count == 1


@pytest.mark.parametrize(
    ("customer", "is_required", "expected", "count"),
    [
        (ADA, True, '{"name":"Ada"}', 1),
        (None, False, "null", 0),
        (None, True, DOUBT, 0),
        (GRACE, False, "null", 0),
        (OLD, False, DOUBT, 1),
        (OLD, True, DOUBT, 1),
    ],
)
def test_the_row_of_a_relation_is_there_or_not(
    database_url: str, customer: UUID | None, expected: str, count: int, *, is_required: bool
) -> None:
    """A customer that was merged away is a doubt: whom it became takes another question."""
    tables: Tables = {
        "customer": [_ADA, {"id": OLD, "superseded_by": ADA}],
        "purchase": [_purchase(1, customer)],
    }
    one = RelatedOne(_BUYER, named(name=text("name")), is_required=is_required)
    batch = Batch(
        entity="purchase",
        fields=(),
        match=_KEY,
        nest=nest_of(named(by=one), _BUYER),
        slices=Slices((Slice(),)),
    )

    answer = answered(database_url, tables, batch, ("shop", "1"))

    assert texts(answer) == {("shop", "1"): [f'{{"by":{expected}}}']}
    assert answer.nested_count == count


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, '["a","c"]'),
        (Compare("is_deleted", Op.EQ, True), '["b"]'),
        (Compare("is_deleted", Op.IN, (True, False)), '["a","b","c"]'),
        (Compare("source", Op.EQ, "nowhere"), "[]"),
    ],
)
def test_all_related_rows_are_a_list(database_url: str, where: Any, expected: str) -> None:
    """Deleted records of a customer are left out unless the filter names them."""
    relation = Relation(0, "customer_record", ("customer_id",), ("id",))
    records = [
        {"source": "crm", "record_id": each, "customer_id": ADA, "is_deleted": each == "b"}
        for each in "cba"
    ]
    many = RelatedMany(relation, PageRows(_NUMBER))
    batch = of_customers(nest_of(named(r=many), relation), Slice(where=where, order=_BY_KEY))

    answer = answered(database_url, {"customer": [_ADA], "customer_record": records}, batch, (ADA,))

    wanted = [f'{{"n":"{each}"}}' for each in expected if each.islower()]
    assert texts(answer) == {(ADA,): [f'{{"r":[{",".join(wanted)}]}}']}
    assert answer.nested_count == len(wanted)


def test_relations_to_customers_leave_out_who_was_merged_away(database_url: str) -> None:
    """As lists do: among the contacts of an organization stands nobody twice."""
    contacts = Relation(0, "customer", ("organization_id",), ("id",))
    people = [
        {"id": GRACE, "name": "李雷", "organization_id": ADA},
        {"id": OLD, "name": "L.", "organization_id": ADA, "superseded_by": GRACE},
    ]
    many = RelatedMany(contacts, PageRows(named(name=text("name"))))
    batch = of_customers(nest_of(named(c=many), contacts), Slice(order=(Order("id"),)))

    answer = answered(database_url, {"customer": [_ADA, *people]}, batch, (ADA,))

    assert texts(answer) == {(ADA,): ['{"c":[{"name":"李雷"}]}']}


@pytest.mark.parametrize(
    ("slice_", "days", "has_next"),
    [
        (Slice(order=_NEWEST, limit=2), "94", True),
        (Slice(order=_NEWEST, limit=6), "943210", False),
        (Slice(order=_NEWEST, limit=6, where=Compare("total", Op.GT, Decimal(99))), "", False),
    ],
)
def test_a_page_of_a_whole_entity_is_one_text(
    database_url: str, slice_: Slice, days: str, *, has_next: bool
) -> None:
    """In one row without fields, also where the page is empty."""
    relation = Relation(0, "purchase", (), ())
    nest = Nest((), (relation,), RelatedPage(relation, _WHOLE_PAGE))
    batch = Batch(entity="purchase", fields=(), nest=nest, slices=Slices((slice_,)))

    answer = answered(database_url, _FIVE, batch, ())

    wanted = _expected(days, has_next=has_next, has_previous=False)
    assert texts(answer) == {(): [wanted.removeprefix('{"p":').removesuffix("}")]}
    assert (answer.nested_count, answer.calls) == (len(days) - 1, 1)


def test_keys_that_nothing_can_have_are_left_out(database_url: str) -> None:
    """Alone they are not asked; among others they are no reason to fail."""
    batch = Batch(entity="purchase", fields=("number",), match=_KEY, nest=nest_of(_NUMBER))
    bad = ("shop", "1\0")

    async def run() -> None:
        async with native(database_url) as it:
            await filled_with(it, _FIVE)
            nothing = await ask(it, batch, bad, (None, "1"))
            assert (nothing.rows, nothing.calls, it.store.asked) == ({}, 0, [])
            some = await ask(it, batch, ("shop", "3"), bad, ("shop", "none"), ("shop", "3"))
            assert some.rows == {
                ("shop", "3"): [(None, b'{"n":"3"}')],
                ("shop", "none"): [],
            }
            assert (some.calls, some.nested_count, len(it.store.asked)) == (1, 0, 1)

    asyncio.run(run())


def test_the_rows_of_each_key_bring_their_own(database_url: str) -> None:
    """Pages of several keys at once, each cut and sorted on its own, with texts beside fields."""
    item = Object((("n", text("record_id")), ("c", RowCursor(0))))
    batch = Batch(
        entity="purchase",
        fields=("record_id",),
        match=("customer_id",),
        order=_NEWEST,
        limit=2,
        nest=nest_of(item),
    )
    tables = {"purchase": [_purchase(n, (ADA, GRACE)[n % 2]) for n in range(6)]}

    answer = answered(database_url, tables, batch, (GRACE,), (ADA,), (OLD,))

    assert texts(answer) == {
        (GRACE,): [f'{{"n":"{day}","c":{_cursor(0, day)}}}' for day in (5, 3)],
        (ADA,): [f'{{"n":"{day}","c":{_cursor(0, day)}}}' for day in (4, 2)],
        (OLD,): [],
    }
    assert [row[0] for row in answer.rows[ADA,]] == ["4", "2"]


@pytest.mark.parametrize(
    ("after", "days", "has_next"),
    [
        (Bound((NOON + timedelta(days=2), "files", "2")), "1a", True),
        (Bound((NOON + timedelta(days=1), "files", "1")), "ab", False),
        (Bound((None, "files", "a")), "b", False),
        (Bound(()), "", False),
    ],
)
def test_a_page_goes_on_to_where_what_it_is_sorted_by_is_missing(
    database_url: str, after: Bound, days: str, *, has_next: bool
) -> None:
    """What has no time comes last, by its key; nothing comes after a bound that says nothing."""
    times = {"1": NOON + timedelta(days=1), "2": NOON + timedelta(days=2), "a": None, "b": None}
    documents = [
        {"source": "files", "record_id": each, "modified_at": at, "customer_id": ADA}
        for each, at in times.items()
    ]
    relation = Relation(0, "document", ("customer_id",), ("id",))
    page = RelatedPage(relation, _page(nodes=PageRows(_NUMBER), next=PageEdge(is_end=True)))
    order = (Order("modified_at", is_descending=True), *_BY_KEY)
    slice_ = Slice(order=order, limit=2, after=after)
    batch = of_customers(nest_of(named(p=page), relation), slice_)

    answer = answered(database_url, {"customer": [_ADA], "document": documents}, batch, (ADA,))

    nodes = ",".join(f'{{"n":"{each}"}}' for each in days)
    assert texts(answer) == {
        (ADA,): [f'{{"p":{{"nodes":[{nodes}],"next":{str(has_next).lower()}}}}}']
    }
