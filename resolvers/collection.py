"""Collecting the fields of selection sets, as the GraphQL specification defines it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects fields. `conditions` are the values of the variables in `@skip` and `@include`."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool]

    def fields(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields to answer for an object, by response key, in the order of the response."""
        collected: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for each in selections:
            self._collect(type_, each, collected, seen)
        return collected

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: SelectionSetNode,
        collected: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                collected.setdefault(key, []).append(node)
                continue
            inner = self._fragment(type_, node, seen)
            if inner is not None:
                self._collect(type_, inner, collected, seen)

    def _fragment(
        self, type_: GraphQLObjectType, node: SelectionNode, seen: set[str]
    ) -> SelectionSetNode | None:
        """The selections of a fragment that is to be merged in."""
        if isinstance(node, InlineFragmentNode):
            return node.selection_set if self._applies(node.type_condition, type_) else None
        if not isinstance(node, FragmentSpreadNode) or node.name.value in seen:
            return None
        seen.add(node.name.value)
        fragment = self.fragments[node.name.value]
        return fragment.selection_set if self._applies(fragment.type_condition, type_) else None

    def _applies(self, condition: NamedTypeNode | None, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        named = self.schema.type_map[condition.name.value]
        return is_abstract_type(named) and self.schema.is_sub_type(named, type_)

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                continue
            (argument,) = directive.arguments or ()
            value = argument.value
            if isinstance(value, VariableNode):
                holds = self.conditions[value.name.value]
            else:
                holds = isinstance(value, BooleanValueNode) and value.value
            if holds is (name == "skip"):
                return False
        return True
