"""What can be done: every mutation of `schema.mutations`, found by its file."""

import importlib
import pkgutil
import typing
from typing import Any

import strawberry

from schema import mutations


def _declared() -> tuple[dict[str, Any], dict[str, Any]]:
    """Annotations and fields of the mutation root, by mutation."""
    annotations: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for found in pkgutil.iter_modules(mutations.__path__):
        declare = importlib.import_module(f"{mutations.__name__}.{found.name}").declared
        annotations[found.name] = typing.get_type_hints(declare)["return"]
        fields[found.name] = declare()
    return annotations, fields


_ANNOTATIONS, _FIELDS = _declared()

Mutation = strawberry.type(
    type("Mutation", (), {"__annotations__": _ANNOTATIONS, "__module__": __name__, **_FIELDS}),
    description="What can be done.",
)
"""The mutation root."""
