"""Enums of the domain as GraphQL enums, with a description for the enum and every value."""

import enum
from collections.abc import Mapping
from typing import Any

import strawberry


def enumeration(choices: type[enum.Enum], description: str, values: Mapping[str, str]) -> Any:
    """Register an enum under its own name. Every value must be described."""
    missing = {each.name for each in choices} ^ set(values)
    if missing:
        raise ValueError(f"descriptions and values of {choices.__name__} differ: {missing}")
    strawberry.enum(choices, description=description)
    definition: Any = choices.__strawberry_definition__  # type: ignore[attr-defined]
    for each in definition.values:
        each.description = values[each.name]
    return choices
