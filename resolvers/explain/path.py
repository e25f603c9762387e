"""A planner that remembers for which field of the answer each step is."""

from collections.abc import Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
)

from resolvers.asked import Asked
from resolvers.planner import Nesting, Planner
from resolvers.scope import Scope
from resolvers.value import Value


class PathPlanner(Planner):
    """Plans as a `Planner` does. `paths` are those of the steps, by their index."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        conditions: Mapping[str, bool],
        nesting: Nesting | None,
    ) -> None:
        super().__init__(schema, fragments, conditions, nesting)
        self.paths: dict[int, str] = {}
        # Objects are known by identity; they are kept, so that no other gets the same.
        self._kept: list[object] = []
        self._of_selections: dict[int, str] = {}
        self._of_nodes: dict[int, str] = {}

    def fields(
        self, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode]
    ) -> Mapping[str, Sequence[FieldNode]]:
        """The fields to answer for an object; where they stand is remembered."""
        found = super().fields(type_, selections)
        prefix = self._of_selections.get(id(selections[0]), "")
        for key, nodes in found.items():
            self._kept.append(nodes)
            self._of_nodes[id(nodes)] = f"{prefix}.{key}" if prefix else key
        return found

    def asked(self, type_: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Asked:
        """A field of an object. What is selected of it comes next, whatever else shares it."""
        for node in nodes:
            if node.selection_set is not None:
                self._of_selections[id(node.selection_set)] = self._of_nodes[id(nodes)]
        return super().asked(type_, key, nodes)

    def value(self, asked: Asked, scope: Scope) -> Value:
        """What the plan resolver of a field says; new steps get the path of the field."""
        known = len(scope.steps)
        value = super().value(asked, scope)
        for step in scope.steps[known:]:
            self.paths[step.index] = self._of_nodes[id(asked.nodes)]
        return value
