"""How PostgreSQL runs the statements of relations and lists: along an index, without a sort."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from connectors.contract import Batch, Bound, Compare, Op, Order
from tests.connectors.native.filled import NOON
from tests.connectors.native.planned import Running, plan, planning
from tests.postgres import Server

_KEY = (Order("source"), Order("record_id"))
_CUSTOMER = UUID(int=7)
_SYNCED = Compare("source", Op.IN, ("native", "shop"))


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[Running]:
    """A connector over filled tables."""
    with planning(postgres) as made:
        yield made


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

    found = runner.run(plan(native, batch))

    assert index in found
    assert "Sort" not in found
    assert "Seq Scan" not in found
