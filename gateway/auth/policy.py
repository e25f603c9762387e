"""Policies: what holds for each viewer, by the roles of the configuration."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import structlog

from connectors.errors import SourceError
from domain.access.level import COMPANY, ORGANIZATIONS, Level, level_rule
from domain.access.policy import (
    UNRESTRICTED,
    EntityAccess,
    Policy,
    RoleAccess,
    bound,
)
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from domain.entity import FieldType
from domain.filter import Filter, all_of
from domain.typed import typed
from domain.viewer import Viewer
from gateway.auth.doorkeeper import later
from gateway.config.access import Access, EntityRule, Role
from schema.outline import outline

_KEPT = 10_000
_HIERARCHY_KEPT = timedelta(seconds=30)

Below: TypeAlias = Callable[[UUID], Awaitable[AbstractSet[UUID] | None]]
"""The organizations below one, itself among them; `None` where they are too many."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    policy: Policy
    organizations: AbstractSet[UUID] | None = None
    until: datetime | None = None


class Policies:
    """The policy of each viewer; the same object for viewers of whom the same is known."""

    def __init__(self, access: Access | None, *, below: Below, now: Callable[[], datetime]) -> None:
        roles = access.roles if access else {}
        self._roles = {name: _role(name, each) for name, each in roles.items()}
        self._deep = frozenset(name for name, each in roles.items() if _is_deep(each))
        self._below = below
        self._now = now
        self._kept: OrderedDict[tuple[str, bytes], _Kept] = OrderedDict()

    async def of(self, viewer: Viewer) -> Policy:
        """What holds for a viewer in the role that they act in.

        Raises `Rejected` with 503 where it depends on what the store does not tell at the moment.
        """
        if viewer.role is None:
            return UNRESTRICTED
        key = (viewer.role, orjson.dumps(viewer.claims, option=orjson.OPT_SORT_KEYS, default=str))
        kept = self._kept.get(key)
        if kept is None or (kept.until is not None and kept.until <= self._now()):
            kept = self._kept[key] = await self._made(viewer.role, viewer.claims, kept)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept.policy

    async def _made(self, role: str, claims: Mapping[str, Any], before: _Kept | None) -> _Kept:
        if role not in self._deep:
            return _Kept(bound(self._roles[role], claims))
        until = self._now() + _HIERARCHY_KEPT
        found = await self._organizations(claims.get(COMPANY))
        if before is not None and found == before.organizations:
            # The same object, by which plans and answers are kept.
            return _Kept(before.policy, found, until)
        # Whatever a key or token says of them: they are found, and never told.
        known = {name: each for name, each in claims.items() if name != ORGANIZATIONS}
        if found is not None:
            known[ORGANIZATIONS] = sorted(map(str, found))
        return _Kept(bound(self._roles[role], known), found, until)

    async def _organizations(self, company: object) -> AbstractSet[UUID] | None:
        try:
            id_ = typed(company, FieldType.UUID)
        except ValueError:
            return None
        if not isinstance(id_, UUID):
            return None
        try:
            found = await self._below(id_)
        except SourceError as exc:
            raise later("What you may see cannot be found out at the moment.") from exc
        if found is None:
            log.warning("hierarchy_too_large", company=str(id_))
        return found


def _is_deep(role: Role) -> bool:
    rules = {} if role.reads == "everything" else role.reads
    return any(each.level is Level.HIERARCHY for each in rules.values())


def _role(name: str, role: Role) -> RoleAccess:
    mutations = outline().mutations if role.may == "everything" else frozenset(role.may)
    purposes = frozenset(role.purposes)
    if role.reads == "everything":
        if role.may == "everything":
            return RoleAccess(name=name, purposes=purposes, sees_everything=True)
        whole = {each: EntityAccess() for each in [*ENTITIES, "source"]}
        return RoleAccess(name=name, entities=whole, mutations=mutations, purposes=purposes)
    entities = {each: _entity(each, rule) for each, rule in role.reads.items()}
    return RoleAccess(name=name, entities=entities, mutations=mutations, purposes=purposes)


def _entity(name: str, rule: EntityRule) -> EntityAccess:
    return EntityAccess(
        rows=_rows(name, rule),
        fields=None if rule.fields is None else frozenset(rule.fields),
        masks=rule.masks,
    )


def _rows(name: str, rule: EntityRule) -> Filter | None:
    parts = [] if rule.level is None else [level_rule(rule.level)]
    if rule.rows is not None:
        parts.append(row_rule(ENTITIES[name], rule.rows))
    return all_of(parts)
