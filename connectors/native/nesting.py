"""Nests as SQL: the text of a row, and joined to the row what hangs on it.

Every relation is a limited sub-select over an index `(foreign key, order, key)`, joined with
`LATERAL`, whose rows are put together to one JSON array; so the whole nest is one statement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connectors.native.fragment import Arguments, quoted, reading
from connectors.native.row_text import RowText
from connectors.native.shape import Selection, Tail, limit_name, slice_prefix
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
    WITNESS,
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

_NOTHING = "0"


@dataclass(frozen=True, slots=True)
class Nested:
    """The text of each row of `source` as bytes, and how many further rows it holds."""

    text: str
    count: str
    source: str


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes the nest of one statement, whose arguments are numbered as they are named."""

    tail: Tail
    arguments: Arguments = field(default_factory=Arguments)

    def nested(self, source: str, name: str, entity: Entity, order: Sequence[Order]) -> Nested:
        """What makes the texts of rows, which are the `source` and go by `name` in it."""
        level = _Level(self, source, RowText(name, entity), order)
        parts: list[str] = []
        for number, item in enumerate(self.tail.nest.items):
            parts += [BETWEEN if number else "", *level.object(item)]
        if self.tail.nest.has_witness:
            parts += [WITNESS, level.witnesses() or ""]
        return Nested(as_bytes(put_together(parts)), level.further(), level.source)

    def page(self, page: RelatedPage) -> Nested:
        """What makes the text of a page of a whole entity, in a single row."""
        query = _Page(self, page.relation, page.page, parent=None).query
        has_witness = self.tail.nest.has_witness
        text = f"r.j || {constant(WITNESS)} || r.w" if has_witness else "r.j"
        # The row is no record of its own.
        return Nested(as_bytes(text), "r.n - 1", f"({query}) AS r")

    def selection(self, relation: Relation) -> Selection:
        """Which rows of a relation are wanted."""
        return self.tail.slices[relation.number]

    def limit(self, relation: Relation) -> str:
        """The place of the limit of a relation."""
        return f"{self.arguments.place(limit_name(relation.number))}::bigint"

    def wheres(self, relation: Relation, rows: str, parent: str | None) -> Sequence[str]:
        """What ties rows of a relation to their parent, and which of them are wanted.

        They are several where the rows are read in parts.
        """
        found = reading(relation.entity, relation.match, self.selection(relation))
        pairs = zip(relation.match, relation.key, strict=True)
        links = [f"{rows}.{quoted(match)} = {parent}.{quoted(key)}" for match, key in pairs]
        prefix = slice_prefix(relation.number)
        put = [self.arguments.put(each, rows=rows, prefix=prefix) for each in found.wheres]
        joined = [" AND ".join([*links, each] if each else links) for each in put]
        return [f" WHERE {each}" if each else "" for each in joined]

    def order(self, relation: Relation, rows: str) -> str:
        """How the rows of a relation are sorted."""
        found = reading(relation.entity, relation.match, self.selection(relation))
        prefix = slice_prefix(relation.number)
        return f" ORDER BY {self.arguments.put(found.order, rows=rows, prefix=prefix)}"


def as_bytes(text: str) -> str:
    """A text as UTF-8."""
    return f"convert_to({text}, 'UTF8')"


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
        self, composer: Composer, source: str, values: RowText, order: Sequence[Order]
    ) -> None:
        self.source = source
        self._composer = composer
        self._values = values
        self._order = order
        self._counts: list[str] = []
        self._witnesses: list[Expression] = []

    def further(self) -> str:
        """How many rows are joined to a row, and to those in turn."""
        return " + ".join(self._counts) or _NOTHING

    def witnesses(self, field: str | None = None) -> Expression | None:
        """What is told behind the text of the row, where it has such a field, and of what is below.

        `None` where that is nothing.
        """
        told = [] if field is None else [_told(self._values.column(field))]
        told += self._witnesses
        return put_together(told) if told else None

    def object(self, item: Object) -> Parts:
        """The text of an object of the row."""
        parts = members((key, self._piece(piece)) for key, piece in item.members)
        if item.condition is None or self._values.entity.fields[item.condition].required:
            return parts
        missing = constant(DOUBT if item.is_required else NULL)
        column = self._values.column(item.condition)
        return [
            Expression(f"CASE WHEN {column} IS NULL THEN {missing} ELSE {put_together(parts)} END")
        ]

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
        name, joined = f"t{relation.number}", f"j{relation.number}"
        table = f"{quoted(relation.entity)} AS {name}"
        level = _Level(self._composer, table, RowText(name, entity), ())
        text: str = put_together(level.object(piece.item))
        if entity.name == "customer":
            # One that was merged away is found by following it, which takes another statement.
            text = f"CASE WHEN {name}.superseded_by IS NULL THEN {text} ELSE {constant(DOUBT)} END"
        (where,) = self._composer.wheres(relation, name, self._values.name)
        columns = f"{text} AS j, 1 + {level.further()} AS n"
        told = level.witnesses(relation.witness)
        if told is not None:
            columns += f", {told} AS w"
            self._witnesses.append(Expression(f"coalesce({joined}.w, '')"))
        query = f"SELECT {columns} FROM {level.source}{where} LIMIT 1"  # noqa: S608  # names of the plan and of our own tables only
        self.source += f" LEFT JOIN LATERAL ({query}) AS {joined} ON true"
        self._counts.append(f"coalesce({joined}.n, 0)")
        return or_else(Expression(f"{joined}.j"), is_required=piece.is_required)

    def _page(self, relation: Relation, page: PageRows | PageObject) -> Expression:
        made = _Page(self._composer, relation, page, parent=self._values.name)
        query, joined = made.query, f"j{relation.number}"
        if made.has_witness:
            self._witnesses.append(Expression(f"{joined}.w"))
        self.source += f" CROSS JOIN LATERAL ({query}) AS {joined}"
        self._counts.append(f"{joined}.n")
        return Expression(f"{joined}.j")


class _Page:
    """The rows of a relation, put together."""

    def __init__(
        self,
        composer: Composer,
        relation: Relation,
        page: PageRows | PageObject,
        *,
        parent: str | None,
    ) -> None:
        self._composer = composer
        self._relation = relation
        self._selection = composer.selection(relation)
        self._pieces = list(_pieces(page))
        self._is_numbered = self._selection.is_backward or any(
            isinstance(each, PageCursor) or self._peeks(each) for each in self._pieces
        )
        self._rows = f"{'y' if self._is_numbered else 'x'}{relation.number}"
        values = RowText(self._rows, ENTITIES[relation.entity])
        source = self._cut(parent)
        self._level = _Level(composer, source, values, self._selection.order)
        text = put_together(self._text(page))
        columns = f"{text} AS j, {self._count()} AS n"
        told = self._level.witnesses(relation.witness)
        self.has_witness = told is not None
        if told is not None:
            gathered = self._within(f"string_agg({told}, '')")
            columns += f", coalesce({gathered}, '') AS w"
        self.query = f"SELECT {columns} FROM {self._level.source}"  # noqa: S608  # names of the plan and of our own tables only

    @property
    def _limit(self) -> str:
        return self._composer.limit(self._relation)

    def _peeks(self, piece: PagePiece) -> bool:
        """Whether a piece says if rows lie beyond where the reading ends."""
        return (
            isinstance(piece, PageEdge)
            and piece.is_end != self._selection.is_backward
            and self._selection.is_limited
        )

    def _cut(self, parent: str | None) -> str:
        """As many rows as wanted, and one more if a piece wants to know whether there is one."""
        relation = self._relation
        name, beside = f"t{relation.number}", "" if parent is None else "LATERAL "
        fields = list(dict.fromkeys(self._fields()))
        order = self._composer.order(relation, name)
        limit = ""
        if self._selection.is_limited:
            more = " + 1" if any(map(self._peeks, self._pieces)) else ""
            limit = f" LIMIT {self._limit}{more}"
        source = self._read(fields, name, parent, f"{order}{limit}")
        columns = ", ".join(f"{name}.{quoted(each)}" for each in fields)
        rows = f"{beside}(SELECT {columns} FROM {source}{order}{limit}) AS x{relation.number}"  # noqa: S608  # names of the plan and of our own tables only
        if not self._is_numbered:
            return rows
        place = "row_number() OVER () AS page_place, count(*) OVER () AS page_total"
        return f"{beside}(SELECT x{relation.number}.*, {place} FROM {rows}) AS {self._rows}"  # noqa: S608  # names of the plan and of our own tables only

    def _read(self, fields: Sequence[str], name: str, parent: str | None, cut: str) -> str:
        """The table with the conditions on it; in parts where no index holds all of them.

        Every part is sorted and `cut`: PostgreSQL would read it to its end otherwise.
        """
        table = f"{quoted(self._relation.entity)} AS {name}"
        wheres = self._composer.wheres(self._relation, name, parent)
        if len(wheres) == 1:
            return f"{table}{wheres[0]}"
        known = dict.fromkeys([*fields, *(each.field for each in self._selection.order)])
        columns = ", ".join(f"{name}.{quoted(each)}" for each in known)
        parts = " UNION ALL ".join(f"(SELECT {columns} FROM {table}{each}{cut})" for each in wheres)  # noqa: S608  # names of the plan and of our own tables only
        return f"({parts}) AS {name}"

    def _fields(self) -> Iterator[str]:
        for piece in self._pieces:
            match piece:
                case PageRows(item):
                    yield from fields_of_row(item, self._selection.order)
                case PageCursor():
                    yield from (each.field for each in self._selection.order)
        if self._relation.witness is not None:
            yield self._relation.witness
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

    def _gathered(self, item: Expression) -> str:
        back = f" ORDER BY {self._rows}.page_place DESC" if self._selection.is_backward else ""
        return self._within(f"string_agg({item}, ','{back})")

    def _within(self, aggregate: str) -> str:
        """An aggregate over the rows of the page, without the one behind its end."""
        if not any(map(self._peeks, self._pieces)):
            return aggregate
        return f"{aggregate} FILTER (WHERE {self._rows}.page_place <= {self._limit})"

    def _edge(self, piece: PageEdge) -> Expression:
        if self._peeks(piece):
            return text_of(f"count(*) > {self._limit}")
        if piece.is_end == self._selection.is_backward:
            return constant("true" if self._selection.begins_later else "false")
        return constant("false")

    def _cursor(self, number: int, *, is_end: bool) -> Expression:
        rows, is_limited = self._rows, self._selection.is_limited
        place, within = "1", f" AND {rows}.page_place <= {self._limit}" if is_limited else ""
        if is_end != self._selection.is_backward:
            total = f"{rows}.page_total"
            place = f"least({total}, {self._limit})" if is_limited else total
        hole = put_together(self._level.cursor(number))
        # There is one such row at most, and none in a page of no rows.
        is_it = f"{rows}.page_place = {place}{within}"
        return Expression(f"coalesce(max({hole}) FILTER (WHERE {is_it}), 'null')")

    def _count(self) -> str:
        further = self._level.further()
        if further == _NOTHING:
            return self._within("count(*)")
        return f"coalesce({self._within(f'sum(1 + {further})')}, 0)::bigint"


def _told(column: str) -> Expression:
    """A value behind the text, with a comma behind it; nothing where it is missing."""
    return Expression(f"coalesce({column}::text || ',', '')")


def _pieces(page: PageRows | PageObject) -> Iterator[PagePiece]:
    if isinstance(page, PageObject):
        for _, piece in page.members:
            yield piece
            if isinstance(piece, PageObject):
                yield from _pieces(piece)
    else:
        yield page
