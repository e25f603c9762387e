"""Arguments of a field: coerced once where they are constant, else once per request."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, VariableNode, Visitor, visit
from graphql.execution import VariableValues, get_argument_values

from resolvers.problem import UserError

ArgumentValues = Mapping[str, Any]


class Arguments:
    """The arguments of one field of a document."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._constant: ArgumentValues | None = None
        self.is_constant = not _has_variables(node)

    def values(self, variables: VariableValues) -> ArgumentValues:
        """Coerced values by argument name; enums as their names. `UserError` where they are bad."""
        if not self.is_constant:
            return self._coerced(variables)
        if self._constant is None:
            self._constant = self._coerced(variables)
        return self._constant

    def _coerced(self, variables: VariableValues) -> ArgumentValues:
        try:
            values = get_argument_values(self._definition, self._node, variables)
        except GraphQLError as exc:
            raise UserError(exc.message) from exc
        return {name: _plain(value) for name, value in values.items()}


Binding = Callable[[ArgumentValues], Any]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


class _FindVariable(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.is_found = False

    def enter_variable(self, _node: VariableNode, *_: object) -> None:
        self.is_found = True


def _has_variables(node: FieldNode) -> bool:
    finder = _FindVariable()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.is_found
