"""The planner: from an operation to steps and shapes, once per document and kept.

Plan resolvers, found on the fields of the schema, say where each value comes from; the planner
collects fields as the specification does, and writes one shape per selection set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)

from resolvers.argument import Arguments, Binding
from resolvers.collection import Collector
from resolvers.field import PlanField, PlanResolver, column
from resolvers.run import Shape
from resolvers.scope import Scope, ValueScope
from resolvers.shape import Module, ObjectShape, Slot
from resolvers.site import SiteNote, note

INTROSPECTION = frozenset({"__schema", "__type"})


class RootScope(ValueScope):
    """What root fields stand on: one parent without values."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, planned: what to do, and the function that makes the answer of it.

    `introspection` are the root fields that graphql-core answers, by response key.
    """

    root: RootScope
    shape: Shape
    width: int
    sites: Sequence[SiteNote]
    bindings: Sequence[tuple[Arguments, Binding]]
    introspection: Mapping[str, Sequence[FieldNode]]
    is_serial: bool


@dataclass(slots=True)
class Planner:
    """Plans one operation. `conditions` are the variables that `@skip` and `@include` look at."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool]
    _module: Module = field(default_factory=Module)
    _sites: list[SiteNote] = field(default_factory=list)
    _bindings: list[tuple[Arguments, Binding]] = field(default_factory=list)
    _introspection: dict[str, Sequence[FieldNode]] = field(default_factory=dict)
    _width: int = 0

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        """The plan of an operation that was validated."""
        root_type = self.schema.get_root_type(operation.operation)
        if root_type is None:
            raise ValueError(f"the schema has no {operation.operation.value}")
        root = RootScope()
        name = self._object(root_type, [operation.selection_set], root)
        return Plan(
            root=root,
            shape=self._module.compiled()[name],
            width=self._width,
            sites=self._sites,
            bindings=self._bindings,
            introspection=self._introspection,
            is_serial=operation.operation is OperationType.MUTATION,
        )

    def new_index(self) -> int:
        """A number for the rows of a new step."""
        self._width += 1
        return self._width - 1

    def bind(self, arguments: Arguments, binding: Binding) -> int:
        """Have something made of arguments at the start of each run; gives its number."""
        self._bindings.append((arguments, binding))
        return len(self._bindings) - 1

    def _object(self, type_: GraphQLObjectType, selections: Sequence[Any], scope: Scope) -> str:
        shape = ObjectShape(self._module)
        collector = Collector(self.schema, self.fragments, self.conditions)
        for key, nodes in collector.fields(type_, selections).items():
            name = nodes[0].name.value
            if name == "__typename":
                shape.constant(key, type_.name)
            elif name in INTROSPECTION and isinstance(scope, RootScope):
                self._introspection[key] = nodes
                shape.copied(key, f"r[{key!r}]")
            else:
                self._field(shape, type_, key, nodes, scope)
        return shape.finish()

    def _field(
        self,
        shape: ObjectShape,
        parent: GraphQLObjectType,
        key: str,
        nodes: Sequence[FieldNode],
        scope: Scope,
    ) -> None:
        definition = parent.fields[nodes[0].name.value]
        self._sites.append(note(parent.name, nodes))
        slot = Slot(key, definition.type, len(self._sites) - 1)
        arguments = Arguments(definition, nodes[0])
        value = plan_resolver_of(definition)(PlanField(scope, arguments, self))
        shape.add(slot, value, self._shape_of(definition, nodes))

    def _shape_of(
        self, definition: GraphQLField, nodes: Sequence[FieldNode]
    ) -> Callable[[Any, str], str]:
        selections = [node.selection_set for node in nodes if node.selection_set is not None]

        def shape_of(scope: Scope, type_name: str) -> str:
            type_ = (
                self.schema.type_map[type_name] if type_name else get_named_type(definition.type)
            )
            if not isinstance(type_, GraphQLObjectType):
                raise TypeError(f"{type_} is no object type; its plan resolver must name the type")
            return self._object(type_, selections, scope)

        return shape_of


def plan_resolver_of(definition: GraphQLField) -> PlanResolver:
    """The plan resolver of a field; without one the column of the field's own name."""
    declared = definition.extensions["strawberry-definition"]
    resolver: PlanResolver | None = declared.metadata.get("plan")
    return resolver or column(declared.python_name)
