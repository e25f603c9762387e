"""Policies: what holds for each viewer, by the roles of the configuration."""

from collections import OrderedDict
from collections.abc import Mapping

import orjson

from domain.access.policy import (
    UNRESTRICTED,
    EntityAccess,
    Policy,
    RoleAccess,
    bound,
)
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from domain.viewer import Viewer
from gateway.config.access import Access, EntityRule, Role
from schema.outline import outline

_KEPT = 10_000


class Policies:
    """The policy of each viewer; the same object for viewers of whom the same is known."""

    def __init__(self, access: Access | None) -> None:
        roles = access.roles if access else {}
        self._roles = {name: _role(name, each) for name, each in roles.items()}
        self._kept: OrderedDict[tuple[str, bytes], Policy] = OrderedDict()

    def of(self, viewer: Viewer) -> Policy:
        """What holds for a viewer in the role that they act in."""
        if viewer.role is None:
            return UNRESTRICTED
        key = (viewer.role, orjson.dumps(viewer.claims, option=orjson.OPT_SORT_KEYS, default=str))
        policy = self._kept.get(key)
        if policy is None:
            policy = self._kept[key] = bound(self._roles[viewer.role], viewer.claims)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return policy


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
    rows: Mapping[str, object] | None = rule.rows
    return EntityAccess(
        rows=None if rows is None else row_rule(ENTITIES[name], rows),
        fields=None if rule.fields is None else frozenset(rule.fields),
        masks=rule.masks,
    )
