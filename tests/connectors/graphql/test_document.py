"""What is sent: only the fields that are needed, and values as variables only."""

import asyncio
from typing import Any

import pytest

from connectors.contract import Batch, Compare, Op, Order
from tests.connectors.graphql.fake import Shop
from tests.connectors.graphql.opening import (
    BY_CUSTOMER,
    LIST,
    asking,
    by_id,
    everything,
    of_customers,
    opened,
    purchase,
    purchases,
    shop,
)

NASTY = 'k1") { purchases { nodes { number } } } #'


def _sent(entities: dict[str, Any], fake: Shop, *batches: Batch) -> list[dict[str, Any]]:
    async def run() -> None:
        async with opened(entities, asking(fake)) as connector:
            for batch in batches:
                await connector.fetch(batch)

    asyncio.run(run())
    return fake.log


def test_only_the_fields_of_the_question_are_selected() -> None:
    """The key, and what the asked field is made from."""
    (sent,) = _sent(purchases(list={"query": LIST}), shop(purchase(1)), everything("number"))

    assert sent["query"] == (
        "query($size: Int!) { purchases(first: $size) { nodes { record_id number }"
        " pageInfo { hasNextPage endCursor } } }"
    )
    assert sent["variables"] == {"size": 100}


def test_a_key_is_never_part_of_the_text() -> None:
    """A key that is itself GraphQL goes as a variable, and finds nothing."""
    lookups = {
        "customer": {"query": BY_CUSTOMER},
        "record_id": {"query": "nodes(ids: $keys)", "type": "Purchase"},
    }
    sent = _sent(
        purchases(by=lookups), shop(purchase(1)), of_customers(NASTY), by_id(NASTY, "没有")
    )

    assert all(NASTY not in each["query"] for each in sent)
    assert [each["variables"] for each in sent] == [
        {"key_0": NASTY, "size": 100},
        {"keys": [NASTY, "没有"]},
    ]


def test_many_keys_by_aliases_are_one_request_and_their_next_pages_another() -> None:
    """Each key goes on from its own cursor; those that are done are not asked again."""
    fake = shop(purchase(1), purchase(2), purchase(3), purchase(4, "k2"))
    lookup = {"query": BY_CUSTOMER, "size": 2}

    async def run() -> None:
        async with opened(purchases(by={"customer": lookup}), asking(fake)) as connector:
            answer = await connector.fetch(of_customers("k1", "k2", "k3", "nobody"))
            assert answer.calls == 2
            assert answer.rows == {
                ("k1",): [("p1",), ("p2",), ("p3",)],
                ("k2",): [("p4",)],
            }

    asyncio.run(run())
    first, second = fake.log
    assert first["query"].count("purchases(") == 4
    assert second["query"].count("purchases(") == 1
    assert second["variables"].keys() == {"key_0", "cursor_0", "size"}


def test_a_filter_and_an_order_that_the_source_has_are_variables() -> None:
    """What has no value is left out of the text, with the object that it alone stands in."""
    listing = {
        "query": "purchases(first: $size, after: $cursor, status: $status, from: $from,"
        " sort: $sort, reverse: $reverse) { edges { node } }",
        "types": {"status": "String", "from": "String", "sort": "Sort", "reverse": "Boolean"},
        "filters": {"status": {"eq": "status"}, "placed_at": {"gte": "from"}},
        "orders": {"placed_at": {"desc": {"sort": "PLACED", "reverse": True}}},
    }
    newest = (Order("placed_at", is_descending=True), Order("record_id"))
    fake = shop(*[purchase(n) for n in range(1, 20)])
    plain, sorted_ = _sent(
        purchases(list=listing),
        fake,
        everything(where=Compare("status", Op.EQ, "SHIPPED")),
        everything(order=newest, limit=2),
    )

    assert plain["variables"] == {"status": "shipped", "size": 100}
    assert "reverse" not in plain["query"]
    assert sorted_["variables"] == {"sort": "PLACED", "reverse": True, "size": 5}


def test_an_object_whose_variable_has_no_value_is_left_out() -> None:
    """`where: {customer_ref: {_in: $customers}}` asks for all where no customers are given."""
    listing = {
        "query": "purchases_list(where: {record_id: {_in: $ids}}, limit: $size, offset: $offset)",
        "types": {"ids": "[String!]"},
        "filters": {"number": {"in": "ids"}},
        "ends": "short",
    }
    (sent,) = _sent(purchases(list=listing), shop(purchase(1)), everything())

    assert sent["query"] == (
        "query($offset: Int!, $size: Int!) {"
        " purchases_list(limit: $size, offset: $offset) { record_id } }"
    )


def test_parts_of_records_are_read_with_what_is_needed_of_the_whole() -> None:
    """The lines that stand in customers, say, with the customer's name asked for once."""
    entity = purchases(
        list={"query": "customers(first: $size, after: $cursor) { nodes }"},
        each="purchases(first: 2) { nodes }",
        key=["_parent.record_id", "_position"],
        references={"customer": "_parent.record_id"},
    )
    fake = shop(purchase(1), purchase(2), purchase(3, "k2"), customers=2)

    async def run() -> None:
        async with opened(entity, asking(fake)) as connector:
            answer = await connector.fetch(everything("record_id", "number", "customer_ref"))
            assert answer.rows == {
                (): [
                    ("k1:1", "订单 1", "k1"),
                    ("k1:2", "订单 2", "k1"),
                    ("k2:1", "订单 3", "k2"),
                ]
            }

    asyncio.run(run())
    assert fake.log[0]["query"] == (
        "query($size: Int!) { customers(first: $size) { nodes { record_id"
        " purchases(first: 2) { nodes { number } pageInfo { hasNextPage } } }"
        " pageInfo { hasNextPage endCursor } } }"
    )


def test_parts_beyond_the_first_page_are_not_lost_silently() -> None:
    """A whole with more parts than are asked for is told as a record that cannot be read."""
    entity = purchases(
        list={"query": "customers(first: $size, after: $cursor) { nodes }"},
        each="purchases(first: 1) { nodes }",
    )
    fake = shop(purchase(1), purchase(2), purchase(3, "k2"), customers=2)

    async def run() -> None:
        async with opened(entity, asking(fake)) as connector:
            answer = await connector.fetch(everything())
            assert answer.rows == {(): [("p3",)]}
            (skipped,) = answer.skipped
            assert "more parts than one page" in skipped.reason

    asyncio.run(run())


@pytest.mark.parametrize("key", ["x", "99999999999", "-", ""])
def test_keys_that_no_record_can_have_are_not_asked(key: str) -> None:
    """A number that is none would cost all other keys of the request their answer."""
    lookup = {"query": "nodes(ids: $keys)", "type": "Purchase", "types": {"keys": "[Int!]"}}

    assert _sent(purchases(by={"record_id": lookup}), shop(purchase(1)), by_id(key)) == []
