"""The engine, and what each role may send to it, made from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from graphql import GraphQLSchema

from gateway.config import Settings
from gateway.config.access import Role
from resolvers.engine import Engine
from resolvers.limit import DocumentLimits, Terms
from resolvers.planner import Nesting
from resolvers.selection import Limits
from resolvers.trail import Trail
from schema.build import build_schema, executable


def engine_of(settings: Settings, nesting: Nesting, *, trail: Trail | None = None) -> Engine:
    """An engine under the limits of the settings; `nesting` and `trail` as in `Engine`."""
    return Engine(
        _schema(),
        limits=document_limits(settings),
        allows_introspection=settings.server.introspection,
        nesting=nesting,
        trail=trail,
    )


def document_limits(settings: Settings) -> DocumentLimits:
    """How large documents may be, whoever sends them."""
    limits = settings.limits
    return DocumentLimits(
        max_characters=limits.max_query_bytes,
        max_tokens=limits.max_tokens,
        max_depth=limits.max_depth,
        max_fields=limits.max_fields,
        max_aliases=limits.max_aliases,
        max_nesting=limits.max_nesting,
        max_nodes=limits.max_nodes,
    )


@dataclass(frozen=True, slots=True)
class Allowed:
    """What those who act in a role may send: documents, and pages of lists."""

    terms: Terms
    lists: Limits


def allowed_by_role(settings: Settings) -> Mapping[str, Allowed]:
    """What each role may send, by its name. Roles to which the same is said share their terms."""
    roles = settings.access.roles if settings.access else {}
    terms: dict[Terms, Terms] = {}
    found: dict[str, Allowed] = {}
    for name, role in roles.items():
        mine = _terms(settings, role)
        found[name] = Allowed(terms.setdefault(mine, mine), _lists(settings, role))
    return found


def _terms(settings: Settings, role: Role) -> Terms:
    said = {
        _NAMES.get(name, name): value
        for name, value in role.limits.model_dump(exclude_none=True).items()
        if name != "max_first"
    }
    introspection = role.introspection
    return Terms(
        replace(document_limits(settings), **said),
        settings.server.introspection if introspection is None else introspection,
    )


def _lists(settings: Settings, role: Role) -> Limits:
    most = role.limits.max_first or settings.limits.max_first
    return Limits(min(settings.limits.default_first, most), most)


_NAMES: Mapping[str, str] = {"max_query_bytes": "max_characters"}


@cache
def _schema() -> GraphQLSchema:
    """The schema, which no setting changes: one for all configurations that a process comes to."""
    return executable(build_schema())
