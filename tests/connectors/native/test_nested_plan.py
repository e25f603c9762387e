"""How PostgreSQL runs the statements of nests: every relation along its index, up to its limit."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import Batch, Bound, Compare, Nest, Op, Order, Slice, Slices
from connectors.nest import (
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
from tests.connectors.native.filled import NOON
from tests.connectors.native.nested import named, nest_of, text
from tests.connectors.native.planned import Running, plan, planning
from tests.postgres import Server

_KEY = (Order("source"), Order("record_id"))
_CUSTOMER = UUID(int=7)
_SYNCED = Compare("source", Op.IN, ("native", "shop"))
_READ = re.compile(r"using (\w+) on \w+ (\w+) \(actual rows=(\d+)")
_PAGE = PageObject(
    (
        ("edges", PageRows(named(cursor=RowCursor(1), id=text("record_id")))),
        ("next", PageEdge(is_end=True)),
        ("previous", PageEdge(is_end=False)),
        ("end", PageCursor(2, is_end=True)),
    )
)


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[Running]:
    """A connector over filled tables."""
    with planning(postgres) as made:
        yield made


def _read(plan: str) -> Mapping[str, int]:
    """How many rows were read of each table by name, for each time that its index was looked at.

    The name of a relation in a statement ends with its number.
    """
    return {f"{name} {index}": int(count) for index, name, count in _READ.findall(plan)}


def _paged(entity: str, match: tuple[str, ...], key: tuple[str, ...], slice_: Slice) -> Batch:
    """A page of what hangs on one customer, or on one purchase."""
    relation = Relation(0, entity, match, key)
    is_line = entity == "purchase_line"
    return Batch(
        entity="purchase" if is_line else "customer",
        fields=(),
        match=("source", "record_id") if is_line else ("id",),
        keys=(("shop", "7") if is_line else (_CUSTOMER,),),
        nest=nest_of(named(page=RelatedPage(relation, _PAGE)), relation),
        slices=Slices((slice_,)),
    )


_ROW_KEY = ("source", "record_id")
_NEWEST = (Order("placed_at", True), *_KEY)
_OLDEST = tuple(each.reversed() for each in _NEWEST)


@pytest.mark.parametrize(
    ("batch", "index", "count"),
    [
        pytest.param(
            _paged(
                "purchase",
                ("customer_id",),
                ("id",),
                Slice(where=_SYNCED, order=_NEWEST, limit=5),
            ),
            "purchase_by_customer",
            6,
            id="first page",
        ),
        pytest.param(
            _paged(
                "purchase",
                ("customer_id",),
                ("id",),
                Slice(where=_SYNCED, order=_NEWEST, limit=5, after=Bound((NOON, "shop", "1"))),
            ),
            "purchase_by_customer",
            None,
            id="next page",
        ),
        pytest.param(
            _paged(
                "purchase",
                ("customer_id",),
                ("id",),
                Slice(where=_SYNCED, order=_OLDEST, limit=5, is_backward=True),
            ),
            "purchase_by_customer",
            6,
            id="last page",
        ),
        pytest.param(
            _paged(
                "document",
                ("customer_id",),
                ("id",),
                Slice(order=(Order("modified_at", True), *_KEY), limit=5),
            ),
            "document_by_customer",
            6,
            id="page by a time that may be missing",
        ),
        pytest.param(
            _paged(
                "purchase_line",
                ("purchase_source", "purchase_ref"),
                ("source", "record_id"),
                Slice(order=(Order("position"), *_KEY), limit=2),
            ),
            "purchase_line_by_purchase",
            3,
            id="lines of a purchase",
        ),
    ],
)
def test_a_nested_page_reads_its_index_up_to_the_limit(
    filled: Running, batch: Batch, index: str, count: int | None
) -> None:
    """One row more than the page, to see whether there is one; no sort, no scan of a table."""
    runner, native = filled

    found = runner.run(plan(native, batch))

    read = _read(found)
    assert f"t0 {index}" in read, found
    assert count is None or read[f"t0 {index}"] == count, found
    # From PostgreSQL 16 on, putting a page that was read backward into order is seen as a sort.
    assert "Sort" not in found or batch.slices.each[0].is_backward, found
    assert "Seq Scan" not in found, found


def _whole() -> tuple[Nest, Slices]:
    """What a profile shows of a customer."""
    purchases = Relation(0, "purchase", ("customer_id",), ("id",))
    lines = Relation(1, "purchase_line", ("purchase_source", "purchase_ref"), _ROW_KEY)
    documents = Relation(2, "document", ("customer_id",), ("id",))
    records = Relation(3, "customer_record", ("customer_id",), ("id",))
    organization = Relation(4, "customer", ("id",), ("organization_id",))
    buyer = Relation(5, "customer", ("id",), ("customer_id",))
    item = named(
        name=text("name"),
        purchases=_nodes(
            purchases,
            id=text("record_id"),
            lines=_nodes(lines, id=text("record_id")),
            by=RelatedOne(buyer, named(name=text("name")), is_required=False),
        ),
        documents=_nodes(documents, name=text("name")),
        records=RelatedMany(records, PageRows(named(id=text("record_id")))),
        of=RelatedOne(organization, named(name=text("name")), is_required=False),
    )
    relations = (purchases, lines, documents, records, organization, buyer)
    slices = (
        Slice(where=_SYNCED, order=_NEWEST, limit=10),
        Slice(order=(Order("position"), *_KEY), limit=3),
        Slice(order=(Order("modified_at", True), *_KEY), limit=5),
        Slice(order=_KEY),
        Slice(),
        Slice(),
    )
    return nest_of(item, *relations), Slices(slices)


def _nodes(relation: Relation, **pieces: Any) -> RelatedPage:
    page = PageObject((("nodes", PageRows(named(**pieces))), ("next", PageEdge(is_end=True))))
    return RelatedPage(relation, page)


@pytest.mark.parametrize(
    ("match", "key", "index"),
    [
        (("id",), _CUSTOMER, "customer_pkey"),
        (("email",), "7@example.com", "customer_identifier_by_value"),
    ],
)
def test_a_whole_customer_is_read_along_indexes(
    filled: Running, match: tuple[str, ...], key: object, index: str
) -> None:
    """However large the tables are: as many rows as are shown, and one more of each page."""
    runner, native = filled
    nest, slices = _whole()
    batch = Batch(
        entity="customer", fields=(), match=match, keys=((key,),), nest=nest, slices=slices
    )

    found = runner.run(plan(native, batch))

    read = _read(found)
    assert read["t0 purchase_by_customer"] == 11, found
    assert read["t2 document_by_customer"] == 6, found
    assert {
        "t1 purchase_line_by_purchase",
        "t3 customer_record_by_customer",
        "t4 customer_pkey",
        "t5 customer_pkey",
    } < read.keys()
    assert index in found
    assert "Seq Scan" not in found, found


def test_a_page_of_a_whole_table_stops_at_its_limit(filled: Running) -> None:
    """A list of customers with their newest purchases reads no more than it shows, and one."""
    runner, native = filled
    customers = Relation(0, "customer", (), ())
    purchases = Relation(1, "purchase", ("customer_id",), ("id",))
    item = named(name=text("name"), purchases=_nodes(purchases, id=text("record_id")))
    page = PageObject((("nodes", PageRows(item)), ("next", PageEdge(is_end=True))))
    nest = Nest((), (customers, purchases), RelatedPage(customers, page))
    slices = (Slice(order=(Order("id"),), limit=20), Slice(order=_NEWEST, limit=3))
    batch = Batch(entity="customer", fields=(), nest=nest, slices=Slices(slices))

    found = runner.run(plan(native, batch))

    read = _read(found)
    assert read["t0 customer_pkey"] == 21, found
    assert read["t1 purchase_by_customer"] <= 4, found
    assert "Sort" not in found, found
    assert "Seq Scan" not in found, found
