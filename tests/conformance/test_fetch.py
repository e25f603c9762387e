"""What every connector answers to one batched question."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import And, Batch, Capability, Compare, Connector, Filter, Key, Or, Order
from domain.catalogue import ENTITIES
from domain.entity import FieldType
from domain.order import Bound
from tests.conformance import expected
from tests.conformance.source import Source

pytestmark = pytest.mark.usefixtures("asked")

UNKNOWN = "nobody"


def _with(source: Source, story: Callable[[Connector], Awaitable[None]]) -> None:
    async def run() -> None:
        async with source.opened() as connector:
            await story(connector)

    asyncio.run(run())


def _entities(source: Source, connector: Connector) -> Iterator[tuple[str, Capability]]:
    found = [each for each in source.records if each in connector.capabilities]
    assert found
    return ((each, connector.capabilities[each]) for each in found)


async def _agree(
    connector: Connector, records: Sequence[Mapping[str, Any]], batch: Batch, note: object = ""
) -> None:
    """The connector answers what the domain does; the order counts where one was asked for."""
    answer = await connector.fetch(batch)
    assert answer.skipped == ()
    assert answer.failures == {}
    assert answer.rows.keys() <= (set(batch.keys) if batch.match else {()})
    found = {key: [tuple(row) for row in rows] for key, rows in answer.rows.items() if rows}
    wanted = dict(expected.rows(records, batch))
    if not batch.order:
        found = {key: sorted(rows, key=repr) for key, rows in found.items()}
        wanted = {key: sorted(rows, key=repr) for key, rows in wanted.items()}
    assert found == wanted, note or batch


def _keys(records: Sequence[Mapping[str, Any]], match: Sequence[str]) -> list[Key]:
    found = [tuple(each[name] for name in match) for each in records]
    return [key for key in dict.fromkeys(found) if None not in key]


def test_every_declared_match_finds_the_rows_of_each_key(source: Source) -> None:
    """Many keys at once, one of them twice and one unknown, each with its own rows."""

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            for match in capability.matches:
                if not set(match) <= ENTITIES[entity].fields.keys():
                    continue
                keys = _keys(source.records[entity], match)
                texts = [n for n in match if ENTITIES[entity].fields[n].value_type.value is str]
                if keys and texts:
                    alien = tuple(
                        UNKNOWN if name in texts else part
                        for name, part in zip(match, keys[0], strict=True)
                    )
                    keys = [*keys, alien, keys[0]]
                batch = Batch(
                    entity=entity,
                    fields=expected.told(capability),
                    match=match,
                    keys=tuple(keys),
                )
                await _agree(connector, source.records[entity], batch)

    _with(source, story)


def test_no_keys_and_odd_keys_find_nothing(source: Source) -> None:
    """Empty, blank, long, quoted and Chinese keys are keys like any other: of nothing."""
    odd = ["", " ", "'", '"; DROP TABLE the_ticket', "k1,k2", "%", "没有", "x" * 2000, "../k1"]

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            for match in capability.matches:
                fields = [ENTITIES[entity].fields.get(name) for name in match]
                if any(each is None or each.value_type.value is not str for each in fields):
                    continue
                for keys in ([], odd):
                    batch = Batch(
                        entity=entity,
                        fields=("record_id",),
                        match=match,
                        keys=tuple((each,) * len(match) for each in keys),
                    )
                    answer = await connector.fetch(batch)
                    assert not any(answer.rows.values()), (match, answer)

    _with(source, story)


def test_as_many_keys_as_are_declared_fit_into_one_question(source: Source) -> None:
    """The limit that a connector declares is one that it keeps."""

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            if ("record_id",) not in capability.matches:
                continue
            known = [(each["record_id"],) for each in source.records[entity]]
            strange = [(f"no-{n}",) for n in range(min(capability.batch_limit, 1000) - len(known))]
            batch = Batch(
                entity=entity,
                fields=("record_id",),
                match=("record_id",),
                keys=(*strange, *known),
            )
            await _agree(connector, source.records[entity], batch)

    _with(source, story)


def test_fields_come_in_the_order_that_was_asked_for(source: Source) -> None:
    """Reversed, alone, and together with the moment of observation."""

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            fields = expected.told(capability)
            for some in (fields[::-1], fields[:1], ("record_id",), fields[1::2]):
                batch = Batch(entity=entity, fields=some)
                await _agree(connector, source.records[entity], batch)
            seen = Batch(entity=entity, fields=("observed_at", "record_id"))
            (rows,) = (await connector.fetch(seen)).rows.values()
            assert len(rows) == len(source.records[entity])
            for moment, _ in rows:
                assert isinstance(moment, datetime)
                assert moment.tzinfo is UTC or moment.utcoffset() == UTC.utcoffset(None)

    _with(source, story)


def test_every_value_has_its_canonical_type(source: Source) -> None:
    """Exactly the type of the domain: no subclass that prints differently, no naive time."""
    exact = {FieldType.TEXT: str, FieldType.INTEGER: int, FieldType.LIST: list}

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            names = expected.told(capability)
            (rows,) = (await connector.fetch(Batch(entity=entity, fields=names))).rows.values()
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    field = ENTITIES[entity].fields[name]
                    if value is None:
                        assert not field.required, name
                    elif field.choices is not None:
                        assert value in set(field.choices), name
                    elif field.value_type in exact:
                        assert type(value) is exact[field.value_type], name
                    else:
                        assert isinstance(value, field.value_type.value), name
                    if isinstance(value, datetime):
                        assert value.utcoffset() == UTC.utcoffset(None), name

    _with(source, story)


def test_every_declared_comparison_is_that_of_the_domain(source: Source) -> None:
    """Each field with each comparison, against values that are there, near and absent."""

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            records = source.records[entity]
            for name, ops in capability.filters.items():
                field = ENTITIES[entity].fields[name]
                if name == "observed_at":
                    continue
                for where in expected.comparisons(records, field, tuple(ops)):
                    batch = Batch(entity=entity, fields=("record_id",), where=where)
                    await _agree(connector, records, batch, where)

    _with(source, story)


def test_every_declared_order_is_that_of_the_domain(source: Source) -> None:
    """Each field upwards and downwards, missing values at either end, ties by the key."""

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            if not capability.can_page:
                continue
            for name in sorted(capability.orders - {"observed_at"}):
                for order in _directions(name):
                    batch = Batch(
                        entity=entity,
                        fields=tuple({"record_id": 0, name: 0}),
                        order=expected.total_order(entity, capability, order),
                    )
                    await _agree(connector, source.records[entity], batch)

    _with(source, story)


def _directions(name: str) -> list[Order]:
    both = (False, True)
    return [Order(name, is_descending=down, nulls_first=nulls) for down in both for nulls in both]


def test_questions_of_every_declared_kind_are_answered_as_the_domain_does(source: Source) -> None:
    """Random filters, orders, limits and bounds together, of the whole and per key."""
    chance = random.Random(20260501)

    async def story(connector: Connector) -> None:
        for entity, capability in _entities(source, connector):
            for _ in range(24):
                batch = _question(chance, source.records[entity], capability)
                await _agree(connector, source.records[entity], batch)

    _with(source, story)


def _question(
    chance: random.Random, records: Sequence[Mapping[str, Any]], capability: Capability
) -> Batch:
    entity = capability.entity
    fields = ENTITIES[entity].fields
    matches = [m for m in sorted(capability.matches) if set(m) <= fields.keys()]
    match = chance.choice([*matches, ()])
    plain = Batch(
        entity=entity,
        fields=("record_id",),
        match=match,
        keys=tuple(_keys(records, match)) if match else (),
        where=_filter(chance, records, capability),
    )
    if not capability.can_page or not capability.orders:
        return plain
    names = chance.sample(sorted(capability.orders - {"observed_at"}), k=1)
    orders = [chance.choice(_directions(name)) for name in names]
    order = expected.total_order(entity, capability, *orders)
    bounds = [
        Bound(
            tuple(chance.choice(records)[each.field] for each in order)[: chance.randint(1, 3)],
            is_inclusive=chance.random() < 0.5,
        )
        for _ in range(2)
    ]
    return Batch(
        entity=entity,
        fields=plain.fields,
        match=match,
        keys=plain.keys,
        where=plain.where,
        order=order,
        limit=chance.choice([None, 0, 1, 2, 4]),
        after=chance.choice([None, bounds[0]]),
        until=chance.choice([None, None, bounds[1]]),
    )


def _filter(
    chance: random.Random, records: Sequence[Mapping[str, Any]], capability: Capability
) -> Filter | None:
    fields = ENTITIES[capability.entity].fields
    known: list[Compare] = []
    for name in chance.sample(sorted(capability.filters), k=min(3, len(capability.filters))):
        if name != "observed_at":
            some = expected.comparisons(records, fields[name], tuple(capability.filters[name]))
            known.append(chance.choice(list(some)))
    if not known:
        return None
    return chance.choice([None, known[0], And(tuple(known)), Or(tuple(known)), And(())])
