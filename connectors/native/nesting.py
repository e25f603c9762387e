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
    Lateral,
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
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, aggregate_order_by

from connectors.native.selection import conditions_of, ordering
from connectors.native.shape import Selection, Shape
from connectors.native.tables import TABLES
from connectors.native.text import (
    NULL,
    Expression,
    Parts,
    constant,
    or_else,
    put_together,
    string,
    text_of,
    written,
)
from connectors.nest import (
    BETWEEN,
    DOUBT,
    HOLE,
    Constant,
    Entry,
    Hole,
    Identifier,
    Items,
    Nest,
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
from domain.entity import Entity, FieldType
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


def limit_name(number: int) -> str:
    """The name of the bind that takes the limit of a slice."""
    return f"limit{number}"


def nested(nest: Nest, rows: FromClause, *, entity: Entity, shape: Shape) -> Nested:
    """What makes the texts of `rows`, which have at least the columns of `fields_of_row`."""
    level = _Level(rows, entity, shape.selection.order, shape.slices)
    parts: list[str | Expression] = []
    for number, item in enumerate(nest.items):
        parts += [BETWEEN if number else "", *level.object(item)]
    text = func.convert_to(put_together(parts), constant("UTF8"), type_=BYTEA())
    return Nested(text, level.further(), level.source)


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
        self._order = order
        self._slices = slices
        self._counts: list[Expression] = []

    def further(self) -> Expression:
        """How many rows are joined to a row, and to those in turn."""
        return sum(self._counts[1:], self._counts[0]) if self._counts else _NOTHING

    def object(self, item: Object) -> Parts:
        """The text of an object of the row."""
        parts: list[str | Expression] = []
        for number, (key, piece) in enumerate(item.members):
            parts += [f'{"," if number else "{"}"{key}":', *self._piece(piece)]
        parts.append("}" if item.members else "{}")
        if item.condition is None or self._entity.fields[item.condition].required:
            return parts
        missing = constant(DOUBT if item.is_required else NULL)
        is_missing = self._rows.c[item.condition].is_(None)
        return [case((is_missing, missing), else_=put_together(parts))]

    def _piece(self, piece: Piece) -> Parts:
        match piece:
            case Constant(json):
                return [json]
            case Scalar():
                return [self._scalar(piece)]
            case Texts():
                return [self._texts(piece)]
            case Identifier():
                return self._identifier(piece)
            case Items():
                return [self._items(piece)]
            case Object():
                return self.object(piece)
            case Hole(number, fields):
                return self._hole(number, fields)
            case RowCursor(number):
                return self.cursor(number)
            case RelatedOne():
                return [self._one(piece)]
            case RelatedMany(relation, item):
                return [self._page(relation, PageRows(item))]
            case RelatedPage(relation, page):
                return [self._page(relation, page)]

    def cursor(self, number: int) -> Parts:
        """A hole with the values by which the row is sorted."""
        return self._hole(number, [each.field for each in self._order])

    def _column(self, field: str) -> Expression:
        return self._rows.c[field]

    def _missing(self, field: str, value: Expression, *, is_required: bool) -> Expression:
        if self._entity.fields[field].required:
            return value
        return or_else(value, is_required=is_required)

    def _scalar(self, piece: Scalar) -> Expression:
        value = written(self._column(piece.field), piece.form)
        return self._missing(piece.field, value, is_required=piece.is_required)

    def _texts(self, piece: Texts) -> Expression:
        column = self._column(piece.field)
        text: Expression = text_of(column)
        if piece.has_required_items:
            with_null = column.op("@>", is_comparison=True)(_json("[null]"))
            text = case((with_null, constant(DOUBT)), else_=text)
        return self._missing(piece.field, text, is_required=piece.is_required)

    def _identifier(self, piece: Identifier) -> Parts:
        types = {self._entity.fields[each].value_type for each in piece.fields}
        parts: list[str | Expression] = []
        for field in piece.fields:
            parts += [":" if parts else f"{piece.prefix}:", self._plain(field)]
        if types == {FieldType.UUID}:
            return ['"', *parts, '"']
        return [string(put_together(parts))]

    def _plain(self, field: str) -> Expression:
        is_text = self._entity.fields[field].value_type is FieldType.TEXT
        return self._column(field) if is_text else text_of(self._column(field))

    def _items(self, piece: Items) -> Expression:
        column = self._column(piece.field)
        item_value: ColumnElement[Any] = sql_column("value", JSONB())
        items = func.jsonb_array_elements(column).table_valued(item_value, name="i")
        items = items.render_derived(name="i")
        value = items.c.value
        parts: list[str | Expression] = []
        for number, (key, entry) in enumerate(piece.members):
            parts += [f'{"," if number else "{"}"{key}":', *_entry(value, entry)]
        parts.append("}" if piece.members else "{}")
        nothing = constant(DOUBT if piece.has_required_items else NULL)
        item = case((value == _json(NULL), nothing), else_=put_together(parts))
        listed = select(_listed(func.string_agg(item, _COMMA))).select_from(items)
        text = case((column.is_not(None), listed.correlate(self._rows).scalar_subquery()))
        return self._missing(piece.field, text, is_required=piece.is_required)

    def _hole(self, number: int, fields: Sequence[str]) -> Parts:
        values = func.json_build_array(*(self._exact(each) for each in fields))
        return [f"{HOLE}{number}:", text_of(values), HOLE]

    def _exact(self, field: str) -> Expression:
        """A value that JSON keeps as it is; of decimals it would lose digits."""
        is_decimal = self._entity.fields[field].value_type is FieldType.DECIMAL
        return text_of(self._column(field)) if is_decimal else self._column(field)

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

    def _page(self, relation: Relation, page: "PageRows | PageObject") -> Expression:
        selection = self._slices[relation.number]
        made = _Page(relation, selection, page, self._rows, self._slices)
        joined = self._join(made.query, relation, is_outer=False)
        self._counts.append(joined.c.n)
        return joined.c.j

    def _related(
        self, query: Select[Any], relation: Relation, source: FromClause, rows: FromClause
    ) -> Select[Any]:
        selection = self._slices[relation.number]
        conditions = related(relation, selection, rows=rows, parent=self._rows)
        return query.select_from(source).where(*conditions).correlate(self._rows)

    def _join(self, query: Select[Any], relation: Relation, *, is_outer: bool) -> Lateral:
        joined = query.correlate(self._rows).lateral(f"j{relation.number}")
        self.source = self.source.join(joined, true(), isouter=is_outer)
        return joined


def related(
    relation: Relation, selection: Selection, *, rows: FromClause, parent: FromClause
) -> Sequence[ColumnElement[bool]]:
    """What ties rows of a relation to their parent, and which of them are wanted."""
    pairs = zip(relation.match, relation.key, strict=True)
    link = and_(*(rows.c[match] == parent.c[key] for match, key in pairs))
    entity = ENTITIES[relation.entity]
    return link, *conditions_of(selection, entity, relation.match, rows=rows)


class _Page:
    """The rows of a relation, put together."""

    def __init__(
        self,
        relation: Relation,
        selection: Selection,
        page: PageRows | PageObject,
        parent: FromClause,
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

    def _cut(self, parent: FromClause) -> FromClause:
        """As many rows as wanted, and one more if a piece wants to know whether there is one."""
        relation, selection = self._relation, self._selection
        table = TABLES[relation.entity].alias(f"t{relation.number}")
        query = (
            select(*(table.c[each] for each in dict.fromkeys(self._fields())))
            .where(*related(relation, selection, rows=table, parent=parent))
            .order_by(*ordering(selection.order, rows=table))
            .correlate(parent)
        )
        if selection.is_limited:
            peeks = any(map(self._peeks, self._pieces))
            query = query.limit(self._limit + _ONE if peeks else self._limit)
        rows = query.lateral(f"x{relation.number}")
        if not self._is_numbered:
            return rows
        place = func.row_number().over().label("page_place")
        total = func.count().over().label("page_total")
        return select(*rows.c, place, total).correlate(parent).lateral(f"y{relation.number}")

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
            case PageObject(members):
                parts: list[str | Expression] = []
                for number, (key, inner) in enumerate(members):
                    parts += [f'{"," if number else "{"}"{key}":', *self._text(inner)]
                return [*parts, "}" if members else "{}"]
            case PageRows(item):
                return [_listed(self._gathered(put_together(self._level.object(item))))]
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
        # There is one such row at most.
        return func.coalesce(
            func.max(hole).filter(self._rows.c.page_place == place), constant(NULL)
        )

    def _count(self) -> Expression:
        further = self._level.further()
        if further is _NOTHING:
            return self._within(func.count())
        total = func.coalesce(self._within(func.sum(_ONE + further)), _NOTHING)
        return cast(total, BigInteger())


def _listed(items: Expression) -> Expression:
    return put_together(["[", func.coalesce(items, constant("")), "]"])


def _entry(value: Expression, entry: Entry | Constant) -> Parts:
    if isinstance(entry, Constant):
        return [entry.json]
    text = text_of(value.op("->")(constant(entry.name)))
    if entry.is_required:
        text = func.nullif(text, constant(NULL))
    return [or_else(text, is_required=entry.is_required)]


def _json(text: str) -> Expression:
    return literal_column(f"'{text}'::jsonb", JSONB())


def _pieces(page: PageRows | PageObject) -> Iterator[PagePiece]:
    if isinstance(page, PageObject):
        for _, piece in page.members:
            yield piece
            if isinstance(piece, PageObject):
                yield from _pieces(piece)
    else:
        yield page
