"""The schema as a client knows it: made of its printed form, without anything of the engine."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from graphql import GraphQLSchema, build_schema

from schema import scalar
from schema.build import build_schema as build_our_schema
from schema.build import sdl


def plain_schema() -> GraphQLSchema:
    """The schema made of its printed form, with the scalars of the graph."""
    schema = build_schema(sdl(build_our_schema()))
    for name, definition in (
        ("DateTime", scalar.DateTime),
        ("Decimal", scalar.ExactDecimal),
        ("JSON", scalar.JsonValue),
    ):
        type_: Any = schema.type_map[name]
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
