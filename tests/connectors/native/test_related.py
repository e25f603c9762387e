"""Filters over related records: answered in the same statement, row by row."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import Batch, Filter, Key, Nest, Slice, Slices
from connectors.nest import Constant, Object, PageObject, PageRows, RelatedPage, Relation
from domain.filter import And, Compare, Op, Or, Related
from domain.order import Order
from tests.connectors.native.filled import Native, fill, native

ADA, GRACE, ACME, GONE = (UUID(int=each) for each in (1, 2, 3, 4))
OF_MINE = Related("customer", Compare("owner", Op.EQ, "mine"))


async def _fill(it: Native) -> None:
    await fill(
        it.store,
        "customer",
        {"id": ADA, "name": "Ada", "owner": "mine", "organization_id": ACME},
        {"id": GRACE, "name": "李雷", "owner": "yours"},
        {"id": ACME, "name": "华为", "owner": "yours"},
        {"id": GONE, "name": "A. L.", "owner": "mine", "superseded_by": GRACE},
    )
    await fill(
        it.store,
        "ticket",
        *(
            {"source": "desk", "record_id": number, "customer_id": owner}
            for number, owner in (("1", ADA), ("2", GRACE), ("3", None), ("4", GONE), ("5", ADA))
        ),
    )
    await fill(
        it.store,
        "purchase",
        {"source": "shop", "record_id": "p1", "customer_id": ADA},
        {"source": "shop", "record_id": "p2", "customer_id": GRACE},
    )
    await fill(
        it.store,
        "purchase_line",
        {"source": "shop", "record_id": "l1", "purchase_source": "shop", "purchase_ref": "p1"},
        {"source": "shop", "record_id": "l2", "purchase_source": "shop", "purchase_ref": "p2"},
        {"source": "shop", "record_id": "l3", "purchase_source": "shop", "purchase_ref": "none"},
    )


def _asked(url: str, entity: str, where: Filter, **more: Any) -> list[Any]:
    batch = Batch(
        entity=entity, fields=("record_id",), where=where, order=(Order("record_id"),), **more
    )

    async def run() -> list[Any]:
        async with native(url) as it:
            await _fill(it)
            before = len(it.store.asked)
            answer = await it.connector.fetch(batch)
            assert len(it.store.asked) == before + 1
            return [row[0] for rows in answer.rows.values() for row in rows]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (OF_MINE, ["1", "5"]),
        (Related("customer", Compare("owner", Op.EQ, "nobody")), []),
        (Related("customer", Or(())), []),
        (Related("customer", And(())), ["1", "2", "5"]),
        (And((OF_MINE, Compare("record_id", Op.GT, "1"))), ["5"]),
        (Or((OF_MINE, Compare("record_id", Op.EQ, "3"))), ["1", "3", "5"]),
        (
            Related("customer", Related("organization", Compare("name", Op.EQ, "华为"))),
            ["1", "5"],
        ),
        (
            And((OF_MINE, Related("customer", Compare("name", Op.STARTS_WITH, "A")))),
            ["1", "5"],
        ),
    ],
)
def test_rows_are_told_by_the_records_they_refer_to(
    database_url: str, where: Filter, found: list[str]
) -> None:
    """No record, one that was merged away, and one that does not pass, all say no."""
    assert _asked(database_url, "ticket", where) == found


def test_a_filter_reaches_over_several_relations(database_url: str) -> None:
    """Lines belong to whom their purchase belongs to."""
    where = Related("purchase", OF_MINE)

    assert _asked(database_url, "purchase_line", where) == ["l1"]


def test_a_lookup_by_key_is_filtered_too(database_url: str) -> None:
    """A record that must not be seen is not found by its id either."""
    keys: tuple[Key, ...] = (("desk", "1"), ("desk", "2"), ("desk", "9"))

    found = _asked(database_url, "ticket", OF_MINE, match=("source", "record_id"), keys=keys)

    assert found == ["1"]


def test_a_nest_brings_only_rows_that_pass(database_url: str) -> None:
    """Filters of relations are part of the one statement, each under its own names."""
    tickets = Relation(0, "ticket", ("customer_id",), ("id",))
    page = PageObject((("n", PageRows(Object((("x", Constant("1")),)))),))
    nest = Nest((Object((("tickets", RelatedPage(tickets, page)),)),), (tickets,))
    order = (Order("record_id"), Order("source"))
    slices = Slices((Slice(where=OF_MINE, order=order, limit=10),))
    batch = Batch(
        entity="customer",
        fields=("id",),
        match=("id",),
        keys=((ADA,), (GRACE,)),
        nest=nest,
        slices=slices,
    )

    async def run() -> dict[UUID, object]:
        async with native(database_url) as it:
            await _fill(it)
            answer = await it.connector.fetch(batch)
            return {key[0]: rows[0][-1] for key, rows in answer.rows.items()}

    assert asyncio.run(run()) == {
        ADA: b'{"tickets":{"n":[{"x":1},{"x":1}]}}',
        GRACE: b'{"tickets":{"n":[]}}',
    }
