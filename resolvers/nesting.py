"""Nesting: from the selection set on a row to a nest, once per document.

Whatever hangs on the row and is kept beside it goes into one text, which the source of the row
makes. What cannot be said in it becomes a hole, which is planned as it would be without a nest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode

from connectors.nest import (
    Constant,
    Entry,
    Form,
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
from connectors.nest import Hole as NestedHole
from domain.entity import FieldType
from resolvers import value as planned
from resolvers.asked import Asked
from resolvers.fusion import CursorHole, Fusion, Hole
from resolvers.scope import PageScope, RowScope, Scope, ValueScope
from resolvers.shape import wrapping_of
from resolvers.step import ManyStep, OneStep, PageStep

_FORMS: Final[Mapping[tuple[str, FieldType], Form]] = {
    ("String", FieldType.TEXT): Form.TEXT,
    ("Int", FieldType.INTEGER): Form.INTEGER,
    ("Boolean", FieldType.BOOLEAN): Form.BOOLEAN,
    ("Decimal", FieldType.DECIMAL): Form.DECIMAL,
    ("DateTime", FieldType.DATETIME): Form.DATETIME,
    ("JSON", FieldType.JSON): Form.JSON,
}
_COPIED: Final = frozenset({"String", "Boolean"})
"""The types of entries in stored mappings that are written as they are stored."""


class Unnestable(Exception):
    """Something of a selection set cannot be part of a text, nor a hole in it."""


class Planning(Protocol):
    """What nesting needs of the planner."""

    def can_nest(self, entity: str) -> bool:
        """Whether an entity can be part of a nest."""
        ...

    def new_index(self) -> int:
        """A number for the rows of a new step."""
        ...

    def witness(self, entity: str, match: tuple[str, ...], key: tuple[str, ...]) -> str | None:
        """The field of related rows that is to be told behind the text."""
        ...

    def fields(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> Mapping[str, Sequence[FieldNode]]:
        """The fields to answer for an object, by response key, in the order of the response."""
        ...

    def asked(self, type_: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Asked:
        """A field of an object."""
        ...

    def value(self, asked: Asked, scope: Scope) -> planned.Value:
        """What the plan resolver of a field says."""
        ...

    def completed(self, asked: Asked, scope: Scope) -> str:
        """The name of a function that makes an object with this one field."""
        ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a selection set stands. `row` is the scope of the row; `prefix` as in `Hole`."""

    scope: Scope
    row: RowScope
    prefix: tuple[str, ...] | None

    def inside(self, scope: Scope, key: str) -> "_Place":
        prefix = None if self.prefix is None else (*self.prefix, key)
        return _Place(scope, self.row, prefix)


@dataclass(slots=True)
class Nester:
    """Adds selection sets on the rows of one scope to what is fused into them."""

    planning: Planning
    fusion: Fusion

    def add(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], scope: RowScope
    ) -> int:
        """Add one selection set; gives the number of its object."""
        row = _apart(scope)
        self.fusion.items.append(self._object(type_, selections, _Place(row, row, ())))
        return len(self.fusion.items) - 1

    def add_page(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], scope: PageScope
    ) -> None:
        """Make one text of a page that stands alone; raises `Unnestable` where it cannot be."""
        step = scope.items.page
        if not isinstance(step, PageStep):
            raise TypeError("only the pages of a step can be fused")
        relation = self._relation(scope.items.entity.name, step)
        self.fusion.page = RelatedPage(relation, self._page(type_, selections, scope))

    def _relation(self, entity: str, step: OneStep | ManyStep | PageStep) -> Relation:
        number = len(self.fusion.relations)
        link = step.link
        witness = self.planning.witness(entity, link.match, link.key)
        relation = Relation(number, entity, link.match, link.key, witness)
        self.fusion.relations.append(relation)
        self.fusion.steps.append(step)
        return relation

    def _object(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], place: _Place
    ) -> Object:
        members: list[tuple[str, Piece]] = []
        for key, nodes in self.planning.fields(type_, selections).items():
            if nodes[0].name.value == "__typename":
                members.append((key, _typename(type_)))
            else:
                asked = self.planning.asked(type_, key, nodes)
                members.append((key, self._piece(asked, place)))
        return Object(tuple(members))

    def _piece(self, asked: Asked, place: _Place) -> Piece:
        value = self.planning.value(asked, place.scope)
        known = len(self.fusion.relations), dict(self.fusion.holes)
        try:
            piece = self._nested(asked, value, place)
        except Unnestable:
            # What was begun of it is not part of the text.
            count, self.fusion.holes = known
            del self.fusion.relations[count:], self.fusion.steps[count:]
            piece = None
        return self._hole(asked, place) if piece is None else piece

    def _nested(self, asked: Asked, value: planned.Value, place: _Place) -> Piece | None:
        """A piece of the text; none for what only a hole can hold."""
        piece: Piece | None = None
        match value:
            case planned.GlobalId(_, type_name, columns):
                piece = Identifier(type_name, columns)
            case planned.Leaf(_, str(column)):
                piece = _leaf(asked, column, place.row)
            case planned.RowCursor():
                piece = RowCursor(self._cursor(place.row))
            case planned.Items(_, _, str(column)):
                piece = self._items(asked, column)
            case planned.Inline(scope, "r"):
                piece = self._inline(asked, value, place.inside(scope, asked.slot.key))
            case planned.One() | planned.Many() | planned.Connection():
                piece = self._related(asked, value)
        return piece

    def _inline(self, asked: Asked, value: planned.Inline, place: _Place) -> Piece | None:
        if value.condition is not None and value.column is None:
            return None
        made = self._object(asked.object_type, asked.selections, place)
        is_required = wrapping_of(asked.slot.type).is_required
        return Object(made.members, value.column, is_required)

    def _items(self, asked: Asked, column: str) -> Piece | None:
        members: list[tuple[str, Entry | Constant]] = []
        scope = ValueScope()
        for key, nodes in self.planning.fields(asked.object_type, asked.selections).items():
            if nodes[0].name.value == "__typename":
                members.append((key, _typename(asked.object_type)))
                continue
            inner = self.planning.asked(asked.object_type, key, nodes)
            value = self.planning.value(inner, scope)
            wrapping = wrapping_of(inner.slot.type)
            if not isinstance(value, planned.Leaf) or value.column is None or wrapping.is_list:
                return None
            if inner.type_name not in _COPIED:
                return None
            members.append((key, Entry(value.column, wrapping.is_required)))
        wrapping = wrapping_of(asked.slot.type)
        return Items(column, tuple(members), wrapping.is_required, wrapping.has_required_items)

    def _related(
        self, asked: Asked, value: planned.One | planned.Many | planned.Connection
    ) -> Piece | None:
        step = value.step
        scope = value.scope.items if isinstance(value.scope, PageScope) else value.scope
        if not isinstance(step, OneStep | ManyStep | PageStep) or not isinstance(scope, RowScope):
            return None
        if not self.planning.can_nest(scope.entity.name):
            raise Unnestable
        relation = self._relation(scope.entity.name, step)
        if isinstance(value, planned.Connection):
            page = self._page(asked.object_type, asked.selections, value.scope)
            return RelatedPage(relation, page)
        item = self._object(asked.object_type, asked.selections, _Place(scope, scope, None))
        if isinstance(value, planned.Many):
            return RelatedMany(relation, PageRows(item))
        return RelatedOne(relation, item, wrapping_of(asked.slot.type).is_required)

    def _page(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], page: PageScope
    ) -> PageObject:
        page = PageScope(page.index, _apart(page.items))
        members: list[tuple[str, PagePiece]] = []
        for key, nodes in self.planning.fields(type_, selections).items():
            if nodes[0].name.value == "__typename":
                members.append((key, _typename(type_)))
            else:
                asked = self.planning.asked(type_, key, nodes)
                members.append((key, self._of_page(asked, page)))
        return PageObject(tuple(members))

    def _of_page(self, asked: Asked, page: PageScope) -> PagePiece:
        match self.planning.value(asked, page):
            case planned.PageRows():
                place = _Place(page.items, page.items, None)
                return PageRows(self._object(asked.object_type, asked.selections, place))
            case planned.Leaf(_, "has_next_page"):
                return PageEdge(is_end=True)
            case planned.Leaf(_, "has_previous_page"):
                return PageEdge(is_end=False)
            case planned.EndCursor(_, is_start):
                return PageCursor(self._cursor(page.items), is_end=not is_start)
            case planned.MissingSources():
                # Nothing is missing where there is one source for all of it.
                return Constant("[]")
            case planned.Inline():
                return self._page(asked.object_type, asked.selections, page)
            case _:
                raise Unnestable

    def _cursor(self, rows: RowScope) -> int:
        if rows.page is None:
            raise TypeError("only the rows of a page have cursors")
        number = self.planning.new_index()
        self.fusion.holes[number] = CursorHole(rows.entity, rows.page)
        return number

    def _hole(self, asked: Asked, place: _Place) -> NestedHole:
        if place.scope is not place.row:
            raise Unnestable
        scope = RowScope(place.row.entity, is_apart=True)
        name = self.planning.completed(asked, scope)
        if scope.steps and place.prefix is None:
            raise Unnestable
        number = self.planning.new_index()
        self.fusion.holes[number] = Hole(number, asked.slot.key, scope, name, place.prefix)
        return NestedHole(number, scope.columns)


def _apart(rows: RowScope) -> RowScope:
    """The same rows apart: what is planned on them here does not become columns or steps."""
    row = RowScope(rows.entity, is_apart=True)
    row.page = rows.page
    return row


def _typename(type_: GraphQLObjectType) -> Constant:
    return Constant(f'"{type_.name}"')


def _leaf(asked: Asked, column: str, row: RowScope) -> Piece | None:
    definition = row.entity.fields[column]
    wrapping = wrapping_of(asked.slot.type)
    if definition.value_type is FieldType.LIST:
        if definition.item is not str or asked.type_name != "String" or not wrapping.is_list:
            return None
        return Texts(column, wrapping.is_required, wrapping.has_required_items)
    if definition.value_type is FieldType.ENUM and asked.is_enum:
        return Scalar(column, Form.TEXT, wrapping.is_required)
    form = _FORMS.get((asked.type_name, definition.value_type))
    return None if form is None or wrapping.is_list else Scalar(column, form, wrapping.is_required)
