"""The quick pass: it knows what is certainly valid, and is unsure of all the rest.

It walks every definition once, along tables of the schema, and answers "valid" only for what it
understands completely. It covers all rules of the specification for that: whatever is unusual, or
breaks one of them, makes it unsure. What it lets pass wrongly would reach the planner, so
`tests/resolvers/test_validation.py` looks for that in random documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NonNullTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TypeNode,
    VariableDefinitionNode,
)
from graphql.language import ListTypeNode, NamedTypeNode

from resolvers.literal import Unsure, Usages, is_usable
from resolvers.merging import Merging
from resolvers.type_table import TableField, TableType, TypeTable

MAX_SPREADS = 64
"""How many fragments may be spread in a document that the pass understands.

graphql-core gives up on documents whose fragments make much work; far below that they are left to
it, so that both are of one mind.
"""

MAX_SHARED_WORK = 10_000
"""How many operations times variables in fragments the pass looks at, for the same reason."""


def is_certainly_valid(table: TypeTable, document: DocumentNode) -> bool:
    """Whether a document is valid by all rules of the specification; false where unsure."""
    try:
        _Pass(table).check(document)
    except Unsure:
        return False
    return True


@dataclass(slots=True)
class _Found:
    """What one definition uses. It is plain without fragments and repeated response keys."""

    usages: Usages = field(default_factory=list)
    spreads: dict[str, None] = field(default_factory=dict)
    is_plain: bool = True


Key = TypeVar("Key")
Kept = TypeVar("Kept")


class _Pass:
    def __init__(self, table: TypeTable) -> None:
        self._table = table
        self._types: dict[str, TableType] = {}
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._found: dict[str, _Found] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._spread_count = 0

    def check(self, document: DocumentNode) -> None:
        operations: dict[str | None, OperationDefinitionNode] = {}
        for each in document.definitions:
            if type(each) is OperationDefinitionNode:
                _keep(operations, each.name.value if each.name else None, each)
            elif type(each) is FragmentDefinitionNode:
                _keep(self._fragments, each.name.value, each)
            else:
                raise Unsure
        if None in operations and len(operations) > 1:
            raise Unsure
        self._types = {
            name: self._type(each.type_condition) for name, each in self._fragments.items()
        }
        for name, fragment in self._fragments.items():
            self._found[name] = self._fragment(name, fragment)
        found = [self._operation(each) for each in operations.values()]
        used = {name for each in found for name in self._reach(each)}
        if len(used) < len(self._fragments):
            raise Unsure
        shared = sum(len(self._found[name].usages) for name in used)
        if shared * len(operations) > MAX_SHARED_WORK or self._spread_count > MAX_SPREADS:
            raise Unsure
        for operation, own in zip(operations.values(), found, strict=True):
            self._variables(operation, own)
            if not own.is_plain:
                root = self._table.roots[operation.operation]
                merging = Merging(self._types, self._fragments, self._table.types)
                merging.check([(operation.selection_set, root)])

    def _operation(self, node: OperationDefinitionNode) -> _Found:
        root = self._table.roots.get(node.operation)
        if root is None:
            raise Unsure
        found = _Found()
        if node.directives:
            self._of_operation(node, node.directives, found)
        self._selections(node.selection_set, root, found)
        return found

    def _of_operation(
        self, node: OperationDefinitionNode, directives: Sequence[DirectiveNode], found: _Found
    ) -> None:
        """The one directive of a query, with its one argument."""
        known = self._table.of_queries.get(directives[0].name.value)
        arguments = directives[0].arguments or ()
        is_one = len(directives) == 1 and len(arguments) == 1
        if known is None or not is_one or node.operation is not OperationType.QUERY:
            raise Unsure
        name, place = known
        if arguments[0].name.value != name:
            raise Unsure
        place.check(arguments[0].value, found.usages)

    def _fragment(self, name: str, node: FragmentDefinitionNode) -> _Found:
        if node.directives or node.variable_definitions:
            raise Unsure
        found = _Found()
        self._selections(node.selection_set, self._types[name], found)
        return found

    def _type(self, node: NamedTypeNode) -> TableType:
        type_ = self._table.types.get(node.name.value)
        if type_ is None:
            raise Unsure
        return type_

    def _selections(self, node: SelectionSetNode, type_: TableType, found: _Found) -> None:
        keys: set[str] = set()
        if not node.selections:
            raise Unsure
        for each in node.selections:
            if each.directives:
                self._directives(each.directives, found)
            if type(each) is FieldNode:
                key = each.alias or each.name
                keys.add(key.value)
                self._field(each, type_, found)
            else:
                found.is_plain = False
                self._spread(each, type_, found)
        if len(keys) < len(node.selections):
            found.is_plain = False

    def _field(self, node: FieldNode, parent: TableType, found: _Found) -> None:
        field_ = parent.fields.get(node.name.value)
        if field_ is None:
            raise Unsure
        if node.arguments:
            _arguments(node, field_, found)
        elif field_.required:
            raise Unsure
        inner = field_.inner
        if node.selection_set is not None and inner is not None:
            self._selections(node.selection_set, inner, found)
        elif node.selection_set is not None or inner is not None:
            raise Unsure

    def _spread(self, node: SelectionNode, parent: TableType, found: _Found) -> None:
        if type(node) is InlineFragmentNode:
            inner = self._type(node.type_condition) if node.type_condition else parent
            self._selections(node.selection_set, inner, found)
        elif type(node) is FragmentSpreadNode and node.name.value in self._types:
            inner = self._types[node.name.value]
            found.spreads[node.name.value] = None
            self._spread_count += 1
        else:
            raise Unsure
        if not inner.possible & parent.possible:
            raise Unsure

    def _directives(self, nodes: Sequence[DirectiveNode], found: _Found) -> None:
        if len({each.name.value for each in nodes}) < len(nodes):
            raise Unsure
        for each in nodes:
            place = self._table.directives.get(each.name.value)
            arguments = each.arguments or ()
            if place is None or len(arguments) != 1 or arguments[0].name.value != "if":
                raise Unsure
            place.check(arguments[0].value, found.usages)

    def _reach(self, found: _Found) -> frozenset[str]:
        """All fragments that are spread from somewhere, directly or within each other."""
        reached: set[str] = set()
        for name in found.spreads:
            if name not in self._reached:
                # A fragment that is met again before its own are known is in a circle.
                self._reached[name] = frozenset()
                self._reached[name] = self._reach(self._found[name]) | {name}
            elif not self._reached[name]:
                raise Unsure
            reached |= self._reached[name]
        return frozenset(reached)

    def _variables(self, operation: OperationDefinitionNode, found: _Found) -> None:
        declared = self._declared(operation.variable_definitions or ())
        usages = list(found.usages)
        for name in self._reach(found):
            usages += self._found[name].usages
        if {name for name, _ in usages} != declared.keys():
            raise Unsure
        for name, place in usages:
            text, has_default = declared[name]
            if not is_usable(text, place, has_default=has_default):
                raise Unsure

    def _declared(self, nodes: Sequence[VariableDefinitionNode]) -> dict[str, tuple[str, bool]]:
        """The type of each variable, and whether it has a default that is not null."""
        declared: dict[str, tuple[str, bool]] = {}
        for node in nodes:
            text = _text(node.type)
            place = self._table.inputs.get(text)
            if place is None or node.directives:
                raise Unsure
            default = node.default_value
            if default is not None:
                place.check(default, [])
            has_default = default is not None and type(default) is not NullValueNode
            _keep(declared, node.variable.name.value, (text, has_default))
        return declared


def _keep(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    if key in kept:
        raise Unsure
    kept[key] = value


def _arguments(node: FieldNode, field_: TableField, found: _Found) -> None:
    given: set[str] = set()
    for each in node.arguments or ():
        name = each.name.value
        place = field_.arguments.get(name)
        if place is None or name in given:
            raise Unsure
        given.add(name)
        place.check(each.value, found.usages)
    if not field_.required <= given:
        raise Unsure


def _text(node: TypeNode) -> str:
    """A type as the schema writes it."""
    if type(node) is NonNullTypeNode:
        return _text(node.type) + "!"
    if type(node) is ListTypeNode:
        return f"[{_text(node.type)}]"
    if type(node) is NamedTypeNode:
        return node.name.value
    raise Unsure
