"""Random roles, and what is left of a company for a viewer in such a role."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.access.policy import EntityAccess, Mask, Policy, RoleAccess, bound
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from schema.outline import GraphField, outline
from tests.oracle.records import Company, Record
from tests.oracle.rule import Find, Rule, Rules

OWNERS: Mapping[str, tuple[str, ...]] = {
    "customer_record": ("customer",),
    "purchase": ("customer",),
    "purchase_line": ("purchase",),
    "ticket": ("customer",),
    "document": ("customer",),
    "interaction": ("customer",),
    "campaign_membership": ("campaign", "customer"),
    "access_record": ("customer",),
}
"""What is only seen together with what it belongs to."""

_RELATIONS: Mapping[str, tuple[str, ...]] = {
    "customer": ("organization",),
    "purchase": ("customer",),
    "purchase_line": ("purchase", "product"),
    "ticket": ("customer",),
    "document": ("customer",),
    "interaction": ("customer", "ticket", "purchase", "campaign"),
    "campaign_membership": ("campaign", "customer"),
}
_FIRST = ("customer", "purchase", "ticket")
_LISTS = frozenset({"emails", "phones", "addresses"})
_OF_TEXTS = (Mask.EMAIL, Mask.LAST_FOUR, Mask.HASH)


@dataclass(frozen=True, slots=True)
class Part:
    """A role, the policy of a viewer in it, and the company as that viewer may know it."""

    role: RoleAccess
    policy: Policy
    seen: Company
    written: Mapping[str, Any]
    """The rules and claims, in words."""


def draw(chance: random.Random, company: Company) -> Part:
    """A random role over a company, and a viewer in it."""
    rules = Rules(company, chance, finder(company), _RELATIONS)
    entities: dict[str, EntityAccess] = {}
    known: dict[str, Rule] = {}
    for name in _named(chance, company):
        rule = rules.rule(name) if name in ENTITIES and chance.random() < _share(name) else None
        if rule is not None:
            known[name] = rule
        entities[name] = _access(chance, name, rule)
    role = RoleAccess(name=f"role{chance.random()}", entities=entities)
    written: dict[str, Any] = {name: each.written for name, each in known.items()}
    return Part(
        role=role,
        policy=bound(role, rules.claims),
        seen=_Sight(company, role, known, rules.find).company(),
        written={"rules": written, "claims": rules.claims, "entities": entities},
    )


def _share(name: str) -> float:
    return 0.75 if name == "customer" else 0.3


def _named(chance: random.Random, company: Company) -> list[str]:
    several = [each for each in company.tables if each != "customer_record"]
    named = [each for each in [*several, "source"] if chance.random() < 0.8]
    return list(dict.fromkeys([chance.choice(_FIRST), *named]))


def _access(chance: random.Random, name: str, rule: Rule | None) -> EntityAccess:
    known = outline().fields[name]
    fields = None
    if chance.random() < 0.5:
        fields = frozenset(each for each in known if chance.random() < 0.7)
    masks: dict[str, Mask] = {}
    if chance.random() < 0.5 and name in ENTITIES:
        for each in chance.sample(sorted(known), min(3, len(known))):
            fitting = _masks(each, known[each])
            masks |= {each: chance.choice(fitting)} if fitting else {}
    rows = None if rule is None else row_rule(ENTITIES[name], rule.written)
    return EntityAccess(rows=rows, fields=fields, masks=masks)


def _masks(name: str, field: GraphField) -> tuple[Mask, ...]:
    if name in _LISTS:
        return _OF_TEXTS
    if not field.is_single:
        return ()
    fitting = {"String": _OF_TEXTS, "DateTime": (Mask.YEAR,)}.get(field.type_name, ())
    return (*fitting, Mask.NULL)


def finder(company: Company) -> Find:
    """Where a relation leads to, for a rule: to no customer that was merged away.

    What is in the store is told by what is there; of live sources rules know nothing then.
    """
    customers = {each["id"]: each for each in company.tables["customer"]}
    records = {
        (name, each["source"], each["record_id"]): each
        for name in ("purchase", "product", "ticket", "campaign")
        for each in company.visible(name)
    }

    def find(relation: str, record: Record) -> Record | None:
        if relation in {"customer", "organization"}:
            found = customers.get(record.get(f"{relation}_id"))
            is_merged = found is not None and found.get("superseded_by") is not None
            return None if is_merged else found
        source = record.get(f"{relation}_source")
        if record["source"] not in company.live and source in company.live:
            return None
        return records.get((relation, source, record.get(f"{relation}_ref")))

    return find


@dataclass(frozen=True)
class _Sight:
    whole: Company
    role: RoleAccess
    rules: Mapping[str, Rule]
    find: Find

    def company(self) -> Company:
        tables = {
            name: [each for each in records if self._is_seen(name, each)]
            for name, records in self.whole.tables.items()
        }
        return replace(self.whole, tables=tables)

    def _is_seen(self, entity: str, record: Record) -> bool:
        if record.get("superseded_by") is not None:
            # Not shown itself: it leads to the customer that it became.
            return True
        rule = self.rules.get(entity)
        if rule is not None and not rule.holds(record):
            return False
        return all(self._has_owner(each, record) for each in OWNERS.get(entity, ()))

    def _has_owner(self, relation: str, record: Record) -> bool:
        if not self._is_ruled(relation):
            return True
        owner = self.find(relation, record)
        return owner is not None and self._is_seen(relation, owner)

    def _is_ruled(self, entity: str) -> bool:
        """Whether some records of an entity may be hidden."""
        if entity not in self.role.entities:
            return False
        return entity in self.rules or any(map(self._is_ruled, OWNERS.get(entity, ())))
