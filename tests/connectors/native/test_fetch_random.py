"""Whatever is asked, the store answers as the definition of filters and orders says."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Batch, Key
from connectors.native.capability import capabilities
from domain.catalogue import ENTITIES
from domain.entity import Field, FieldType
from domain.filter import And, Compare, Filter, Not, Op, Or, Row, fields_of, positive, predicate
from domain.order import Bound, Order, before, beyond, sort_key
from tests.connectors.native.filled import NOON, Native, completed, fill, running
from tests.postgres import Server

Record: TypeAlias = Mapping[str, Any]
Running: TypeAlias = tuple[asyncio.Runner, Native]

_TEXTS = ["", "a", "A", "ab", "a%", "_", "\\", "é", "e\u0301", "李", "李雷", "\uffff", "🙂", "Ω"]
_STRANGE = ["a\0", "\0", "\ud800", "a\udfff\0", "李\0b"]
_POOLS: Mapping[FieldType, Sequence[Any]] = {
    FieldType.TEXT: _TEXTS,
    FieldType.INTEGER: [-1, 0, 1, 5, 2**62],
    FieldType.DECIMAL: [Decimal(each) for each in ("-0.5", "0", "1.10", "99999999999999.99")],
    FieldType.BOOLEAN: [True, False],
    FieldType.DATETIME: [NOON + timedelta(microseconds=each) for each in (-1, 0, 1, 10**9)],
    FieldType.UUID: [UUID(int=each) for each in (1, 2, 3, 2**127)],
    FieldType.LIST: [["李雷"], ["a", "b"], []],
}
_UNSTORABLE: Mapping[FieldType, Sequence[Any]] = {
    FieldType.TEXT: _STRANGE,
    FieldType.ENUM: _STRANGE,
    FieldType.INTEGER: [2**63, -(2**63) - 1, 10**30],
    FieldType.DECIMAL: [Decimal("1E+200000"), Decimal("-1E+200000")],
}
_NAMES = ("ticket", "purchase", "customer_record", "document")
_SOURCES = ("crm", "shop", "客服")
_CAPABILITIES = capabilities()


def _pool(field: Field) -> Sequence[Any]:
    return [str(each) for each in field.choices] if field.choices else _POOLS[field.value_type]


def _records(entity: str, seed: int) -> list[Record]:
    chance = random.Random(seed)
    return [
        completed(entity, _random_record(entity, chance, place // len(_SOURCES), source))
        for place, source in enumerate(_SOURCES * 12)
    ]


def _random_record(entity: str, chance: random.Random, number: int, source: str) -> Record:
    record: dict[str, Any] = {}
    for field in ENTITIES[entity].fields.values():
        is_plain = field.is_sortable or field.item is str
        if is_plain and (field.required or chance.random() > 0.3):
            record[field.name] = chance.choice(_pool(field))
    return {**record, "source": source, "record_id": f"{number}"}


_RECORDS = {name: _records(name, seed) for seed, name in enumerate(_NAMES)}


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[Running]:
    """A connector over a database that holds the random records."""
    with postgres.database() as url, running(url) as (runner, native):
        for name, records in _RECORDS.items():
            runner.run(fill(native.store, name, *records))
        yield runner, native


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any batch that the store says it can answer."""
    entity = draw(st.sampled_from(_NAMES))
    names = sorted(ENTITIES[entity].fields)
    match = draw(st.sampled_from([(), *sorted(_CAPABILITIES[entity].matches)]))
    order = draw(orders(entity))
    where = draw(st.none() | filters(entity))
    return Batch(
        entity=entity,
        fields=tuple(draw(st.lists(st.sampled_from(names), max_size=4))),
        match=match,
        keys=tuple(draw(st.lists(keys(entity, match), max_size=5))) if match else (),
        where=None if where is None else positive(where),
        order=order,
        limit=draw(st.none() | st.integers(0, 6)),
        after=draw(st.none() | bounds(entity, order)),
        until=draw(st.none() | bounds(entity, order)),
    )


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values to compare a field with, some of which nothing can store."""
    return st.sampled_from([*_pool(field), *_UNSTORABLE.get(field.value_type, ())])


def keys(entity: str, match: tuple[str, ...]) -> st.SearchStrategy[Key]:
    """Keys of rows that are there, and others."""
    there = [tuple(each[name] for name in match) for each in _RECORDS[entity]]
    fields = [ENTITIES[entity].fields[name] for name in match]
    other: st.SearchStrategy[Key] = st.tuples(*(values(each) for each in fields))
    return st.sampled_from([each for each in there if None not in each]) | other


def filters(entity: str) -> st.SearchStrategy[Filter]:
    """Filters of any form."""
    return st.recursive(
        compares(entity),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=5,
    )


@st.composite
def compares(draw: st.DrawFn, entity: str) -> Filter:
    """One comparison that the capability names."""
    name = draw(st.sampled_from(sorted(_CAPABILITIES[entity].filters)))
    op = draw(st.sampled_from(sorted(_CAPABILITIES[entity].filters[name])))
    field = ENTITIES[entity].fields[name]
    if op is Op.IS_NULL:
        return Compare(name, op, draw(st.booleans()))
    if field.value_type is FieldType.LIST:
        return Compare(name, op, draw(st.sampled_from([*_TEXTS, *_STRANGE])))
    if op in {Op.IN, Op.NOT_IN}:
        return Compare(name, op, tuple(draw(st.lists(st.none() | values(field), max_size=3))))
    if op in {Op.EQ, Op.NE}:
        return Compare(name, op, draw(st.none() | values(field)))
    return Compare(name, op, draw(values(field)))


@st.composite
def orders(draw: st.DrawFn, entity: str) -> tuple[Order, ...]:
    """A total order."""
    names = draw(st.lists(st.sampled_from(sorted(_CAPABILITIES[entity].orders)), max_size=2))
    total = dict.fromkeys([*names, *ENTITIES[entity].key])
    return tuple(Order(name, draw(st.booleans()), draw(st.booleans())) for name in total)


@st.composite
def bounds(draw: st.DrawFn, entity: str, order: tuple[Order, ...]) -> Bound:
    """A place beside a row that is there, or anywhere."""
    place = draw(st.sampled_from(_RECORDS[entity]))
    found = [
        draw(st.just(place[each.field]) | st.none() | values(ENTITIES[entity].fields[each.field]))
        for each in order
    ]
    return Bound(tuple(found[: draw(st.integers(0, len(order)))]), draw(st.booleans()))


def expected(batch: Batch) -> Mapping[Key, list[Row]]:
    """The answer by definition."""
    return {key: _rows(batch, key) for key in (dict.fromkeys(batch.keys) if batch.match else [()])}


def _rows(batch: Batch, key: Key) -> list[Row]:
    names = tuple(ENTITIES[batch.entity].fields)
    positions = {name: place for place, name in enumerate(names)}
    parts: list[Filter] = [] if batch.where is None else [batch.where]
    parts += [Compare(name, Op.EQ, value) for name, value in zip(batch.match, key, strict=True)]
    parts += [beyond(batch.order, batch.after)] if batch.after else []
    parts += [before(batch.order, batch.until)] if batch.until else []
    if batch.entity == "customer_record" and not _is_told_of_deleted(batch):
        parts.append(Compare("is_deleted", Op.EQ, False))
    passes = predicate(And(tuple(parts)), positions)
    rows = [tuple(each[name] for name in names) for each in _RECORDS[batch.entity]]
    kept = sorted(filter(passes, rows), key=_sorting(batch, positions))[: batch.limit]
    return [tuple(row[positions[name]] for name in batch.fields) for row in kept]


def _is_told_of_deleted(batch: Batch) -> bool:
    by_key = batch.match == ENTITIES[batch.entity].key
    return by_key or "is_deleted" in fields_of(batch.where)


def _sorting(batch: Batch, positions: Mapping[str, int]) -> Any:
    return sort_key(batch.order, positions)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=batches())
def test_the_store_answers_as_defined(filled: Running, batch: Batch) -> None:
    """Rows, their order and where they are cut are those of the in-memory definition."""
    runner, native = filled

    answer = runner.run(native.connector.fetch(batch))

    assert {key: rows for key, rows in answer.rows.items() if rows} == {
        key: rows for key, rows in expected(batch).items() if rows
    }
