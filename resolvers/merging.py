"""Whether fields of one response key can be one: the easy cases of the specification's rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    print_ast,
)

from resolvers.literal import Unsure
from resolvers.type_table import TableField, TableType

MAX_FIELDS = 5_000
"""How many fields are looked at, with all fragments spread out."""

MAX_REPEATED = 64
"""How many fields may repeat a response key: graphql-core gives up where there are many pairs."""

MAX_DEPTH = 100
"""How deep fields and fragments may be nested; graphql-core gives up at twice of that."""

Group = list[tuple[SelectionSetNode, TableType]]
"""Selection sets that answer one object, each with the type that it selects from."""


@dataclass(slots=True)
class Merging:
    """Looks at selection sets as an answer joins them. `types` are those of the fragments."""

    types: Mapping[str, TableType]
    fragments: Mapping[str, FragmentDefinitionNode]
    table: Mapping[str, TableType]
    _field_count: int = 0
    _repeated_count: int = 0

    def check(self, group: Group, depth: int = 0) -> None:
        """Let pass where each response key means one field with the same arguments.

        `Unsure` for what is no easy case: also fields that only the types of their parents tell
        apart.
        """
        scope = _Scope()
        for node, type_ in group:
            self._collect(node, type_, scope, depth)
        for inner in scope.inner.values():
            self.check(inner, scope.depth + 1)

    def _collect(
        self, node: SelectionSetNode, type_: TableType, scope: "_Scope", depth: int
    ) -> None:
        scope.depth = max(scope.depth, depth)
        if depth > MAX_DEPTH:
            raise Unsure
        for each in node.selections:
            if type(each) is FieldNode:
                self._field_count += 1
                self._add(each, type_.fields[each.name.value], scope)
            elif type(each) is InlineFragmentNode:
                condition = each.type_condition
                inner = self.table[condition.name.value] if condition else type_
                self._collect(each.selection_set, inner, scope, depth + 1)
            elif type(each) is FragmentSpreadNode and each.name.value not in scope.spread:
                name = each.name.value
                scope.spread.add(name)
                self._collect(
                    self.fragments[name].selection_set, self.types[name], scope, depth + 1
                )
        if self._field_count > MAX_FIELDS or self._repeated_count > MAX_REPEATED:
            raise Unsure

    def _add(self, node: FieldNode, field_: TableField, scope: "_Scope") -> None:
        key = (node.alias or node.name).value
        first = scope.fields.setdefault(key, (node, field_))
        if first[0] is not node:
            self._repeated_count += 1
            if not _is_same(first, (node, field_)):
                raise Unsure
        if node.selection_set is not None and field_.inner is not None:
            scope.inner.setdefault(key, []).append((node.selection_set, field_.inner))


@dataclass(slots=True)
class _Scope:
    fields: dict[str, tuple[FieldNode, TableField]] = field(default_factory=dict)
    inner: dict[str, Group] = field(default_factory=dict)
    spread: set[str] = field(default_factory=set)
    depth: int = 0


def _is_same(one: tuple[FieldNode, TableField], other: tuple[FieldNode, TableField]) -> bool:
    return (
        one[0].name.value == other[0].name.value
        and one[1].text == other[1].text
        and _arguments(one[0]) == _arguments(other[0])
    )


def _arguments(node: FieldNode) -> Mapping[str, str]:
    return {each.name.value: print_ast(each.value) for each in node.arguments or ()}
