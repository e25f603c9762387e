"""What the store answers besides plain rows: redirects, identifiers, failures, and at what cost."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from connectors.contract import Batch, Compare, Op, Order, Refused, Unavailable
from connectors.native.connector import NativeConnector
from connectors.native.store import Store
from tests.connectors.native.filled import NOON, Native, fill, fill_table, native

ADA, GRACE, OLD, OLDER = (UUID(int=each) for each in (1, 2, 3, 4))


async def _fill_customers(it: Native) -> None:
    await fill(
        it.store,
        "customer",
        {"id": ADA, "name": "Ada", "tags": ["vip"]},
        {"id": GRACE, "name": "李雷", "organization_id": ADA},
        {"id": OLD, "name": "A. L.", "superseded_by": ADA, "organization_id": ADA},
        {"id": OLDER, "name": "A", "superseded_by": OLD},
    )
    await fill(
        it.store,
        "customer_record",
        {"source": "crm", "record_id": "1", "customer_id": ADA},
        {"source": "shop", "record_id": "1", "customer_id": OLDER},
        {"source": "shop", "record_id": "2", "customer_id": ADA, "is_deleted": True},
        {"source": "desk", "record_id": "1", "customer_id": GRACE},
    )
    for source, record_id, type_, value in (
        ("crm", "1", "email", "ada@example.com"),
        ("shop", "1", "email", "ada@example.com"),
        ("shop", "2", "email", "gone@example.com"),
        ("desk", "1", "email", "ada@example.com"),
        ("desk", "1", "phone", "+8613800138000"),
    ):
        await fill_table(
            it.store,
            "customer_identifier",
            {
                "source": source,
                "record_id": record_id,
                "type": type_,
                "value": value,
                "kind": "PERSON",
            },
        )


def test_a_store_that_is_down_is_unavailable() -> None:
    """Making the connector asks nothing; the question then says that the store is down."""

    async def run() -> None:
        store = await Store.open("postgresql://nobody@127.0.0.1:1/none", min_connections=0)
        connector = NativeConnector(store)

        with pytest.raises(Unavailable):
            await connector.fetch(Batch(entity="purchase", fields=("record_id",)))

        assert [each.severity for each in await connector.check()] == ["error"]
        await connector.close()

    asyncio.run(run())


def test_a_value_that_no_column_takes_is_refused(database_url: str) -> None:
    """A number that is too fine for PostgreSQL is the question's fault, not the store's."""

    async def run() -> None:
        async with native(database_url) as it:
            where = Compare("total", Op.LT, Decimal("1E-20000"))

            with pytest.raises(Refused):
                await it.connector.fetch(Batch(entity="purchase", fields=(), where=where))

    asyncio.run(run())


def test_keys_that_nothing_can_have_are_not_asked(database_url: str) -> None:
    """A key with U+0000 has no rows, without a question."""

    async def run() -> None:
        async with native(database_url) as it:
            answer = await it.connector.fetch(
                Batch(
                    entity="purchase",
                    fields=("total",),
                    match=("source", "record_id"),
                    keys=(("shop", "1\0"),),
                )
            )

            assert (answer.rows, answer.calls, it.store.asked) == ({}, 0, [])

    asyncio.run(run())


def test_a_merged_customer_is_answered_with_the_one_it_became(database_url: str) -> None:
    """Old ids lead to the surviving customer over any number of merges, each at its own key."""

    async def run() -> None:
        async with native(database_url) as it:
            await _fill_customers(it)

            for limit in (None, 5):
                answer = await it.connector.fetch(
                    Batch(
                        entity="customer",
                        fields=("id", "name", "tags"),
                        match=("id",),
                        keys=((OLDER,), (ADA,), (UUID(int=9),), (OLDER,)),
                        limit=limit,
                    )
                )

                assert answer.rows == {
                    (OLDER,): [(ADA, "Ada", ["vip"])],
                    (ADA,): [(ADA, "Ada", ["vip"])],
                    (UUID(int=9),): [],
                }
            assert len(it.store.asked) == 2

    asyncio.run(run())


def test_customers_merged_in_a_circle_are_not_found(database_url: str) -> None:
    """A circle, which should never be, ends the search instead of running for ever."""

    async def run() -> None:
        async with native(database_url) as it:
            circle = [(ADA, GRACE), (GRACE, ADA)]
            await fill(
                it.store, "customer", *({"id": one, "superseded_by": two} for one, two in circle)
            )

            answer = await it.connector.fetch(
                Batch(entity="customer", fields=("id",), match=("id",), keys=((ADA,),))
            )

            assert answer.rows == {(ADA,): []}

    asyncio.run(run())


def test_customers_are_found_by_any_address_and_number(database_url: str) -> None:
    """Each customer once, merged ones as what they became, by records that are still there."""

    async def run() -> None:
        async with native(database_url) as it:
            await _fill_customers(it)

            by_email = await it.connector.fetch(
                Batch(
                    entity="customer",
                    fields=("name",),
                    match=("email",),
                    keys=(("ada@example.com",), ("gone@example.com",), ("ADA@example.com",)),
                    order=(Order("id"),),
                )
            )
            by_phone = await it.connector.fetch(
                Batch(
                    entity="customer", fields=("id",), match=("phone",), keys=(("+8613800138000",),)
                )
            )

            assert by_email.rows == {
                ("ada@example.com",): [("Ada",), ("李雷",)],
                ("gone@example.com",): [],
                ("ADA@example.com",): [],
            }
            assert by_phone.rows == {("+8613800138000",): [(GRACE,)]}
            assert len(it.store.asked) == 2

    asyncio.run(run())


def test_lists_leave_out_merged_customers(database_url: str) -> None:
    """Neither the list of all customers nor the contacts of one show who was merged away."""

    async def run() -> None:
        async with native(database_url) as it:
            await _fill_customers(it)

            everybody = await it.connector.fetch(
                Batch(entity="customer", fields=("name",), order=(Order("id"),))
            )
            contacts = await it.connector.fetch(
                Batch(entity="customer", fields=("id",), match=("organization_id",), keys=((ADA,),))
            )

            assert everybody.rows == {(): [("Ada",), ("李雷",)]}
            assert contacts.rows == {(ADA,): [(GRACE,)]}

    asyncio.run(run())


def test_references_are_resolved_in_one_statement_each_way(database_url: str) -> None:
    """From the records of a source to their customers, and from customers to their records."""

    async def run() -> None:
        async with native(database_url) as it:
            await _fill_customers(it)

            customers = await it.connector.fetch(
                Batch(
                    entity="customer_record",
                    fields=("customer_id",),
                    match=("source", "record_id"),
                    keys=(("shop", "2"), ("desk", "1"), ("shop", "9")),
                )
            )
            records = await it.connector.fetch(
                Batch(
                    entity="customer_record",
                    fields=("record_id",),
                    match=("customer_id", "source"),
                    keys=((ADA, "shop"), (ADA, "crm")),
                )
            )

            assert customers.rows == {
                ("shop", "2"): [(ADA,)],
                ("desk", "1"): [(GRACE,)],
                ("shop", "9"): [],
            }
            assert records.rows == {(ADA, "shop"): [], (ADA, "crm"): [("1",)]}
            assert len(it.store.asked) == 2

    asyncio.run(run())


def test_a_page_of_each_of_a_thousand_keys_is_one_statement(database_url: str) -> None:
    """The newest two purchases of each customer, whoever many customers there are."""

    async def run() -> None:
        async with native(database_url) as it:
            await fill(
                it.store,
                "purchase",
                *(
                    {
                        "source": "shop",
                        "record_id": f"{customer}-{day}",
                        "customer_id": UUID(int=customer),
                        "placed_at": NOON + timedelta(days=day),
                        "total": Decimal("19.90"),
                    }
                    for customer in (7, 700)
                    for day in range(3)
                ),
            )

            answer = await it.connector.fetch(
                Batch(
                    entity="purchase",
                    fields=("record_id", "placed_at", "total"),
                    match=("customer_id",),
                    keys=tuple((UUID(int=each),) for each in range(1000)),
                    order=(Order("placed_at", True), Order("source"), Order("record_id")),
                    limit=2,
                )
            )

            assert {key: rows for key, rows in answer.rows.items() if rows} == {
                (UUID(int=customer),): [
                    (f"{customer}-2", datetime(2026, 5, 6, 12, tzinfo=UTC), Decimal("19.90")),
                    (f"{customer}-1", datetime(2026, 5, 5, 12, tzinfo=UTC), Decimal("19.90")),
                ]
                for customer in (7, 700)
            }
            assert len(it.store.asked) == answer.calls == 1

    asyncio.run(run())


def test_questions_that_differ_in_values_share_one_text(database_url: str) -> None:
    """Keys, values, bounds and the limit are arguments, so PostgreSQL prepares once."""

    async def run() -> None:
        async with native(database_url) as it:
            for number in (1, 2):
                await it.connector.fetch(
                    Batch(
                        entity="ticket",
                        fields=("subject",),
                        match=("customer_id",),
                        keys=tuple((UUID(int=each),) for each in range(number)),
                        where=Compare("number", Op.IN, ("a",) * number),
                        limit=number,
                    )
                )

            assert len({text for text, _ in it.store.asked}) == 1

    asyncio.run(run())


def test_times_inside_provenance_are_times(database_url: str) -> None:
    """JSON keeps times as texts; rows carry them as times, also those of losing alternatives."""

    async def run() -> None:
        async with native(database_url) as it:
            origin = {"source": "crm", "record_id": "1", "observed_at": NOON}
            lost = {"value": "ada", "source": "shop", "record_id": "2", "observed_at": NOON}
            provenance = [{"field": "name", **origin, "alternatives": [lost]}]
            await fill(it.store, "customer", {"id": ADA, "provenance": provenance})

            answer = await it.connector.fetch(Batch(entity="customer", fields=("provenance", "id")))

            assert answer.rows == {(): [(provenance, ADA)]}

    asyncio.run(run())
