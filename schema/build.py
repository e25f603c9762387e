"""The schema, built once from its parts."""

from graphql import GraphQLSchema
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig

from schema.customer import CustomerRecord
from schema.mutation import Mutation
from schema.purchase import Product, PurchaseLine
from schema.query import Query
from schema.scalar import SCALARS


def build_schema() -> Schema:
    """The schema with all types, as strawberry knows it."""
    return Schema(
        query=Query,
        mutation=Mutation,
        types=[CustomerRecord, PurchaseLine, Product],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def executable(schema: Schema) -> GraphQLSchema:
    """The same as graphql-core knows it: what documents are validated against."""
    return schema._schema  # noqa: SLF001  # strawberry has no public name for it


def sdl(schema: Schema) -> str:
    """The schema in the schema definition language, ending with a newline."""
    return schema.as_str() + "\n"
