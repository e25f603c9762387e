"""The graph in outline: which fields each entity has in it, and which mutations there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_non_null_type
from graphql.type import is_leaf_type

from domain.catalogue import ENTITIES
from resolvers.visibility import snake
from schema.build import build_schema, executable


@dataclass(frozen=True, slots=True)
class GraphField:
    """A field of the graph: the name of its type, and whether it is a single value."""

    type_name: str
    is_single: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """Fields by entity and name in snake case; mutations by their names."""

    fields: Mapping[str, Mapping[str, GraphField]]
    mutations: frozenset[str]


@cache
def outline() -> Outline:
    """The outline of the whole graph, made once."""
    schema = executable(build_schema())
    fields = {"source": _fields(schema.type_map["Source"])}
    for name, entity in ENTITIES.items():
        if entity.type_name in schema.type_map:
            fields[name] = _fields(schema.type_map[entity.type_name])
    mutation = schema.mutation_type
    return Outline(fields, frozenset(mutation.fields if mutation else ()))


def _fields(type_: object) -> Mapping[str, GraphField]:
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{type_} is no object type")
    return {snake(name): _field(each) for name, each in type_.fields.items() if name != "id"}


def _field(field: GraphQLField) -> GraphField:
    inner = field.type.of_type if is_non_null_type(field.type) else field.type
    named = get_named_type(field.type)
    return GraphField(named.name, is_leaf_type(named) and not is_list_type(inner))
