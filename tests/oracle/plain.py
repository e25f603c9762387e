"""The schema as a client knows it: made of its printed form, without anything of the engine."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from graphql import GraphQLSchema, build_schema, print_schema

from domain.access.policy import RoleAccess
from resolvers.visibility import visible
from schema import scalar
from schema.build import build_schema as build_our_schema
from schema.build import executable, sdl


def plain_schema() -> GraphQLSchema:
    """The schema made of its printed form, with the scalars of the graph."""
    return _with_scalars(build_schema(sdl(build_our_schema())))


def plain_schema_of(role: RoleAccess) -> GraphQLSchema:
    """The same of the schema that a role sees."""
    return _with_scalars(build_schema(print_schema(visible(executable(build_our_schema()), role))))


def _with_scalars(schema: GraphQLSchema) -> GraphQLSchema:
    for name, definition in (
        ("DateTime", scalar.DateTime),
        ("Decimal", scalar.ExactDecimal),
        ("JSON", scalar.JsonValue),
    ):
        type_: Any = schema.type_map.get(name)
        if type_ is None:
            continue
        type_.coerce_output_value = _SERIALIZERS[name]
        type_.coerce_input_value = definition.parse_value
    return schema


_SERIALIZERS: Mapping[str, Callable[[Any], Any]] = {
    "DateTime": lambda value: (
        value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ),
    "Decimal": lambda value: f"{value:f}",
    "JSON": lambda value: value,
}
