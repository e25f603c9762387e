"""Access: which rows, fields and masks a role has, and what that comes to for one viewer.

Everything is denied that a role does not name. Rows are told by filters in which claims of the
viewer stand for values; a claim that the viewer does not have denies all rows of that rule.
"""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from domain.catalogue import ENTITIES
from domain.entity import FieldType
from domain.filter import And, Compare, Filter, Not, Op, Or, Related, all_of, positive
from domain.relation import relation_of
from domain.typed import typed

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
    """What the viewer is known by, in place of a value of a filter: `$partner`.

    `value_type` is the type of the field that it is compared with.
    """

    name: str
    value_type: FieldType = FieldType.TEXT


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

    def sees(self, entity: str) -> bool:
        """Whether there is an entity for the role at all."""
        return self.sees_everything or entity in self.entities

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


OWNERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **{
            name: ("customer",)
            for name, each in ENTITIES.items()
            if relation_of(each, "customer") is not None
        },
        "purchase_line": ("purchase",),
        "campaign_membership": ("campaign", "customer"),
    }
)
"""The relations to what a record belongs to: it is not seen where that is not seen."""


def bound(role: RoleAccess, claims: Mapping[str, Any]) -> Policy:
    """The policy of a role for a viewer with these claims."""
    rows: dict[str, Filter] = {}
    for name in sorted({*role.entities, *_IMPLIED}):
        filter_ = _rule(role, name, claims)
        if filter_ is not None:
            rows[name] = positive(filter_)
    # Filters are plain data: equal ones read equally.
    text = repr((role.structure, sorted(rows.items(), key=lambda each: each[0])))
    return Policy(role=role, rows=rows, key=hashlib.sha256(text.encode()).hexdigest())


_IMPLIED = ("customer_record",)
"""What is seen with customers, without a rule of its own."""


def _rule(role: RoleAccess, entity: str, claims: Mapping[str, Any]) -> Filter | None:
    """What rows of an entity must pass: the rule of their own, and those of what they belong to."""
    parts: list[Filter] = []
    access = role.entities.get(entity)
    if access is not None and access.rows is not None:
        parts.append(_bound_or_nothing(access.rows, claims))
    for name in OWNERS.get(entity, ()):
        relation = relation_of(ENTITIES[entity], name)
        if relation is not None and relation.entity in role.entities:
            rule = _rule(role, relation.entity, claims)
            parts += [] if rule is None else [Related(name, rule)]
    return all_of(parts)


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
    if op in {Op.IN, Op.NOT_IN}:
        many = found if isinstance(found, list | tuple) else [found]
        return tuple(_known(value, each) for each in many)
    return _known(value, found)


def _known(claim: Claim, found: object) -> object:
    """A claim as a value of its field. What is none denies, as a claim that is missing."""
    try:
        return typed(found, claim.value_type)
    except ValueError as exc:
        raise ClaimMissing(claim.name) from exc
