"""The engine, made from the settings."""

from gateway.config import Settings
from resolvers.engine import Engine
from resolvers.limit import DocumentLimits
from resolvers.planner import Nesting
from schema.build import build_schema, executable


def engine_of(settings: Settings, nesting: Nesting) -> Engine:
    """An engine under the limits of the settings; `nesting` as in `Engine`."""
    limits = settings.limits
    return Engine(
        executable(build_schema()),
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
