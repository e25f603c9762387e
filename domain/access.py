"""Access: which rows, fields and masks a role has, and what that comes to for one viewer.

Everything is denied that a role does not name. Rows are told by filters in which claims of the
viewer stand for values; a claim that the viewer does not have denies all rows of that rule.
"""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.filter import And, Compare, Filter, Not, Op, Or, Related

NOTHING: Final = Or(())
"""The filter that no row passes."""


class Mask(enum.StrEnum):
    """What is shown of a value instead of the whole."""

    EMAIL = "email"
    """The first letter and the host: `e***@example.com`."""
    LAST_FOUR = "last_four"
    """The last four signs: `***0001`."""
    YEAR = "year"
    """The first moment of the year of a time, in UTC."""
    HASH = "hash"
    """A text that is the same for the same value, and tells nothing else of it."""
    NULL = "null"
    """Nothing at all."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the viewer is known by, in place of a value of a filter: `$partner`."""

    name: str


class ClaimMissing(Exception):
    """A rule needs a claim that the viewer does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityAccess:
    """What a role may see of one entity.

    `rows`: the filter that rows must pass, with `Claim` as values; without it all. `fields`: the
    fields and relations by the names that they have in the graph, in snake case; without it all.
    `masks`: the mask of a field, by the same names.
    """

    rows: Filter | None = None
    fields: frozenset[str] | None = None
    masks: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoleAccess:
    """What a role may: entities by name, mutations by name, and for which purposes.

    With `sees_everything` there are no rules at all. Without `purposes` any will do, also none.
    """

    name: str
    entities: Mapping[str, EntityAccess] = field(default_factory=dict)
    mutations: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    sees_everything: bool = False

    @property
    def structure(self) -> str:
        """What of the graph the role sees, whatever the rows: the same for roles that see alike."""
        seen = {
            name: (
                None if each.fields is None else sorted(each.fields),
                sorted(each.masks.items()),
            )
            for name, each in sorted(self.entities.items())
        }
        return repr((self.sees_everything, sorted(self.mutations), seen))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """What holds for one viewer in one role: the role, and its row rules with the claims put in.

    `rows`: by entity the filter that each of its rows must pass; entities that are not restricted
    are not in it. `key` is the same for viewers to whom the same holds, and for no others.
    """

    role: RoleAccess
    rows: Mapping[str, Filter]
    key: str


UNRESTRICTED: Final = Policy(role=RoleAccess(name="", sees_everything=True), rows={}, key="")
"""The policy where the configuration has no rules."""


def bound(role: RoleAccess, claims: Mapping[str, Any]) -> Policy:
    """The policy of a role for a viewer with these claims."""
    rows = {
        name: _bound_or_nothing(access.rows, claims)
        for name, access in sorted(role.entities.items())
        if access.rows is not None
    }
    # Filters are plain data: equal ones read equally.
    text = repr((role.name, sorted(rows.items(), key=lambda each: each[0])))
    return Policy(role=role, rows=rows, key=hashlib.sha256(text.encode()).hexdigest())


def _bound_or_nothing(template: Filter, claims: Mapping[str, Any]) -> Filter:
    try:
        return _bound(template, claims)
    except ClaimMissing:
        return NOTHING


def _bound(template: Filter, claims: Mapping[str, Any]) -> Filter:
    match template:
        case Compare(name, op, value):
            return Compare(name, op, _value(value, op, claims))
        case And(parts):
            return And(tuple(_bound(each, claims) for each in parts))
        case Or(parts):
            return Or(tuple(_bound(each, claims) for each in parts))
        case Not(part):
            return Not(_bound(part, claims))
        case Related(relation, part):
            return Related(relation, _bound(part, claims))


def _value(value: object, op: Op, claims: Mapping[str, Any]) -> object:
    if not isinstance(value, Claim):
        return value
    found = claims.get(value.name)
    if found is None:
        raise ClaimMissing(value.name)
    if op in {Op.IN, Op.NOT_IN}:
        return tuple(found) if isinstance(found, list | tuple) else (found,)
    if isinstance(found, list | dict):
        # A list where one value is meant is no value to compare with.
        raise ClaimMissing(value.name)
    return found
