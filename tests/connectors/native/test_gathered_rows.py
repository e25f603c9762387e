"""Questions for the rows of single keys that come while others are under way."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from connectors.contract import Answer, Batch, Order
from tests.connectors.native.filled import Native, fill, native
from tests.connectors.native.logged import until_somebody_waits

_LAST = 2
_OF_CUSTOMERS = Batch(
    entity="purchase",
    fields=("record_id",),
    match=("customer_id",),
    order=(Order("record_id", is_descending=True),),
    limit=_LAST,
)


def _bought(customer: int) -> list[tuple[str]]:
    """What a customer bought last: customer 3 bought three things, customer 0 nothing."""
    return [(f"{customer}-{n}",) for n in reversed(range(customer))][:_LAST]


async def _asked(it: Native, customers: Sequence[int]) -> list[Answer]:
    prepared = it.connector.prepare(_OF_CUSTOMERS)
    async with it.store.transaction() as connection:
        await connection.execute("LOCK TABLE purchase IN ACCESS EXCLUSIVE MODE")
        questions = [prepared.fetch([(UUID(int=n),)], timeout_s=30) for n in customers]
        tasks = [asyncio.create_task(each) for each in questions]
        await until_somebody_waits(it)
    return list(await asyncio.gather(*tasks))


def test_everybody_gets_the_rows_of_the_own_key_and_no_others(database_url: str) -> None:
    """In order, cut at the limit for each; two who ask for the same get the same."""
    customers = (4, 1, 3, 0, 2, 3)

    async def run() -> list[int]:
        async with native(database_url) as it:
            for customer in range(5):
                for n in range(customer):
                    record = {"source": "shop", "record_id": f"{customer}-{n}"}
                    await fill(it.store, "purchase", {**record, "customer_id": UUID(int=customer)})
            answers = await asyncio.wait_for(_asked(it, customers), 30)
            for customer, answer in zip(customers, answers, strict=True):
                rows = answer.rows.get((UUID(int=customer),), ())
                assert [tuple(row) for row in rows] == _bought(customer)
                assert len(answer.rows) <= 1
            asked = [values for statement, values in it.store.asked if "purchase" in statement]
            return [len(each) for values in asked for each in values if isinstance(each, list)]

    # Two go out alone, the others together.
    assert asyncio.run(run()) == [1, 1, 3]
