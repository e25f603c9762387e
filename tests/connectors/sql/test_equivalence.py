"""What the database filters, orders and pages is what the domain would, over the same rows."""

import asyncio
import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import And, Batch, Bound, Compare, Filter, Op, Or, Order
from connectors.sql.connector import SqlConnector
from domain.filter import predicate
from domain.order import beyond, sort_key
from tests.connectors.sql.database import ENGINES, database
from tests.connectors.sql.source import opened

FIELDS = ("record_id", "number", "status", "placed_at", "total", "currency", "customer_ref")
POSITIONS = {name: place for place, name in enumerate(FIELDS)}
MAPPING = """
time_zone: Asia/Shanghai
entities:
  purchase:
    table: orders
    key: id
    references: {customer: buyer}
    fields:
      number: "no"
      status: {from: state, map: {p: PAID, s: SHIPPED, S: COMPLETED}, default: PENDING}
      placed_at: placed
      total: amount
      currency: currency
"""
TEXTS = ["", "a", "A", "ab", "Ab", "a%", "a_", "%", "_", "\\", "'", "a b", "z", "ä", "é", "é",
         "王", "王小明", "𠮷", "ÿ", "～"]  # fmt: skip
STATES = ["p", "s", "S", "P", "", None]
Shop: TypeAlias = tuple[SqlConnector, asyncio.Runner, Sequence[Any]]
START = datetime(2024, 1, 1, tzinfo=UTC)


def _row(number: int) -> tuple[Any, ...]:
    """A row with few different values, so that there are many ties."""
    text = None if number % 7 == 0 else TEXTS[number % len(TEXTS)]
    wall = START + timedelta(hours=8 + number % 5, microseconds=number % 3)
    buyer = None if number % 11 == 0 else number % 4
    return (
        number,
        text,
        STATES[number % len(STATES)],
        wall.strftime("%Y-%m-%d %H:%M:%S.%f"),
        f"{number % 6}.{number % 2}5",
        TEXTS[-1 - number % 5],
        buyer,
    )


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _script(engine: str) -> list[str]:
    moment = {"sqlite": "DATETIME", "postgresql": "timestamp", "mariadb": "DATETIME(6)"}[engine]
    rows = [f"({', '.join(map(_literal, _row(number)))})" for number in range(1, 121)]
    values = ", ".join(rows).replace("\\", "\\\\") if engine == "mariadb" else ", ".join(rows)
    table = (
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, no VARCHAR(40), state VARCHAR(4),"
        f" placed {moment} NOT NULL, amount NUMERIC(10,2), currency VARCHAR(40), buyer INTEGER)"
    )
    return [table, f"INSERT INTO orders VALUES {values}"]  # noqa: S608  # the test's own values


@pytest.fixture(scope="module", params=ENGINES)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The shop, a loop in which it lives for all examples, and all its rows."""
    folder = tmp_path_factory.mktemp("orders")
    with database(request.param, folder, _script(request.param)) as url, asyncio.Runner() as loop:
        connector = opened(MAPPING, url=url, base_dir=folder)
        everything = loop.run(connector.fetch(Batch(entity="purchase", fields=FIELDS)))
        yield connector, loop, everything.rows[()]
        loop.run(connector.close())


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "number": st.sampled_from(TEXTS) | st.text(string.printable, max_size=2),
    "total": st.sampled_from([Decimal(each) for each in ("0.05", "1.15", "3.15", "2", "1.155")]),
    "placed_at": st.builds(
        lambda hours, micros: START + timedelta(hours=hours, microseconds=micros),
        st.integers(-1, 5),
        st.integers(0, 3),
    ),
    "status": st.sampled_from(["PAID", "SHIPPED", "COMPLETED", "PENDING", "REFUNDED"]),
    "customer_ref": st.sampled_from(["0", "1", "2", "x", "01"]),
    "record_id": st.sampled_from(["1", "20", "120", "121", "x", ""]),
}


@st.composite
def comparisons(draw: st.DrawFn, connector: SqlConnector) -> Compare:
    """A comparison that the connector says it can do."""
    can = connector.capabilities["purchase"].filters
    field = draw(st.sampled_from(sorted(VALUES.keys() & can.keys())))
    op = draw(st.sampled_from(sorted(can[field])))
    if op is Op.IS_NULL:
        return Compare(field, op, draw(st.booleans()))
    if op in {Op.IN, Op.NOT_IN}:
        return Compare(field, op, tuple(draw(st.lists(VALUES[field], max_size=3))))
    return Compare(field, op, draw(VALUES[field]))


@st.composite
def batches(draw: st.DrawFn, connector: SqlConnector) -> Batch:
    """A batch that the connector says it can answer."""
    leaves = comparisons(connector)
    where: Filter | None = draw(
        st.none()
        | st.recursive(
            leaves,
            lambda inner: (
                st.lists(inner, max_size=3).map(tuple).map(And)
                | st.lists(inner, max_size=3).map(tuple).map(Or)
            ),
            max_leaves=4,
        )
    )
    names = draw(st.lists(st.sampled_from(["number", "total", "placed_at"]), unique=True))
    order = [Order(name, *draw(st.tuples(st.booleans(), st.booleans()))) for name in names]
    last = Order("record_id", draw(st.booleans()))
    keys = draw(st.none() | st.lists(VALUES["customer_ref"], min_size=1, unique=True))
    return Batch(
        entity="purchase",
        fields=FIELDS,
        match=("customer_ref",) if keys else (),
        keys=tuple((key,) for key in keys or ()),
        where=where,
        order=(*order, last),
        limit=draw(st.none() | st.integers(1, 9)),
        after=draw(st.none() | _bounds(order)),
    )


def _bounds(order: Sequence[Order]) -> st.SearchStrategy[Bound]:
    values = [st.none() | VALUES[each.field] for each in order]
    ends = st.sampled_from(["1", "20", "77"])
    return st.builds(Bound, st.tuples(*values, ends), st.booleans())


def _expected(rows: Sequence[tuple[Any, ...]], batch: Batch) -> dict[tuple[Any, ...], Any]:
    """The answer by the definitions in the domain; keys are numbers, so they sort as such."""
    by_number = [(*row[1:], int(row[0]), row) for row in rows]
    positions = {name: place - 1 for name, place in POSITIONS.items()} | {"record_id": 6}
    kept = [each for each in by_number if _holds(each, batch, positions)]
    kept.sort(key=sort_key(batch.order, positions))
    grouped: dict[tuple[Any, ...], Any] = {} if batch.match else {(): []}
    for each in kept:
        key = (each[-1][POSITIONS["customer_ref"]],) if batch.match else ()
        if not batch.match or key in batch.keys:
            grouped.setdefault(key, []).append(each[-1])
    return {key: found[: batch.limit] for key, found in grouped.items()}


def _holds(row: tuple[Any, ...], batch: Batch, positions: dict[str, int]) -> bool:
    if batch.where is not None and not predicate(batch.where, POSITIONS)(row[-1]):
        return False
    if batch.after is None:
        return True
    values = (*batch.after.values[:-1], int(str(batch.after.values[-1])))
    bound = Bound(values, is_inclusive=batch.after.is_inclusive)
    return predicate(beyond(batch.order, bound), positions)(row)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_batch_is_answered_as_the_domain_defines(shop: Shop, data: st.DataObject) -> None:
    """Filters, orders, bounds and limits: the rows of the database are those of the domain."""
    connector, loop, everything = shop
    batch = data.draw(batches(connector))

    answer = loop.run(connector.fetch(batch))

    assert len(everything) == 120
    assert {key: rows for key, rows in answer.rows.items() if rows or not key} == _expected(
        everything, batch
    )
