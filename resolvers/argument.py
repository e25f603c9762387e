"""Arguments of a field: coerced once where they are constant, else once per request.

What holds variables is read by functions that are made once, at the first request. Whatever they
do not understand is left to graphql-core, which also finds the words of every refusal.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    visit,
)
from graphql.execution import VariableValues, get_argument_values
from graphql.pyutils import Undefined
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from resolvers.problem import UserError
from resolvers.variable import Unsure

ArgumentValues = Mapping[str, Any]

Read: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""From coerced variables to a value, `Undefined` where there is none; raises `Unsure`."""


class Arguments:
    """The arguments of one field of a document."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._constant: ArgumentValues | None = None
        self._read: Read | None = None
        self.is_constant = not _has_variables(node)

    def values(self, variables: VariableValues) -> ArgumentValues:
        """Coerced values by argument name; enums as their names. `UserError` where they are bad."""
        if self.is_constant:
            if self._constant is None:
                self._constant = self._coerced(variables)
            return self._constant
        if self._read is None:
            self._read = _reader(self._definition, self._node)
        try:
            values: ArgumentValues = self._read(variables.coerced)
        except Unsure:
            return self._coerced(variables)
        return values

    def _coerced(self, variables: VariableValues) -> ArgumentValues:
        try:
            values = get_argument_values(self._definition, self._node, variables)
        except GraphQLError as exc:
            raise UserError(exc.message) from exc
        return {name: _plain(value) for name, value in values.items()}


Binding = Callable[[ArgumentValues], Any]


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _reader(definition: GraphQLField, node: FieldNode) -> Read:
    given = {each.name.value: each.value for each in node.arguments or ()}
    return partial(_object, _members(given, definition.args))


def _members(
    given: Mapping[str, ValueNode], declared: Mapping[str, GraphQLArgument | GraphQLInputField]
) -> list[tuple[str, Read]]:
    """What reads the arguments, or the fields of an input object, that can have a value."""
    members = [
        (each.out_name or name, _member(given.get(name), each)) for name, each in declared.items()
    ]
    return [member for member in members if member[1] is not _nothing]


def _object(members: list[tuple[str, Read]], variables: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, read in members:
        value = read(variables)
        if value is not Undefined:
            values[name] = value
    return values


def _member(node: ValueNode | None, declared: GraphQLArgument | GraphQLInputField) -> Read:
    """What reads one argument, or one field of an input object."""
    default = _default(declared)
    if node is None:
        return default
    if isinstance(node, VariableNode):
        return partial(_variable, node.name.value, is_non_null_type(declared.type), default)
    return _literal(node, declared.type)


def _default(declared: GraphQLArgument | GraphQLInputField) -> Read:
    is_argument = isinstance(declared, GraphQLArgument)
    is_required = is_required_argument if is_argument else is_required_input_field
    if is_required(declared):  # type: ignore[arg-type]  # each is given its own kind
        return _never
    try:
        value = _plain(coerce_default_value(declared))
    except TypeError:
        return _never
    return _nothing if value is Undefined else lambda _variables: value


def _variable(name: str, is_required: object, default: Read, variables: Mapping[str, Any]) -> Any:
    value = variables.get(name, Undefined)
    if value is Undefined:
        return default(variables)
    if value is None and is_required:
        raise Unsure
    return _plain(value)


def _literal(node: ValueNode, type_: Any) -> Read:
    if not _holds_variable(node):
        value = coerce_input_literal(node, type_)
        plain = _plain(value)
        return _never if value is Undefined else lambda _variables: plain
    nullable = type_.of_type if is_non_null_type(type_) else type_
    if is_list_type(nullable):
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        return partial(_list, [_item(each, nullable.of_type) for each in nodes])
    if is_input_object_type(nullable) and isinstance(node, ObjectValueNode):
        return _input_object(node, nullable)
    # A literal of a custom scalar with variables inside.
    return _never


def _list(items: list[Read], variables: Mapping[str, Any]) -> list[Any]:
    return [read(variables) for read in items]


def _item(node: ValueNode, type_: Any) -> Read:
    if not isinstance(node, VariableNode):
        return _literal(node, type_)
    is_required = is_non_null_type(type_)
    # In a list, a variable that was not given is null.
    absent = _never if is_required else lambda _variables: None
    return partial(_variable, node.name.value, is_required, absent)


def _input_object(node: ObjectValueNode, type_: GraphQLInputObjectType) -> Read:
    given = {each.name.value: each.value for each in node.fields}
    if len(given) != len(node.fields) or not given.keys() <= type_.fields.keys():
        return _never
    read: Read = partial(_object, _members(given, type_.fields))
    if type_.is_one_of:
        read = partial(_only_one, read) if len(given) == 1 else _never
    if type_.out_type is GraphQLInputObjectType.out_type:
        return read
    return lambda variables: _plain(type_.out_type(read(variables)))


def _only_one(read: Read, variables: Mapping[str, Any]) -> Any:
    value = read(variables)
    if len(value) != 1 or None in value.values():
        raise Unsure
    return value


def _nothing(_variables: Mapping[str, Any]) -> Any:
    return Undefined


def _never(_variables: Mapping[str, Any]) -> Any:
    raise Unsure


class _FindVariable(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.is_found = False

    def enter_variable(self, _node: VariableNode, *_: object) -> None:
        self.is_found = True


def _has_variables(node: FieldNode) -> bool:
    return any(_holds_variable(each.value) for each in node.arguments or ())


def _holds_variable(node: ValueNode) -> bool:
    finder = _FindVariable()
    visit(node, finder)
    return finder.is_found
