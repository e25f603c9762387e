"""The planner: from an operation to steps and shapes, once per document and kept.

Plan resolvers, found on the fields of the schema, say where each value comes from; the planner
collects fields as the specification does, and writes one shape per selection set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from domain.access.subject import further_subject
from domain.catalogue import ENTITIES
from resolvers.argument import Arguments, Binding
from resolvers.asked import Asked
from resolvers.audit import AUDITED, Notes, Reading
from resolvers.collection import Collector
from resolvers.field import PlanField, PlanResolver, column, masked
from resolvers.fusion import Fusion
from resolvers.level import mark_levels
from resolvers.nesting import Nester, Unnestable
from resolvers.run import Shape
from resolvers.scope import PageScope, RowScope, Scope, ValueScope
from resolvers.shape import Module, ObjectShape, Slot
from resolvers.site import SiteNote, note
from resolvers.value import Value
from resolvers.visibility import MASK, VISIBILITY, Visibility

INTROSPECTION = frozenset({"__schema", "__type"})


Nesting: TypeAlias = Callable[[str], bool]
"""Whether an entity is kept by one source that can make a text of all that hangs on a row."""


class RootScope(ValueScope):
    """What root fields stand on: one parent without values."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, planned: what to do, and the function that makes the answer of it.

    `introspection` are the root fields that graphql-core answers, by response key. `reading` is
    what it reads of customers, where that is to be told.
    """

    root: RootScope
    shape: Shape
    width: int
    sites: Sequence[SiteNote]
    bindings: Sequence[tuple[Arguments, Binding]]
    introspection: Mapping[str, Sequence[FieldNode]]
    is_serial: bool
    reading: Reading | None = None


@dataclass(slots=True)
class Planner:
    """Plans one operation. `conditions` are the variables that `@skip` and `@include` look at.

    `nesting` says of which entities rows are fused with what hangs on them; without it of none.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool]
    nesting: Nesting | None = None
    _fusions: list[Fusion] = field(default_factory=list)
    _module: Module = field(default_factory=Module)
    _sites: list[SiteNote] = field(default_factory=list)
    _bindings: list[tuple[Arguments, Binding]] = field(default_factory=list)
    _introspection: dict[str, Sequence[FieldNode]] = field(default_factory=dict)
    _width: int = 0
    _notes: Notes | None = None

    def __post_init__(self) -> None:
        """Take notes where the plan is to tell what it reads."""
        if self.schema.extensions.get(AUDITED):
            self._notes = Notes()

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        """The plan of an operation that was validated."""
        root_type = self.schema.get_root_type(operation.operation)
        if root_type is None:
            raise ValueError(f"the schema has no {operation.operation.value}")
        root = RootScope()
        name = self._object(root_type, [operation.selection_set], root)
        functions = self._module.compiled()
        for fusion in self._fusions:
            fusion.bind(functions)
        mark_levels(root)
        is_serial = operation.operation is OperationType.MUTATION
        commands = [each.index for each in root.steps] if is_serial else []
        return Plan(
            root=root,
            shape=functions[name],
            width=self._width,
            sites=self._sites,
            bindings=self._bindings,
            introspection=self._introspection,
            is_serial=is_serial,
            reading=None if self._notes is None else self._notes.reading(commands),
        )

    def new_index(self) -> int:
        """A number for the rows of a new step."""
        self._width += 1
        return self._width - 1

    def bind(self, arguments: Arguments, binding: Binding) -> int:
        """Have something made of arguments at the start of each run; gives its number."""
        self._bindings.append((arguments, binding))
        return len(self._bindings) - 1

    @property
    def is_audited(self) -> bool:
        """Whether the plan is to tell whom it reads."""
        return self._notes is not None

    @property
    def visibility(self) -> Visibility | None:
        """What the role sees that the plan is for; `None` where that is everything."""
        found: Visibility | None = self.schema.extensions.get(VISIBILITY)
        return found

    def note_rows(self, index: int, scope: RowScope, subject: str | None) -> None:
        """Have it told whom the rows of a step are about, by the field `subject` if it is new."""
        if self._notes is not None:
            self._notes.rows(index, scope, subject)

    def witness(self, entity: str, match: tuple[str, ...], key: tuple[str, ...]) -> str | None:
        """The field of related rows that is to be told behind the text."""
        found = ENTITIES[entity]
        return None if self._notes is None else further_subject(found, match, key)

    def can_nest(self, entity: str) -> bool:
        """Whether an entity can be part of a nest."""
        return self.nesting is not None and self.nesting(entity)

    def fields(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> Mapping[str, Sequence[FieldNode]]:
        """The fields to answer for an object, by response key, in the order of the response."""
        return Collector(self.schema, self.fragments, self.conditions).fields(type_, selections)

    def asked(self, type_: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Asked:
        """A field of an object."""
        definition = type_.fields[nodes[0].name.value]
        if self._notes is not None:
            self._notes.field(type_.name, definition, nodes[0].name.value)
        self._sites.append(note(type_.name, nodes))
        return Asked(Slot(key, definition.type, len(self._sites) - 1), definition, nodes)

    def value(self, asked: Asked, scope: Scope) -> Value:
        """What the plan resolver of a field says."""
        arguments = Arguments(asked.definition, asked.nodes[0])
        return plan_resolver_of(asked.definition)(PlanField(scope, arguments, self))

    def completed(self, asked: Asked, scope: Scope) -> str:
        """The name of a function that makes an object with this one field."""
        shape = ObjectShape(self._module)
        shape.add(asked.slot, self.value(asked, scope), self._shape_of(asked))
        return shape.finish()

    def _object(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], scope: Scope
    ) -> str:
        shape = ObjectShape(self._module)
        for key, nodes in self.fields(type_, selections).items():
            name = nodes[0].name.value
            if name == "__typename":
                shape.constant(key, type_.name)
            elif name in INTROSPECTION and isinstance(scope, RootScope):
                self._introspection[key] = nodes
                shape.copied(key, f"r[{key!r}]")
            else:
                asked = self.asked(type_, key, nodes)
                shape.add(asked.slot, self.value(asked, scope), self._shape_of(asked))
        return shape.finish()

    def _shape_of(self, asked: Asked) -> Callable[[Scope, str], str]:
        def shape_of(scope: Scope, type_name: str) -> str:
            type_ = self.schema.type_map[type_name] if type_name else asked.object_type
            if not isinstance(type_, GraphQLObjectType):
                raise TypeError(f"{type_} is no object type; its plan resolver must name the type")
            if isinstance(scope, RowScope) and self._fuses(scope):
                return self._fused(type_, asked.selections, scope)
            if isinstance(scope, PageScope) and scope.may_fuse and self._fuses(scope.items):
                name = self._fused_page(type_, asked.selections, scope)
                if name is not None:
                    return name
            return self._object(type_, asked.selections, scope)

        return shape_of

    def _fuses(self, scope: RowScope) -> bool:
        return not scope.is_apart and self.can_nest(scope.entity.name)

    def _fused(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], scope: RowScope
    ) -> str:
        fusion = scope.fusion
        if not isinstance(fusion, Fusion):
            fusion = Fusion()
            scope.fusion = fusion
            self._fusions.append(fusion)
        number = Nester(self, fusion).add(type_, selections, scope)
        return self._module.give(fusion.completer(number))

    def _fused_page(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], scope: PageScope
    ) -> str | None:
        """A page in one text; none where something in it needs its rows one by one."""
        fusion = Fusion()
        try:
            Nester(self, fusion).add_page(type_, selections, scope)
        except Unnestable:
            scope.may_fuse = False
            return None
        scope.items.fusion = fusion
        self._fusions.append(fusion)
        return self._module.give(fusion.page_completer(scope.index))


def plan_resolver_of(definition: GraphQLField) -> PlanResolver:
    """The plan resolver of a field; without one the column of the field's own name."""
    declared = definition.extensions["strawberry-definition"]
    resolver: PlanResolver = declared.metadata.get("plan") or column(declared.python_name)
    mask = definition.extensions.get(MASK)
    return resolver if mask is None else masked(resolver, mask)
