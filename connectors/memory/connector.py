"""Records in memory, asked as any source is asked."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import (
    Answer,
    Batch,
    Bound,
    Capability,
    Change,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Finding,
    Key,
    Op,
    Order,
    Row,
    Written,
)
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType
from domain.filter import And, Predicate, Related, predicate
from domain.order import before, beyond, sort_key
from domain.relation import relation_of

Values = Mapping[str, Any]
"""A record: canonical values by field name. A field that is left out is missing."""

SCAN_PAGE = 500
_OF_TEXTS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.NOT_STARTS_WITH})


class MemoryConnector:
    """A source whose records are given when it is made.

    `records`: for each entity its records. `capabilities`: what to promise, where it is not
    everything. It counts what it was asked in `batches`.
    """

    def __init__(
        self,
        name: str,
        records: Mapping[str, Sequence[Values]],
        *,
        capabilities: Mapping[str, Capability] | None = None,
        observed_at: datetime | None = None,
    ) -> None:
        self.name = name
        self.batches: list[Batch] = []
        self._observed_at = observed_at
        self._capabilities = capabilities or {each: everything(ENTITIES[each]) for each in records}
        self._records: dict[str, list[Values]] = {
            entity: [self._complete(each) for each in values] for entity, values in records.items()
        }
        self._written: dict[str, Sequence[Written]] = {}

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it promises, by entity."""
        return self._capabilities

    async def check(self) -> Sequence[Finding]:
        """Nothing can be wrong with it."""
        return ()

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The entities that it was given, with their canonical fields."""
        return [
            DiscoveredEntity(
                name=name,
                fields={each.name: each.value_type.name for each in ENTITIES[name].fields.values()},
                key=ENTITIES[name].key[-1],
                record_count=len(records),
            )
            for name, records in self._records.items()
        ]

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question."""
        self.batches.append(batch)
        records = self._records.get(batch.entity, ())
        if not batch.match:
            return Answer({(): self._page(records, batch)})
        groups: dict[Key, list[Values]] = {key: [] for key in batch.keys}
        for record in records:
            for key in _keys(record, batch.match):
                if key in groups:
                    groups[key].append(record)
        return Answer({key: self._page(group, batch) for key, group in groups.items()})

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records in the order in which they were given; a cursor is how many are known."""
        records = self._records.get(entity, ())
        fields = tuple(ENTITIES[entity].fields)
        done = int(since["count"]) if since else 0
        for start in range(done, len(records), SCAN_PAGE):
            chunk = records[start : start + SCAN_PAGE]
            changes = [Change(each["record_id"], _row(each, fields)) for each in chunk]
            cursor = {"count": start + len(chunk)}
            yield ChangePage(fields=fields, changes=changes, cursor=cursor, total=len(records))

    async def write(
        self, entity: str, records: Sequence[Values], *, idempotency_key: str
    ) -> Sequence[Written]:
        """Add records; the same idempotency key adds nothing the second time."""
        if idempotency_key not in self._written:
            self._records.setdefault(entity, []).extend(self._complete(each) for each in records)
            self._written[idempotency_key] = [Written(each["record_id"]) for each in records]
        return self._written[idempotency_key]

    async def close(self) -> None:
        """Nothing is held."""

    def _page(self, records: Sequence[Values], batch: Batch) -> list[Row]:
        names = _names(batch.entity, batch.fields)
        positions = {name: place for place, name in enumerate(names)}
        where = And(tuple(_conditions(batch)))
        test = predicate(where, positions, related=self._related(batch.entity, positions))
        rows = [row for row in (_row(each, names) for each in records) if test(row)]
        if batch.order:
            rows.sort(key=sort_key(batch.order, positions))
        return [row[: len(batch.fields)] for row in rows[: batch.limit]]

    def _related(self, entity: str, positions: Mapping[str, int]) -> Callable[[Related], Predicate]:
        """How to tell whether the record that a row refers to passes, among all that are here."""

        def test_of(part: Related) -> Predicate:
            relation = relation_of(ENTITIES[entity], part.relation)
            if relation is None:
                raise TypeError(f"{entity} has no relation '{part.relation}'")
            names = _names(relation.entity, ())
            theirs = {name: place for place, name in enumerate(names)}
            test = predicate(part.where, theirs, related=self._related(relation.entity, theirs))
            rows = (_row(each, names) for each in self._records.get(relation.entity, ()))
            known = {
                tuple(row[theirs[name]] for name in relation.match) for row in rows if test(row)
            }
            places = [positions[name] for name in relation.key]
            return lambda row: tuple(row[place] for place in places) in known

        return test_of

    def _complete(self, values: Values) -> Values:
        origin = {"source": self.name, "observed_at": self._observed_at}
        return {**origin, **values}


def everything(entity: Entity) -> Capability:
    """The capability to do all that the contract knows, for all fields of an entity."""
    sortable = {each.name: each for each in entity.fields.values() if each.is_sortable}
    relations = [*entity.references, "customer"]
    matches: set[tuple[str, ...]] = {(f"{each}_source", f"{each}_ref") for each in relations}
    matches |= {(f"{each}_ref",) for each in relations}
    matches |= {entity.key, ("record_id",), ("customer_id",), ("customer_id", "source")}
    matches |= {("email",), ("phone",), ("organization_id",)}
    return Capability(
        entity=entity.name,
        fields=frozenset(entity.fields),
        matches=frozenset(matches),
        filters={name: _ops(each) for name, each in sortable.items()},
        orders=frozenset(sortable),
        can_page=True,
        tells_changes=True,
        can_write=entity.name == "interaction",
    )


def _ops(field: Field) -> frozenset[Op]:
    is_text = field.value_type in {FieldType.TEXT, FieldType.ENUM}
    return frozenset(Op) if is_text else frozenset(Op) - _OF_TEXTS


def _row(record: Values, fields: Sequence[str]) -> Row:
    return tuple(record.get(name) for name in fields)


def _keys(record: Values, match: tuple[str, ...]) -> list[Key]:
    if match == ("email",):
        return [(each["address"],) for each in record.get("emails", ())]
    if match == ("phone",):
        return [(each["e164"],) for each in record.get("phones", ())]
    return [tuple(record.get(name) for name in match)]


def _names(entity: str, first: Sequence[str]) -> list[str]:
    """All fields of an entity, some of them first."""
    return [*first, *(each for each in ENTITIES[entity].fields if each not in first)]


def _conditions(batch: Batch) -> list[Any]:
    def side(bound: Bound | None, keep: Any, order: tuple[Order, ...]) -> list[Any]:
        return [] if bound is None else [keep(order, bound)]

    where = [] if batch.where is None else [batch.where]
    return [
        *where,
        *side(batch.after, beyond, batch.order),
        *side(batch.until, before, batch.order),
    ]
