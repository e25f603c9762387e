"""The schema, built once from its parts."""

from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig

from schema.customer import CustomerRecord
from schema.directive import DIRECTIVES
from schema.mutation import Mutation
from schema.purchase import Product, PurchaseLine
from schema.query import Query
from schema.scalar import SCALARS


def build_schema() -> Schema:
    """The schema with all types, as strawberry knows it."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        types=[CustomerRecord, PurchaseLine, Product],
        directives=DIRECTIVES,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    _enforce_one_of(executable(schema))
    return schema


def _enforce_one_of(schema: GraphQLSchema) -> None:
    """Let graphql-core check `@oneOf`, which strawberry only does when it executes itself."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of


def executable(schema: Schema) -> GraphQLSchema:
    """The same as graphql-core knows it: what documents are validated against."""
    return schema._schema  # noqa: SLF001  # strawberry has no public name for it


def sdl(schema: Schema) -> str:
    """The schema in the schema definition language, ending with a newline."""
    return schema.as_str() + "\n"
