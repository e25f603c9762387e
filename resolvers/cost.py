"""Cost: how many objects an answer may have, known before anything is asked.

Every object counts one, and a page as many as it may have: `first`, `last` or the default; `ids`
count as many as they are. Lists without pages, such as e-mail addresses, count a few objects.
Where lists are nested their sizes multiply, so that a small document can ask for millions.

It is an upper estimate: fields that only some types of an interface have are all counted, and so is
what stands several times under different conditions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.problem import UserError
from resolvers.result import ErrorCode
from resolvers.selection import Limits
from resolvers.size import Conditions, Size, Variables, conditions_of, list_size, page_size
from resolvers.type_table import TableField, TableType, TypeTable

ITEMS = frozenset({"nodes", "edges"})
"""The lists of a connection, which have as many items as its page."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The objects at one path: a constant number times the sizes that depend on variables."""

    path: str
    factor: int
    sizes: tuple[Size, ...] = ()

    def count(self, variables: Variables) -> int:
        count = self.factor
        for each in self.sizes:
            count *= each.of(variables)
        return count


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs: `fixed` objects, and parts that depend on variables."""

    fixed: int
    largest: _Part | None
    parts: Sequence[_Part]

    def count(self, variables: Variables) -> int:
        """How many objects the answer may have."""
        total = self.fixed
        for each in self.parts:
            total += each.count(variables)
        return total

    def check(self, variables: Variables, *, max_nodes: int) -> None:
        """Refuse, as `UserError`, an answer that may have more than `max_nodes` objects."""
        total = self.count(variables) if self.parts else self.fixed
        if total > max_nodes:
            raise self._refusal(total, variables, max_nodes)

    def _refusal(self, total: int, variables: Variables, max_nodes: int) -> UserError:
        parts = [*self.parts, self.largest] if self.largest else self.parts
        largest = max(parts, key=lambda each: each.count(variables))
        return UserError(
            f"The answer could have {total:,} objects; at most {max_nodes:,} are allowed. Most are"
            f" at `{largest.path}`: lower `first` or `last` there or in the lists around it, and"
            " follow their cursors.",
            code=ErrorCode.COST_ESTIMATED_TOO_EXPENSIVE,
        )


def cost_of(
    operation: OperationDefinitionNode,
    *,
    table: TypeTable,
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: Limits,
) -> Cost:
    """The cost of an operation that was validated, under the limits of pages."""
    counter = _Counter(table, fragments, limits)
    counter.count(table.roots[operation.operation], [operation.selection_set], _Part("", 1))
    return Cost(counter.fixed, counter.largest, counter.parts)


@dataclass(slots=True)
class _Group:
    """The fields of one response key on one type. Under different conditions it is in any case."""

    node: FieldNode
    definition: TableField
    conditions: Conditions
    inner: list[SelectionSetNode] = field(default_factory=list)


@dataclass(slots=True)
class _Scope:
    groups: dict[tuple[str, str], _Group] = field(default_factory=dict)
    spread: dict[str, Conditions] = field(default_factory=dict)


@dataclass(slots=True)
class _Counter:
    table: TypeTable
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: Limits
    fixed: int = 0
    largest: _Part | None = None
    parts: list[_Part] = field(default_factory=list)

    def count(
        self,
        type_: TableType,
        selections: Sequence[SelectionSetNode],
        parent: _Part,
        page: "int | Size | None" = None,
    ) -> None:
        """Count what is selected of the objects of a part; `page` is that of a connection."""
        scope = _Scope()
        for each in selections:
            self._collect(each, type_, scope, ())
        if page is not None and not any(
            each.node.name.value in ITEMS for each in scope.groups.values()
        ):
            # The page is fetched even if nothing of its items is asked for.
            self._add(_times(parent, page))
        for (key, _), group in scope.groups.items():
            self._group(key, group, parent, page)

    def _group(self, key: str, group: _Group, parent: _Part, page: "int | Size | None") -> None:
        path = f"{parent.path}.{key}" if parent.path else key
        part = _Part(path, parent.factor, (*parent.sizes, *group.conditions))
        is_connection = not group.definition.arguments.keys().isdisjoint({"first", "last"})
        if page is not None and group.node.name.value in ITEMS:
            part = _times(part, page)
        elif group.definition.is_list:
            part = _times(part, list_size(group.node, self.limits))
        self._add(part)
        inner = page_size(group.node, self.limits) if is_connection else None
        if group.definition.inner is not None:
            self.count(group.definition.inner, group.inner, part, inner)

    def _add(self, part: _Part) -> None:
        if part.sizes:
            self.parts.append(part)
            return
        self.fixed += part.factor
        if self.largest is None or part.factor > self.largest.factor:
            self.largest = part

    def _collect(
        self, node: SelectionSetNode, type_: TableType, scope: _Scope, conditions: Conditions
    ) -> None:
        for each in node.selections:
            here = conditions
            if each.directives:
                found = conditions_of(each)
                if found is None:
                    continue
                here = (*conditions, *found)
            if isinstance(each, FieldNode):
                # Leaves cost nothing of their own.
                if each.selection_set is not None:
                    _add_field(each, each.selection_set, type_, scope, here)
            elif isinstance(each, InlineFragmentNode):
                named = each.type_condition
                inner = self.table.types[named.name.value] if named else type_
                self._collect(each.selection_set, inner, scope, here)
            elif isinstance(each, FragmentSpreadNode):
                self._spread(each.name.value, scope, here)

    def _spread(self, name: str, scope: _Scope, conditions: Conditions) -> None:
        known = scope.spread.get(name)
        if known in {(), conditions}:
            return
        # A fragment that is met again under other conditions counts in any case.
        conditions = conditions if known is None else ()
        scope.spread[name] = conditions
        fragment = self.fragments[name]
        type_ = self.table.types[fragment.type_condition.name.value]
        self._collect(fragment.selection_set, type_, scope, conditions)


def _add_field(
    node: FieldNode,
    selections: SelectionSetNode,
    type_: TableType,
    scope: _Scope,
    conditions: Conditions,
) -> None:
    definition = type_.fields.get(node.name.value)
    if definition is None:
        # The fields of introspection are not in the tables, and cost nothing.
        return
    key = ((node.alias or node.name).value, type_.name)
    group = scope.groups.get(key)
    if group is None:
        group = scope.groups[key] = _Group(node, definition, conditions)
    elif group.conditions != conditions:
        group.conditions = ()
    group.inner.append(selections)


def _times(part: _Part, size: int | Size) -> _Part:
    if isinstance(size, int):
        return _Part(part.path, part.factor * size, part.sizes)
    return _Part(part.path, part.factor, (*part.sizes, size))
