"""What every source has to answer: the domain's own filters and orders over the same records."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from connectors.contract import Batch, Capability, Compare, Key, Op, Row
from domain.catalogue import ENTITIES
from domain.entity import Field, FieldType
from domain.filter import And, Filter, predicate
from domain.order import Order, before, beyond, sort_key

Values = Mapping[str, Any]


def rows(records: Sequence[Values], batch: Batch) -> Mapping[Key, list[Row]]:
    """The rows of each key that has some."""
    keys = dict.fromkeys(batch.keys) if batch.match else {(): None}
    found = {key: _page([r for r in records if _has(r, batch.match, key)], batch) for key in keys}
    return {key: some for key, some in found.items() if some}


def _has(record: Values, match: Sequence[str], key: Key) -> bool:
    return tuple(record[name] for name in match) == key


def _page(records: Sequence[Values], batch: Batch) -> list[Row]:
    names = tuple(ENTITIES[batch.entity].fields)
    positions = {name: place for place, name in enumerate(names)}
    parts: list[Filter] = [] if batch.where is None else [batch.where]
    if batch.after is not None:
        parts.append(beyond(batch.order, batch.after))
    if batch.until is not None:
        parts.append(before(batch.order, batch.until))
    test = predicate(And(tuple(parts)), positions)
    kept = [row for row in (tuple(each[name] for name in names) for each in records) if test(row)]
    kept.sort(key=sort_key(batch.order, positions))
    places = [positions[name] for name in batch.fields]
    return [tuple(row[place] for place in places) for row in kept[: batch.limit]]


def told(capability: Capability) -> tuple[str, ...]:
    """The fields that an entity has at a source and that do not depend on the moment."""
    named = capability.fields | {"record_id"}
    fields = ENTITIES[capability.entity].fields
    return tuple(name for name in fields if name in named and name != "observed_at")


def total_order(entity: str, capability: Capability, *orders: Order) -> tuple[Order, ...]:
    """An order that ends with the key, as far as the source knows of it."""
    key = [name for name in ENTITIES[entity].key if name in capability.orders]
    ends = [Order(name) for name in (key or ["record_id"])]
    unique: dict[str, Order] = {}
    for each in (*orders, *ends):
        unique.setdefault(each.field, each)
    return tuple(unique.values())


def comparisons(records: Sequence[Values], field: Field, ops: Sequence[Op]) -> Iterator[Compare]:
    """Comparisons of a field with values that are there, nearly there, and not there."""
    values = _values(records, field)
    values = values[:: max(1, len(values) // 3)]
    for op in sorted(ops):
        if op is Op.IS_NULL:
            yield from (Compare(field.name, op, wanted) for wanted in (True, False))
        elif op in {Op.IN, Op.NOT_IN}:
            yield from (Compare(field.name, op, some) for some in ((), tuple(values[::2])))
        elif op in {Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.NOT_STARTS_WITH}:
            yield from (Compare(field.name, op, part) for part in _parts(values))
        else:
            yield from (Compare(field.name, op, value) for value in values)


def _values(records: Sequence[Values], field: Field) -> list[Any]:
    if field.choices is not None:
        return sorted(field.choices)
    found = [each[field.name] for each in records if each[field.name] is not None]
    if field.value_type is FieldType.LIST:
        return sorted({part for each in found for part in each if isinstance(part, str)})
    near: Mapping[FieldType, list[Any]] = {
        FieldType.TEXT: ["", "no such thing", "K1", "PO-1 "],
        FieldType.INTEGER: [-1, 2],
        FieldType.DECIMAL: [Decimal("0.099"), Decimal("12.500")],
        FieldType.UUID: [UUID(int=99)],
        FieldType.BOOLEAN: [True, False],
    }
    more: list[Any] = list(near.get(field.value_type, ()))
    if field.value_type is FieldType.DATETIME:
        more = [each + timedelta(microseconds=1) for each in sorted(found)[:1]]
    return sorted({*found, *more})


def _parts(values: Sequence[str]) -> list[str]:
    return sorted({part for each in values for part in (each, each[:2], each[-1:])} | {"%", "_"})
