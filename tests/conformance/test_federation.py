"""Every kind beside another source: one merged list, as the domain would make it of all records."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.contract import (
    Batch,
    Capability,
    Compare,
    Connector,
    Filter,
    Key,
    Not,
    Op,
    Order,
    SourceError,
)
from connectors.federation import Federation, Mode, Question
from connectors.health import HealthBoard
from connectors.memory.connector import MemoryConnector, everything
from connectors.session import Session
from domain.catalogue import ENTITIES
from domain.filter import And, Or
from domain.order import Bound
from tests.conformance import expected
from tests.conformance.canonical import CUSTOMER_IDS, RECORDS, SOURCE, START
from tests.conformance.source import Source

pytestmark = pytest.mark.usefixtures("asked")

OTHER = "zoo"
UNFILTERED = frozenset({"observed_at", "customer_id"})
"""What differs from answer to answer, and what only the index knows of live records."""

QUESTIONS = 20
ENTITY = ("purchase", "ticket", "document", "purchase_line")

Values = Mapping[str, Any]


def _other(entity: str) -> list[Values]:
    """Records of a second source, each like one of the first, some of them in between."""
    return [_moved(dict(each), n) for n, each in enumerate(RECORDS[entity]) if n % 3 != 1]


def _moved(record: dict[str, Any], number: int) -> Values:
    record["source"] = OTHER
    if record.get("purchase_source"):
        record["purchase_source"] = OTHER
    if number % 2 and "placed_at" in record:
        record |= {"placed_at": START + timedelta(hours=number), "total": Decimal("12.51")}
    return record


def _capability(entity: str) -> Capability:
    """The second source names the customers of the first one."""
    return replace(everything(ENTITIES[entity]), references={"customer": SOURCE})


def _federation(connector: Connector, *, is_store: bool) -> Federation:
    other = MemoryConnector(
        OTHER,
        {entity: _other(entity) for entity in ENTITY},
        capabilities={entity: _capability(entity) for entity in ENTITY},
    )
    board = HealthBoard(lambda: datetime.now(UTC))
    if is_store:
        modes = {(SOURCE, entity): Mode.SYNCED for entity in ENTITY}
        return Federation(connector, {OTHER: other}, modes=modes, board=board)
    native = MemoryConnector("native", {"customer_record": RECORDS["customer_record"]})
    return Federation(native, {SOURCE: connector, OTHER: other}, modes={}, board=board)


def _known(entity: str, connector: Connector, source: Source) -> list[Values]:
    """All records, without what the connector's source does not know."""
    capability = connector.capabilities[entity]
    made = {"source", "record_id", "customer_id"}
    made |= {f"{each}_source" for each in ENTITIES[entity].references}
    has = capability.fields | made
    mine = [
        {name: value if name in has else None for name, value in each.items()}
        for each in source.records[entity]
    ]
    if not capability.fields & {"customer_ref"}:
        mine = [each | {"customer_id": None} for each in mine if "customer_id" in each] or mine
    return [*mine, *_other(entity)]


def test_merged_answers_are_those_of_the_domain_over_all_records(source: Source) -> None:
    """Random questions to both sources at once: filters, orders, pages, per customer and whole."""
    chance = random.Random(7)

    async def run() -> None:
        async with source.opened() as connector:
            federation = _federation(connector, is_store=source.is_store)
            for entity in (each for each in ENTITY if each in source.records):
                records = _known(entity, connector, source)
                for _ in range(QUESTIONS):
                    question = _question(chance, entity, records)
                    keys = _keys(chance, question, records)
                    await _agree(Session(federation, deadline_s=30), question, keys, records)

    asyncio.run(run())


async def _agree(
    session: Session, question: Question, keys: Sequence[Key], records: Sequence[Values]
) -> None:
    found = await session.ask(question, keys)
    wanted = expected.rows(
        records,
        Batch(
            entity=question.entity,
            fields=question.fields,
            match=question.match,
            keys=tuple(keys),
            where=question.where,
            order=question.order,
            limit=question.limit,
            after=question.after,
            until=question.until,
        ),
    )
    width = len(question.fields)
    for key, each in zip(keys, found, strict=True):
        assert not isinstance(each, SourceError), each
        assert each.missing == ()
        rows = [tuple(row[:width]) for row in each.rows]
        assert rows == wanted.get(key, []), f"{question} at {key}"


def _question(chance: random.Random, entity: str, records: Sequence[Values]) -> Question:
    fields = ENTITIES[entity].fields
    sortable = [n for n, f in fields.items() if f.is_sortable and n not in UNFILTERED]
    names = [n for n in fields if n != "observed_at"]
    order = _order(chance, entity, sortable)
    relation = next(iter(ENTITIES[entity].references))
    by = ("customer_id",) if "customer_id" in fields else (f"{relation}_source", f"{relation}_ref")
    bounds = [Bound(tuple(chance.choice(records)[each.field] for each in order)) for _ in range(2)]
    return Question(
        entity=entity,
        fields=tuple(chance.sample(names, k=chance.randint(1, 5))),
        match=chance.choice([(), by, ("source", "record_id")]),
        where=_where(chance, entity, records),
        order=order,
        limit=chance.choice([None, 1, 2, 5]),
        after=chance.choice([None, bounds[0]]),
        until=chance.choice([None, None, bounds[1]]),
    )


def _order(chance: random.Random, entity: str, sortable: Sequence[str]) -> tuple[Order, ...]:
    both = (True, False)
    orders = [
        Order(name, is_descending=chance.choice(both), nulls_first=chance.choice(both))
        for name in chance.sample(sortable, k=chance.randint(0, 2))
    ]
    unique = {each.field: each for each in orders}
    for name in ENTITIES[entity].key:
        unique.setdefault(name, Order(name))
    return tuple(unique.values())


def _where(chance: random.Random, entity: str, records: Sequence[Values]) -> Filter | None:
    fields = [f for f in ENTITIES[entity].fields.values() if f.is_sortable]
    some: list[Filter] = []
    for field in chance.sample([f for f in fields if f.name not in UNFILTERED], k=2):
        ops = chance.sample([Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.IS_NULL], k=2)
        compared: list[Compare] = list(expected.comparisons(records, field, ops))
        some.append(chance.choice(compared or [Compare(field.name, Op.IS_NULL, True)]))
    shapes: list[Filter | None] = [None, some[0], And(tuple(some)), Or(tuple(some)), Not(some[1])]
    return chance.choice(shapes)


def _keys(chance: random.Random, question: Question, records: Sequence[Values]) -> list[Key]:
    if not question.match:
        return [()]
    if question.match == ("customer_id",):
        return [(each,) for each in CUSTOMER_IDS.values()]
    found = [tuple(each[name] for name in question.match) for each in records]
    keys = [key for key in dict.fromkeys(found) if None not in key]
    return [*chance.sample(keys, k=min(4, len(keys))), ("nobody", "nothing")]
