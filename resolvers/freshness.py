"""The directive `@freshness`: how old kept answers of live sources may be for a query."""

import re
from collections.abc import Mapping
from typing import Final

from graphql import OperationDefinitionNode, StringValueNode, VariableNode

from resolvers.problem import UserError

DIRECTIVE: Final = "freshness"
ARGUMENT: Final = "maxStale"

_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS_S: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def max_stale_s(
    operation: OperationDefinitionNode, variables: Mapping[str, object]
) -> float | None:
    """The age in seconds that an operation allows; none where it does not say.

    Raises `UserError` for what is no duration.
    """
    for directive in operation.directives or ():
        if directive.name.value == DIRECTIVE:
            (argument,) = directive.arguments or ()
            value = argument.value
            if isinstance(value, VariableNode):
                return _seconds(variables[value.name.value])
            if isinstance(value, StringValueNode):
                return _seconds(value.value)
    return None


def _seconds(text: object) -> float:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise UserError(
            f"`{ARGUMENT}` of `@{DIRECTIVE}` must be a whole number and a unit, such as"
            f' "30s", "5m", "2h" or "1d", not {text!r}.'
        )
    return int(found[1]) * _UNITS_S[found[2]]
