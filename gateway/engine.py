"""The engine, made from the settings."""

from functools import cache

from graphql import GraphQLSchema

from gateway.config import Settings
from resolvers.engine import Engine
from resolvers.limit import DocumentLimits
from resolvers.planner import Nesting
from schema.build import build_schema, executable


def engine_of(settings: Settings, nesting: Nesting) -> Engine:
    """An engine under the limits of the settings; `nesting` as in `Engine`."""
    limits = settings.limits
    return Engine(
        _schema(),
        limits=DocumentLimits(
            max_characters=limits.max_query_bytes,
            max_tokens=limits.max_tokens,
            max_depth=limits.max_depth,
            max_fields=limits.max_fields,
            max_aliases=limits.max_aliases,
            max_nesting=limits.max_nesting,
            max_nodes=limits.max_nodes,
        ),
        allows_introspection=settings.server.introspection,
        nesting=nesting,
    )


@cache
def _schema() -> GraphQLSchema:
    """The schema, which no setting changes: one for all configurations that a process comes to."""
    return executable(build_schema())
