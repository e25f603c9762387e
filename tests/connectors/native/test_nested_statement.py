"""The statement of a nest: its text says which question is asked, and nothing of its values."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from connectors.contract import And, Batch, Bound, Compare, Nest, Op, Or, Order, Slice, Slices
from connectors.native.connector import NativeConnector
from connectors.nest import (
    PageCursor,
    PageEdge,
    PageObject,
    PageRows,
    RelatedPage,
    Relation,
    RowCursor,
)
from tests.connectors.native.filled import NOON, CountingStore
from tests.connectors.native.nested import ADA, GRACE, named, text

_NEWEST = (Order("placed_at", is_descending=True), Order("source"), Order("record_id"))
_OLDEST = tuple(each.reversed() for each in _NEWEST)


def _nest(alias: str = "p") -> Nest:
    relation = Relation(0, "purchase", ("customer_id",), ("id",))
    page = PageObject(
        (
            ("edges", PageRows(named(cursor=RowCursor(1), number=text("number")))),
            ("next", PageEdge(is_end=True)),
            ("end", PageCursor(2, is_end=True)),
        )
    )
    return Nest((named(**{alias: RelatedPage(relation, page)}),), (relation,))


def _batch(nest: Nest, slice_: Slice) -> Batch:
    return Batch(entity="customer", fields=(), match=("id",), nest=nest, slices=Slices((slice_,)))


def _slice(number: int) -> Slice:
    """A slice that differs from the others in all its values."""
    after = Bound((NOON + timedelta(days=number), "shop", f"'{number}"))
    where = And(
        (
            Compare("total", Op.GT, Decimal(number)),
            Compare("status", Op.IN, ("PAID",) * number),
            Or((Compare("number", Op.CONTAINS, f"'; -- $1 {number}"),)),
        )
    )
    return Slice(where=where, order=_NEWEST, limit=number, after=after)


async def _asked(url: str, *questions: tuple[Batch, tuple[UUID, ...]]) -> tuple[list[str], int]:
    """The texts of the statements for questions, and how many were prepared for them."""
    store = await CountingStore.open(url, max_connections=1)
    try:
        connector = NativeConnector(store)
        for batch, keys in questions:
            await connector.prepare(batch).fetch([(key,) for key in keys], timeout_s=10)
        texts = [each[0] for each in store.asked]
        (found,) = await store.fetch(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%customer AS r%'"
            " AND statement NOT LIKE '%pg_prepared_statements%'"
        )
        return texts, found[0]
    finally:
        await store.close()


def test_other_values_are_the_same_statement(database_url: str) -> None:
    """Limits, filters, cursors and keys are arguments, also those of relations."""
    nest = _nest()
    keys = [(ADA,), (ADA, GRACE), (GRACE,)]
    questions = [(_batch(nest, _slice(n)), each) for n, each in enumerate(keys, 1)]

    texts, prepared = asyncio.run(_asked(database_url, *questions))

    assert (len(texts), len(set(texts)), prepared) == (3, 1, 1)


def test_equal_nests_are_the_same_statement(database_url: str) -> None:
    """Though they are compared by identity: another document may ask for the same."""
    questions = [(_batch(_nest(), _slice(1)), (ADA,)) for _ in range(2)]

    texts, prepared = asyncio.run(_asked(database_url, *questions))

    assert (len(texts), len(set(texts)), prepared) == (2, 1, 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(_slice(1), where=None),
        replace(_slice(1), where=Compare("total", Op.GT, Decimal(1))),
        replace(_slice(1), where=Compare("total", Op.GTE, Decimal(1))),
        replace(_slice(1), after=None),
        replace(_slice(1), until=Bound((NOON,))),
        replace(_slice(1), limit=None),
        replace(_slice(1), order=_OLDEST),
        replace(_slice(1), is_backward=True),
    ],
)
def test_another_structure_is_another_statement(database_url: str, other: Slice) -> None:
    """What decides how rows are read, or what the page can tell, stands in the text."""
    nest = _nest()
    questions = [(_batch(nest, each), (ADA,)) for each in (_slice(1), other)]

    texts, prepared = asyncio.run(_asked(database_url, *questions))

    assert (len(set(texts)), prepared) == (2, 2)


def test_a_condition_on_the_rows_themselves_is_an_argument_too(database_url: str) -> None:
    """Such as what a viewer may see."""
    batch = _batch(_nest(), _slice(1))
    names = ("Ada", "'; DROP TABLE customer; --", "")
    questions = [(replace(batch, where=Compare("name", Op.EQ, name)), (ADA,)) for name in names]

    texts, prepared = asyncio.run(_asked(database_url, *questions))

    assert (len(texts), len(set(texts)), prepared) == (3, 1, 1)
    assert "DROP" not in texts[0]
