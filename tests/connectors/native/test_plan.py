"""How PostgreSQL runs the statements of relations and lists: along an index, without a sort."""

import asyncio
from collections.abc import Iterator
from typing import TypeAlias
from uuid import UUID

import pytest

from connectors.contract import Batch, Bound, Compare, Op, Order
from tests.connectors.native.filled import NOON, Native, running
from tests.postgres import Server

Running: TypeAlias = tuple[asyncio.Runner, Native]

_KEY = (Order("source"), Order("record_id"))
_CUSTOMER = UUID(int=7)
_SYNCED = Compare("source", Op.IN, ("native", "shop"))
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


async def _plan(native: Native, batch: Batch) -> str:
    """The generic plan, which is made without regard to values, of the statement for a batch."""
    await native.connector.fetch(batch)
    text, values = native.store.asked[-1]
    nulls = ", ".join("NULL" for _ in values)
    async with native.store.connection() as connection:
        await connection.execute(f"PREPARE asked AS {text}")
        try:
            lines = await connection.fetch(f"EXPLAIN EXECUTE asked ({nulls})")
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
