"""The shape of a batch: everything that decides the text of its statement, without its values.

Two batches that differ in values only have equal shapes, and so share one prepared statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.contract import Batch, Key, Nest, Slice
from connectors.native.lookup import match_fields
from connectors.native.storable import DOUBTFUL, is_storable, settled
from domain.catalogue import ENTITIES
from domain.entity import Entity
from domain.filter import And, Compare, Filter, Not, Op, Or, all_of
from domain.order import Bound, Order, before, beyond


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in a filter or bound for the value at `index` of `Question.values`."""

    index: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A batch whose filters and bounds hold a `Slot` in place of each value.

    `slices` are the selections of the relations of the nest.
    """

    entity: str
    fields: tuple[str, ...]
    match: tuple[str, ...]
    selection: Selection
    nest: Nest | None = None
    slices: tuple[Selection, ...] = ()

    @property
    def is_direct(self) -> bool:
        """Whether rows are read by their ids alone, and say themselves whose they are."""
        return self.nest is not None and self.entity == "customer" and self.match == ("id",)


@dataclass(frozen=True, slots=True)
class Question:
    """A shape with its values and limits, and the keys, each once, that could be in the store.

    `limits` are how many rows of each slice are wanted.
    """

    shape: Shape
    values: Sequence[object]
    limits: Sequence[int | None]
    keys: Sequence[Key]


def question_of(batch: Batch) -> Question:
    """Take a batch apart."""
    values: list[object] = []
    selection = _selection(batch, ENTITIES[batch.entity], values)
    relations = batch.nest.relations if batch.nest else ()
    slices = tuple(
        _selection(each, ENTITIES[relation.entity], values)
        for relation, each in zip(relations, batch.slices, strict=True)
    )
    shape = Shape(
        entity=batch.entity,
        fields=batch.fields,
        match=batch.match,
        selection=selection,
        nest=batch.nest,
        slices=slices,
    )
    limits = [each.limit for each in batch.slices]
    return Question(shape, values, limits, storable_keys(batch))


def _selection(asked: Batch | Slice, entity: Entity, values: list[object]) -> Selection:
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


def storable_keys(batch: Batch) -> Sequence[Key]:
    """The keys of a batch, each once, that could be in the store at all."""
    entity = ENTITIES[batch.entity]
    fields = enumerate(match_fields(entity, batch.match))
    doubtful = [(place, each) for place, each in fields if each.value_type in DOUBTFUL]
    return [
        key
        for key in dict.fromkeys(batch.keys)
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


def _slotted(filter_: Filter, entity: Entity, values: list[object]) -> Filter:
    match filter_:
        case And(parts):
            return And(tuple(_slotted(each, entity, values) for each in parts))
        case Or(parts):
            return Or(tuple(_slotted(each, entity, values) for each in parts))
        case Compare(field, _, _):
            return _slotted_compare(settled(filter_, entity.fields[field]), values)
        case Not():
            raise TypeError("a filter that reaches a connector holds no Not: see filter.positive")


def _slotted_compare(filter_: Filter, values: list[object]) -> Filter:
    if not isinstance(filter_, Compare) or filter_.op is Op.IS_NULL:
        return filter_
    return Compare(filter_.field, filter_.op, _slot(filter_.value, values))


def _slotted_bound(bound: Bound | None, values: list[object]) -> Bound | None:
    if bound is None:
        return None
    slots = tuple(None if value is None else _slot(value, values) for value in bound.values)
    return Bound(slots, bound.is_inclusive)


def _slot(value: object, values: list[object]) -> Slot:
    values.append(value)
    return Slot(len(values) - 1)
