"""The shape of a batch: everything that decides the text of its statement, without its values.

Two batches that differ in values only have equal shapes, and so share one prepared statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from connectors.contract import Batch, Key, Nest, Slice, Slices
from connectors.native.lookup import match_fields
from connectors.native.storable import DOUBTFUL, is_storable, settled
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field
from domain.filter import And, Compare, Filter, Not, Op, Or, Related, all_of
from domain.order import Bound, Order, before, beyond
from domain.relation import relation_of


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in a filter or bound for the value that a statement takes under a name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of an entity and in which order, with a `Slot` in place of each value.

    `begins_later` says that rows before `after` were asked to be left out, by whatever condition.
    """

    where: Filter | None
    order: tuple[Order, ...]
    after: Bound | None
    until: Bound | None
    is_limited: bool
    is_backward: bool = False
    begins_later: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """A nest and the selections of its relations, made once for equal ones: see `Shapes`."""

    nest: Nest
    slices: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A batch whose filters and bounds hold a `Slot` in place of each value."""

    entity: str
    fields: tuple[str, ...]
    match: tuple[str, ...]
    selection: Selection
    tail: Tail | None = None

    @property
    def is_direct(self) -> bool:
        """Whether rows are read by their ids alone, and say themselves whose they are."""
        return self.tail is not None and self.entity == "customer" and self.match == ("id",)


@dataclass(frozen=True, slots=True)
class Question:
    """A shape, and the values for its statement by name, all but the keys."""

    shape: Shape
    values: Mapping[str, object]


_KEPT = 500

LIMIT: Final = "row_limit"
"""The name of the limit of a batch."""


def limit_name(number: int) -> str:
    """The name of the limit of a slice."""
    return f"limit{number}"


def slice_prefix(number: int) -> str:
    """What stands before the names of the slots of a slice."""
    return f"s{number}"


class Shapes:
    """Takes batches apart, and remembers what has come of nests and slices that come again."""

    def __init__(self) -> None:
        self._tail_and_values = lru_cache(maxsize=_KEPT)(self._read_slices)
        self._tail_of = lru_cache(maxsize=_KEPT)(Tail)

    def question_of(self, batch: Batch) -> Question:
        """The shape of a batch, and its values."""
        slots = _Slots("v")
        selection = _selection(batch, ENTITIES[batch.entity], slots)
        values = {**slots.values, LIMIT: batch.limit}
        tail = None
        if batch.nest is not None:
            is_constant = batch.slices.is_constant
            read = self._tail_and_values if is_constant else self._read_slices
            tail, of_slices = read(batch.nest, batch.slices)
            values.update(of_slices)
        shape = Shape(
            entity=batch.entity,
            fields=batch.fields,
            match=batch.match,
            selection=selection,
            tail=tail,
        )
        return Question(shape, values)

    def _read_slices(self, nest: Nest, slices: Slices) -> tuple[Tail, Mapping[str, object]]:
        selections: list[Selection] = []
        values: dict[str, object] = {}
        for relation, each in zip(nest.relations, slices.each, strict=True):
            # Slots are named anew in every slice, so that equal ones are equal wherever they stand.
            slots = _Slots("v")
            selections.append(_selection(each, ENTITIES[relation.entity], slots))
            prefix = slice_prefix(relation.number)
            values.update({prefix + name: value for name, value in slots.values.items()})
            values[limit_name(relation.number)] = each.limit
        return self._tail_of(nest, tuple(selections)), values


class _Slots:
    """Makes slots for values, and collects these by name."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.values: dict[str, object] = {}

    def slot(self, value: object) -> Slot:
        slot = Slot(f"{self._prefix}{len(self.values)}")
        self.values[slot.name] = value
        return slot


def _selection(asked: Batch | Slice, entity: Entity, values: _Slots) -> Selection:
    after, until, where = _bounds(asked, entity)
    return Selection(
        where=None if where is None else _slotted(where, entity, values),
        order=asked.order,
        after=_slotted_bound(after, values),
        until=_slotted_bound(until, values),
        is_limited=asked.limit is not None,
        is_backward=isinstance(asked, Slice) and asked.is_backward,
        begins_later=asked.after is not None,
    )


def doubtful_places(entity: Entity, match: tuple[str, ...]) -> Sequence[tuple[int, Field]]:
    """The places in a key whose values may be of a kind that no row can have."""
    fields = enumerate(match_fields(entity, match))
    return [(place, each) for place, each in fields if each.value_type in DOUBTFUL]


def storable_keys(keys: Sequence[Key], doubtful: Sequence[tuple[int, Field]]) -> Sequence[Key]:
    """The keys, each once, that could be in the store at all."""
    return [
        key
        for key in dict.fromkeys(keys)
        if None not in key and all(is_storable(field, key[place]) for place, field in doubtful)
    ]


def _bounds(
    batch: Batch | Slice, entity: Entity
) -> tuple[Bound | None, Bound | None, Filter | None]:
    """The bounds, and the filter with those bounds in it that hold values nothing can store."""
    parts = [] if batch.where is None else [batch.where]
    after, until = batch.after, batch.until
    if after is not None and not _is_storable(after, batch.order, entity):
        parts.append(beyond(batch.order, after))
        after = None
    if until is not None and not _is_storable(until, batch.order, entity):
        parts.append(before(batch.order, until))
        until = None
    return after, until, all_of(parts)


def _is_storable(bound: Bound, order: Sequence[Order], entity: Entity) -> bool:
    return all(
        value is None or is_storable(entity.fields[each.field], value)
        for each, value in zip(order, bound.values, strict=False)
    )


def _slotted(filter_: Filter, entity: Entity, values: _Slots) -> Filter:
    match filter_:
        case And(parts):
            return And(tuple(_slotted(each, entity, values) for each in parts))
        case Or(parts):
            return Or(tuple(_slotted(each, entity, values) for each in parts))
        case Compare(field, _, _):
            return _slotted_compare(settled(filter_, entity.fields[field]), values)
        case Related(name, part):
            return Related(name, _slotted(part, _related_entity(entity, name), values))
        case Not():
            raise TypeError("a filter that reaches a connector holds no Not: see filter.positive")


def _related_entity(entity: Entity, name: str) -> Entity:
    relation = relation_of(entity, name)
    if relation is None:
        raise TypeError(f"{entity.name} has no relation '{name}'")
    return ENTITIES[relation.entity]


def _slotted_compare(filter_: Filter, values: _Slots) -> Filter:
    if not isinstance(filter_, Compare) or filter_.op is Op.IS_NULL:
        return filter_
    return Compare(filter_.field, filter_.op, values.slot(filter_.value))


def _slotted_bound(bound: Bound | None, values: _Slots) -> Bound | None:
    if bound is None:
        return None
    slots = tuple(None if value is None else values.slot(value) for value in bound.values)
    return Bound(slots, bound.is_inclusive)
