"""Nests as SQL: the text of a row, and joined to the row what hangs on it.

Every relation is a limited sub-select over an index `(foreign key, order, key)`, joined with
`LATERAL`, whose rows are put together to one JSON array; so the whole nest is one statement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import BYTEA, aggregate_order_by
from sqlalchemy.sql.selectable import LateralFromClause

from connectors.native.row_text import RowText
from connectors.native.selection import conditions_of, ordering
from connectors.native.shape import Selection, Tail, limit_name
from connectors.native.tables import TABLES
from connectors.native.text import (
    NULL,
    Expression,
    Parts,
    constant,
    listed,
    members,
    or_else,
    put_together,
    text_of,
)
from connectors.nest import (
    BETWEEN,
    DOUBT,
    Constant,
    Hole,
    Identifier,
    Items,
    Object,
    PageCursor,
    PageEdge,
    PageObject,
    PagePiece,
    PageRows,
    Piece,
    RelatedMany,
    RelatedOne,
    RelatedPage,
    Relation,
    RowCursor,
    Scalar,
    Texts,
)
from domain.catalogue import ENTITIES
from domain.entity import Entity
from domain.order import Order

_COMMA = constant(",")
_ONE: ColumnElement[int] = literal_column("1", BigInteger())
_NOTHING: ColumnElement[int] = literal_column("0", BigInteger())


@dataclass(frozen=True, slots=True)
class Nested:
    """The text of each row of `source` as bytes, and how many further rows it holds."""

    text: Expression
    count: Expression
    source: FromClause


def nested(tail: Tail, rows: FromClause, *, entity: Entity, order: Sequence[Order]) -> Nested:
    """What makes the texts of `rows`, which have at least the columns of `fields_of_row`."""
    level = _Level(rows, entity, order, tail.slices)
    parts: list[str | Expression] = []
    for number, item in enumerate(tail.nest.items):
        parts += [BETWEEN if number else "", *level.object(item)]
    return Nested(as_bytes(put_together(parts)), level.further(), level.source)


def nested_page(page: RelatedPage, slices: Sequence[Selection]) -> Nested:
    """What makes the text of a page of a whole entity, in a single row."""
    made = _Page(page.relation, slices[page.relation.number], page.page, None, slices)
    rows = made.query.subquery("r")
    return Nested(as_bytes(rows.c.j), rows.c.n, rows)


def as_bytes(text: Expression) -> Expression:
    """A text as UTF-8."""
    return func.convert_to(text, constant("UTF8"), type_=BYTEA())


def fields_of_row(item: Object, order: Sequence[Order]) -> Iterator[str]:
    """The fields of a row that its text is made of, some of them twice."""
    if item.condition is not None:
        yield item.condition
    for _, piece in item.members:
        match piece:
            case Scalar() | Texts() | Items():
                yield piece.field
            case Identifier() | Hole():
                yield from piece.fields
            case RowCursor():
                yield from (each.field for each in order)
            case RelatedOne() | RelatedMany() | RelatedPage():
                yield from piece.relation.key
            case Object():
                yield from fields_of_row(piece, order)
            case Constant():
                pass


class _Level:
    """Rows of one entity under one name, and what is joined to them."""

    def __init__(
        self,
        rows: FromClause,
        entity: Entity,
        order: Sequence[Order],
        slices: Sequence[Selection],
    ) -> None:
        self.source = rows
        self._rows = rows
        self._entity = entity
        self._values = RowText(rows, entity)
        self._order = order
        self._slices = slices
        self._counts: list[Expression] = []

    def further(self) -> Expression:
        """How many rows are joined to a row, and to those in turn."""
        return sum(self._counts[1:], self._counts[0]) if self._counts else _NOTHING

    def object(self, item: Object) -> Parts:
        """The text of an object of the row."""
        parts = members((key, self._piece(piece)) for key, piece in item.members)
        if item.condition is None or self._entity.fields[item.condition].required:
            return parts
        missing = constant(DOUBT if item.is_required else NULL)
        is_missing = self._rows.c[item.condition].is_(None)
        return [case((is_missing, missing), else_=put_together(parts))]

    def _piece(self, piece: Piece) -> Parts:
        match piece:
            case Constant(json):
                return [json]
            case Object():
                return self.object(piece)
            case RowCursor(number):
                return self.cursor(number)
            case RelatedOne():
                return [self._one(piece)]
            case RelatedMany(relation, page) | RelatedPage(relation, page):
                return [self._page(relation, page)]
            case _:
                return self._values.value(piece)

    def cursor(self, number: int) -> Parts:
        """A hole with the values by which the row is sorted."""
        return self._values.hole(number, [each.field for each in self._order])

    def _one(self, piece: RelatedOne) -> Expression:
        relation = piece.relation
        entity = ENTITIES[relation.entity]
        rows = TABLES[relation.entity].alias(f"t{relation.number}")
        level = _Level(rows, entity, (), self._slices)
        text = put_together(level.object(piece.item))
        if entity.name == "customer":
            # One that was merged away is found by following it, which takes another statement.
            text = case((rows.c.superseded_by.is_(None), text), else_=constant(DOUBT))
        query = select(text.label("j"), (_ONE + level.further()).label("n"))
        found = self._related(query, relation, level.source, rows).limit(_ONE)
        joined = self._join(found, relation, is_outer=True)
        self._counts.append(func.coalesce(joined.c.n, _NOTHING))
        return or_else(joined.c.j, is_required=piece.is_required)

    def _page(self, relation: Relation, page: PageRows | PageObject) -> Expression:
        selection = self._slices[relation.number]
        made = _Page(relation, selection, page, self._rows, self._slices)
        joined = self._join(made.query, relation, is_outer=False)
        self._counts.append(joined.c.n)
        return joined.c.j

    def _related(
        self, query: Select[Any, Any], relation: Relation, source: FromClause, rows: FromClause
    ) -> Select[Any]:
        selection = self._slices[relation.number]
        conditions = related(relation, selection, rows=rows, parent=self._rows)
        return query.select_from(source).where(*conditions).correlate(self._rows)

    def _join(
        self, query: Select[Any, Any], relation: Relation, *, is_outer: bool
    ) -> LateralFromClause:
        joined = query.correlate(self._rows).lateral(f"j{relation.number}")
        self.source = self.source.join(joined, true(), isouter=is_outer)
        return joined


def related(
    relation: Relation, selection: Selection, *, rows: FromClause, parent: FromClause | None
) -> Sequence[ColumnElement[bool]]:
    """What ties rows of a relation to their parent, and which of them are wanted."""
    entity = ENTITIES[relation.entity]
    wanted = conditions_of(selection, entity, relation.match, rows=rows)
    if parent is None:
        return wanted
    pairs = zip(relation.match, relation.key, strict=True)
    return and_(*(rows.c[match] == parent.c[key] for match, key in pairs)), *wanted


class _Page:
    """The rows of a relation, put together."""

    def __init__(
        self,
        relation: Relation,
        selection: Selection,
        page: PageRows | PageObject,
        parent: FromClause | None,
        slices: Sequence[Selection],
    ) -> None:
        self._relation = relation
        self._selection = selection
        self._pieces = list(_pieces(page))
        self._is_numbered = selection.is_backward or any(
            isinstance(each, PageCursor) or self._peeks(each) for each in self._pieces
        )
        self._rows = self._cut(parent)
        entity = ENTITIES[relation.entity]
        self._level = _Level(self._rows, entity, self._selection.order, slices)
        text = put_together(self._text(page))
        count = self._count()
        self.query = select(text.label("j"), count.label("n")).select_from(self._level.source)

    @property
    def _limit(self) -> Expression:
        return bindparam(limit_name(self._relation.number), type_=BigInteger())

    def _peeks(self, piece: PagePiece) -> bool:
        """Whether a piece says if rows lie beyond where the reading ends."""
        return (
            isinstance(piece, PageEdge)
            and piece.is_end != self._selection.is_backward
            and self._selection.is_limited
        )

    def _cut(self, parent: FromClause | None) -> FromClause:
        """As many rows as wanted, and one more if a piece wants to know whether there is one."""
        relation, selection = self._relation, self._selection
        table = TABLES[relation.entity].alias(f"t{relation.number}")
        query = (
            select(*(table.c[each] for each in dict.fromkeys(self._fields())))
            .where(*related(relation, selection, rows=table, parent=parent))
            .order_by(*ordering(selection.order, rows=table))
        )
        if selection.is_limited:
            peeks = any(map(self._peeks, self._pieces))
            query = query.limit(self._limit + _ONE if peeks else self._limit)
        rows = _beside(query, parent, f"x{relation.number}")
        if not self._is_numbered:
            return rows
        place = func.row_number().over().label("page_place")
        total = func.count().over().label("page_total")
        return _beside(select(*rows.c, place, total), parent, f"y{relation.number}")

    def _fields(self) -> Iterator[str]:
        for piece in self._pieces:
            match piece:
                case PageRows(item):
                    yield from fields_of_row(item, self._selection.order)
                case PageCursor():
                    yield from (each.field for each in self._selection.order)
        yield ENTITIES[self._relation.entity].key[0]

    def _text(self, piece: PagePiece) -> Parts:
        match piece:
            case Constant(json):
                return [json]
            case PageObject():
                return members((key, self._text(inner)) for key, inner in piece.members)
            case PageRows(item):
                return [listed(self._gathered(put_together(self._level.object(item))))]
            case PageEdge():
                return [self._edge(piece)]
            case PageCursor(number, is_end):
                return [self._cursor(number, is_end=is_end)]

    def _gathered(self, item: Expression) -> Expression:
        if self._selection.is_backward:
            item = func.string_agg(item, aggregate_order_by(_COMMA, self._rows.c.page_place.desc()))
        else:
            item = func.string_agg(item, _COMMA)
        return self._within(item)

    def _within(self, aggregate: Any) -> Expression:
        """An aggregate over the rows of the page, without the one behind its end."""
        if not any(map(self._peeks, self._pieces)):
            return aggregate  # type: ignore[no-any-return]  # an expression of SQLAlchemy
        return aggregate.filter(self._rows.c.page_place <= self._limit)  # type: ignore[no-any-return]

    def _edge(self, piece: PageEdge) -> Expression:
        if self._peeks(piece):
            return text_of(func.count() > self._limit)
        if piece.is_end == self._selection.is_backward:
            return constant("true" if self._selection.begins_later else "false")
        return constant("false")

    def _cursor(self, number: int, *, is_end: bool) -> Expression:
        place: Expression = literal_column("1")
        if is_end != self._selection.is_backward:
            place = func.least(self._rows.c.page_total, self._limit)
        hole = put_together(self._level.cursor(number))
        # There is one such row at most, and none in a page of no rows.
        is_it = and_(self._rows.c.page_place == place, self._rows.c.page_place <= self._limit)
        return func.coalesce(func.max(hole).filter(is_it), constant(NULL))

    def _count(self) -> Expression:
        further = self._level.further()
        if further is _NOTHING:
            return self._within(func.count())
        total = func.coalesce(self._within(func.sum(_ONE + further)), _NOTHING)
        return cast(total, BigInteger())


def _beside(query: Select[Any], parent: FromClause | None, name: str) -> FromClause:
    """The rows of a query that may look at the parent, where there is one."""
    return query.subquery(name) if parent is None else query.correlate(parent).lateral(name)


def _pieces(page: PageRows | PageObject) -> Iterator[PagePiece]:
    if isinstance(page, PageObject):
        for _, piece in page.members:
            yield piece
            if isinstance(piece, PageObject):
                yield from _pieces(piece)
    else:
        yield page
