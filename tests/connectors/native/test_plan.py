"""How PostgreSQL runs the statements of relations and lists: along an index, without a sort."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
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
from tests.connectors.native.filled import NOON, Native, running
from tests.connectors.native.nested import named, nest_of, text
from tests.postgres import Server

Running: TypeAlias = tuple[asyncio.Runner, Native]

_KEY = (Order("source"), Order("record_id"))
_CUSTOMER = UUID(int=7)
_SYNCED = Compare("source", Op.IN, ("native", "shop"))
_ACTUAL = "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF"
_READ = re.compile(r"using (\w+) on \w+ (\w+) \(actual rows=(\d+)")
_FILL = """
INSERT INTO purchase (source, record_id, observed_at, status, placed_at, total, currency,
                      customer_id, customer_source, customer_ref)
SELECT 'shop', n::text, now(), 'PAID', now() - n * interval '1 hour', n, 'EUR',
       lpad(to_hex(n % 400), 32, '0')::uuid, 'shop', (n % 400)::text
FROM generate_series(1, 20000) AS s (n);
INSERT INTO document (source, record_id, observed_at, name, kind, modified_at, customer_id)
SELECT 'files', n::text, now(), 'Vertrag', 'CONTRACT',
       CASE WHEN n % 3 > 0 THEN now() - n * interval '1 hour' END,
       lpad(to_hex(n % 400), 32, '0')::uuid
FROM generate_series(1, 20000) AS s (n);
INSERT INTO purchase_line (source, record_id, observed_at, position, quantity, currency,
                           purchase_source, purchase_ref)
SELECT 'shop', n::text, now(), n % 5, 1, 'EUR', 'shop', (n / 5)::text
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer_record (source, record_id, observed_at, kind, emails, phones, addresses, tags,
                             matched_by, is_deleted, customer_id)
SELECT 'crm', n::text, now(), 'PERSON', '[]', '[]', '[]', '[]', '[]', false,
       lpad(to_hex(n), 32, '0')::uuid
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer (id, kind, name, emails, phones, addresses, tags, provenance)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'PERSON', 'n' || n, '[]', '[]', '[]', '[]', '[]'
FROM generate_series(1, 20000) AS s (n);
INSERT INTO customer_identifier (source, record_id, type, value, kind)
SELECT 'crm', n::text, 'email', n || '@example.com', 'PERSON'
FROM generate_series(1, 20000) AS s (n);
ANALYZE
"""


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[Running]:
    """A connector over tables that are large enough for plans to matter."""

    async def fill(native: Native) -> None:
        async with native.store.connection() as connection:
            await connection.execute(_FILL)

    with postgres.database() as url, running(url) as (runner, native):
        runner.run(fill(native))
        yield runner, native


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case list() | tuple():
            return "'{" + ",".join(str(each) for each in value) + "}'"
        case _:
            return f"'{value}'"


async def _plan(native: Native, batch: Batch) -> str:
    """The generic plan, which is made without regard to values, of the statement for a batch.

    It says too how many rows each part of it has read for the values of the batch.
    """
    await native.connector.fetch(batch)
    statement, values = native.store.asked[-1]
    given = ", ".join(_literal(each) for each in values)
    async with native.store.connection() as connection:
        await connection.execute(f"PREPARE asked AS {statement}")
        try:
            lines = await connection.fetch(f"EXPLAIN ({_ACTUAL}) EXECUTE asked ({given})")
        finally:
            await connection.execute("DEALLOCATE asked")
    return "\n".join(each[0] for each in lines)


@pytest.mark.parametrize(
    ("batch", "index"),
    [
        pytest.param(
            Batch(
                entity="purchase",
                fields=("total",),
                match=("customer_id",),
                keys=((_CUSTOMER,),),
                where=_SYNCED,
                order=(Order("placed_at", True), *_KEY),
                limit=5,
            ),
            "purchase_by_customer",
            id="first page of a relation",
        ),
        pytest.param(
            Batch(
                entity="purchase",
                fields=("total",),
                match=("customer_id",),
                keys=((_CUSTOMER,),),
                where=_SYNCED,
                order=(Order("placed_at", True), *_KEY),
                after=Bound((NOON, "shop", "1")),
                limit=5,
            ),
            "purchase_by_customer",
            id="next page of a relation",
        ),
        pytest.param(
            Batch(
                entity="purchase",
                fields=("total",),
                match=("customer_id",),
                keys=((_CUSTOMER,),),
                order=tuple(each.reversed() for each in (Order("placed_at", True), *_KEY)),
                limit=5,
            ),
            "purchase_by_customer",
            id="last page of a relation",
        ),
        pytest.param(
            Batch(
                entity="document",
                fields=("name",),
                match=("customer_id",),
                keys=((_CUSTOMER,),),
                order=(Order("modified_at", True), *_KEY),
                limit=5,
            ),
            "document_by_customer",
            id="relation by a time that may be missing",
        ),
        pytest.param(
            Batch(
                entity="purchase_line",
                fields=("quantity",),
                match=("purchase_source", "purchase_ref"),
                keys=(("shop", "7"),),
                order=(Order("position"), *_KEY),
                after=Bound((1, "shop", "1")),
                limit=5,
            ),
            "purchase_line_by_purchase",
            id="lines of a purchase",
        ),
        pytest.param(
            Batch(
                entity="purchase",
                fields=("total",),
                where=_SYNCED,
                order=(Order("placed_at", True), *_KEY),
                after=Bound((NOON, "shop", "1")),
                limit=5,
            ),
            "purchase_by_newest",
            id="page of a list",
        ),
        pytest.param(
            Batch(entity="customer", fields=("name",), order=(Order("name"), Order("id")), limit=5),
            "customer_by_name",
            id="customers by name",
        ),
        pytest.param(
            Batch(
                entity="customer_record",
                fields=("record_id",),
                match=("customer_id", "source"),
                keys=((_CUSTOMER, "crm"),),
            ),
            "customer_record_by_customer",
            id="records of a customer in a source",
        ),
        pytest.param(
            Batch(
                entity="customer_record",
                fields=("customer_id",),
                match=("source", "record_id"),
                keys=(("crm", "7"),),
            ),
            "customer_record_pkey",
            id="customer of a record",
        ),
        pytest.param(
            Batch(
                entity="customer",
                fields=("id",),
                match=("email",),
                keys=(("7@example.com",),),
            ),
            "customer_identifier_by_value",
            id="customer by address",
        ),
        pytest.param(
            Batch(entity="customer", fields=("name",), match=("id",), keys=((_CUSTOMER,),)),
            "customer_pkey",
            id="customer by id",
        ),
    ],
)
def test_a_relation_reads_its_index_and_sorts_nothing(
    filled: Running, batch: Batch, index: str
) -> None:
    """The plan names the index that was made for it; no sort, no scan of a whole table."""
    runner, native = filled

    plan = runner.run(_plan(native, batch))

    assert index in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


_PAGE = PageObject(
    (
        ("edges", PageRows(named(cursor=RowCursor(1), id=text("record_id")))),
        ("next", PageEdge(is_end=True)),
        ("previous", PageEdge(is_end=False)),
        ("end", PageCursor(2, is_end=True)),
    )
)


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

    plan = runner.run(_plan(native, batch))

    read = _read(plan)
    assert f"t0 {index}" in read, plan
    assert count is None or read[f"t0 {index}"] == count, plan
    # From PostgreSQL 16 on, putting a page that was read backward into order is seen as a sort.
    assert "Sort" not in plan or batch.slices.each[0].is_backward, plan
    assert "Seq Scan" not in plan, plan


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

    plan = runner.run(_plan(native, batch))

    read = _read(plan)
    assert read["t0 purchase_by_customer"] == 11, plan
    assert read["t2 document_by_customer"] == 6, plan
    assert {
        "t1 purchase_line_by_purchase",
        "t3 customer_record_by_customer",
        "t4 customer_pkey",
        "t5 customer_pkey",
    } < read.keys()
    assert index in plan
    assert "Seq Scan" not in plan, plan


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

    plan = runner.run(_plan(native, batch))

    read = _read(plan)
    assert read["t0 customer_pkey"] == 21, plan
    assert read["t1 purchase_by_customer"] <= 4, plan
    assert "Sort" not in plan, plan
    assert "Seq Scan" not in plan, plan
