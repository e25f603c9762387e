"""Filters and bounds as SQL conditions over the columns of a table.

SQL knows three truth values and the grammar of filters two. As no `Not` reaches a connector, an
unknown comparison can count as false everywhere but in the negative ones, which say so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Numeric,
    Text,
    Uuid,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from connectors.native.shape import Slot
from connectors.native.tables import TABLES
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType
from domain.filter import And, Compare, Filter, Op, Or, Related
from domain.order import Bound, Order, beyond
from domain.relation import relation_of

Column: TypeAlias = ColumnElement[Any]
Condition: TypeAlias = ColumnElement[bool]

BIND_TYPES: Mapping[FieldType, TypeEngine[Any]] = MappingProxyType(
    {
        FieldType.TEXT: Text(),
        FieldType.ENUM: Text(),
        FieldType.INTEGER: BigInteger(),
        FieldType.DECIMAL: Numeric(),
        FieldType.BOOLEAN: Boolean(),
        FieldType.DATETIME: DateTime(timezone=True),
        FieldType.UUID: Uuid(),
        FieldType.LIST: Text(),
    }
)
"""The type of a value that is compared with a field; of a list, the type of what is in it."""

_ZERO: ColumnElement[int] = literal_column("0")


@dataclass(frozen=True, slots=True)
class Compared:
    """One side of a comparison: the column, and how a value for it is bound."""

    column: Column
    field: Field

    def value(self, slot: object) -> Column:
        """A bind for one value."""
        return bindparam(_name(slot), type_=BIND_TYPES[self.field.value_type])

    def values(self, slot: object) -> Column:
        """A bind for a list of values."""
        return bindparam(_name(slot), type_=ARRAY(BIND_TYPES[self.field.value_type]))


def _name(slot: object) -> str:
    if not isinstance(slot, Slot):
        raise TypeError(f"expected a slot, not {slot!r}: a value would become part of the text")
    return slot.name


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions over `source`, a table of `entity` under the name it has in a statement."""

    source: FromClause
    entity: Entity

    def where(self, filter_: Filter) -> Condition:
        """A filter without `Not` whose values are slots."""
        match filter_:
            case And(parts):
                return and_(true(), *(self.where(each) for each in parts))
            case Or(parts):
                return or_(false(), *(self.where(each) for each in parts))
            case Compare(field, op, value):
                return self._comparison(field, op, value)
            case Related(name, part):
                return self._related(name, part)
            case _:
                raise TypeError(f"cannot compile {filter_!r}")

    def beyond(self, order: Sequence[Order], bound: Bound) -> Condition:
        """The rows after a bound whose values are slots."""
        used = list(order[: len(bound.values)])
        if self._is_one_way(used, bound):
            return self._row_comparison(used, bound)
        expanded = self.where(beyond(order, bound))
        first = self._at_or_beyond_first(used, bound)
        return expanded if first is None else and_(first, expanded)

    def _related(self, name: str, part: Filter) -> Condition:
        relation = relation_of(self.entity, name)
        if relation is None:
            raise TypeError(f"{self.entity.name} has no relation '{name}'")
        # A name that begins with that of the rows here: it is replaced together with it.
        rows: str = self.source.name  # type: ignore[attr-defined]  # an alias or a table has one
        others = TABLES[relation.entity].alias(f"{rows}o")
        # Written out: compiled on its own, the rows here would be taken for a table of the inner
        # statement, and joined there.
        pairs = zip(relation.match, relation.key, strict=True)
        joined = [others.c[theirs] == literal_column(f"{rows}.{ours}") for theirs, ours in pairs]
        if relation.entity == "customer":
            # Records are linked anew when customers are merged; what was not yet is not shown.
            joined.append(others.c.superseded_by.is_(None))
        inner = Conditions(others, ENTITIES[relation.entity]).where(part)
        return select(literal_column("1")).select_from(others).where(*joined, inner).exists()

    def _comparison(self, field: str, op: Op, value: object) -> Condition:
        column: Column = self.source.c[field]
        if op is Op.IS_NULL:
            return column.is_(None) if value else column.is_not(None)
        definition = self.entity.fields[field]
        compile_ = (_OF_LISTS if definition.value_type is FieldType.LIST else _COMPARISONS)[op]
        return compile_(Compared(column, definition), value)

    def _is_one_way(self, order: Sequence[Order], bound: Bound) -> bool:
        return (
            len(order) > 0
            and all(each.is_descending is order[0].is_descending for each in order)
            and all(self.entity.fields[each.field].required for each in order)
            and None not in bound.values
        )

    def _row_comparison(self, order: Sequence[Order], bound: Bound) -> Condition:
        columns = tuple_(*(self.source.c[each.field] for each in order))
        values = tuple_(
            *(self._bound_value(*pair) for pair in zip(order, bound.values, strict=True))
        )
        if order[0].is_descending:
            return columns <= values if bound.is_inclusive else columns < values
        return columns >= values if bound.is_inclusive else columns > values

    def _at_or_beyond_first(self, order: Sequence[Order], bound: Bound) -> Condition | None:
        """What an index can seek by, where the whole bound is too mixed for it."""
        if not order or bound.values[0] is None:
            return None
        if not self._is_required(order[0]) and not order[0].nulls_first:
            return None
        return self._from_first(order, bound)

    def divided(self, order: Sequence[Order], bound: Bound) -> Sequence[Condition]:
        """The rows after a bound in the parts that an index can seek, one after the other.

        Those that miss the first value come last, and no range of an index holds both them and
        others.
        """
        whole = self.beyond(order, bound)
        if not bound.values or bound.values[0] is None:
            return (whole,)
        if self._is_required(order[0]) or order[0].nulls_first:
            return (whole,)
        return and_(self._from_first(order, bound), whole), self.source.c[order[0].field].is_(None)

    def _from_first(self, order: Sequence[Order], bound: Bound) -> Condition:
        column: Column = self.source.c[order[0].field]
        value = self._bound_value(order[0], bound.values[0])
        return column <= value if order[0].is_descending else column >= value

    def _is_required(self, order: Order) -> bool:
        return self.entity.fields[order.field].required

    def _bound_value(self, order: Order, slot: object) -> Column:
        return Compared(self.source.c[order.field], self.entity.fields[order.field]).value(slot)


def _lacks(column: Column, condition: Condition) -> Condition:
    return or_(column.is_(None), condition)


_Compile: TypeAlias = Callable[[Compared, object], Condition]

_COMPARISONS: Mapping[Op, _Compile] = MappingProxyType(
    {
        Op.EQ: lambda it, slot: it.column == it.value(slot),
        Op.NE: lambda it, slot: it.column.is_distinct_from(it.value(slot)),
        Op.IN: lambda it, slot: it.column == func.any(it.values(slot)),
        Op.NOT_IN: lambda it, slot: _lacks(it.column, it.column != func.all(it.values(slot))),
        Op.LT: lambda it, slot: it.column < it.value(slot),
        Op.LTE: lambda it, slot: it.column <= it.value(slot),
        Op.GT: lambda it, slot: it.column > it.value(slot),
        Op.GTE: lambda it, slot: it.column >= it.value(slot),
        Op.CONTAINS: lambda it, slot: func.strpos(it.column, it.value(slot)) > _ZERO,
        Op.NOT_CONTAINS: lambda it, slot: _lacks(
            it.column, func.strpos(it.column, it.value(slot)) == _ZERO
        ),
        Op.STARTS_WITH: lambda it, slot: func.starts_with(it.column, it.value(slot)),
        Op.NOT_STARTS_WITH: lambda it, slot: _lacks(
            it.column, ~func.starts_with(it.column, it.value(slot))
        ),
    }
)

_OF_LISTS: Mapping[Op, _Compile] = MappingProxyType(
    {
        Op.CONTAINS: lambda it, slot: it.column.op("?", is_comparison=True)(it.value(slot)),
        Op.NOT_CONTAINS: lambda it, slot: _lacks(
            it.column, ~it.column.op("?", is_comparison=True)(it.value(slot))
        ),
    }
)
