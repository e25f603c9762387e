"""Random row rules: as a configuration has them, and what they mean, told one record at a time."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType
from tests.oracle.listing import ranked
from tests.oracle.records import Company, Record

Test = Callable[[Record], bool]
Find = Callable[[str, Record], Record | None]
"""The record that a relation of a record leads to."""

_LISTED = frozenset({"in", "not_in"})
_OF_TEXTS = ("contains", "not_contains", "starts_with", "not_starts_with")
_OF_ALL = ("eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "is_null")
_EVERY = tuple(FieldType)
_NO_VALUES = frozenset({"provenance", "observed_at", "customer_id"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is written, which records pass it, and whether a claim that it needs is missing.

    Without such a claim no record passes, whatever else the rule says.
    """

    written: Mapping[str, Any]
    passes: Test
    lacks_claim: bool = False

    def holds(self, record: Record) -> bool:
        """Whether a record passes."""
        return not self.lacks_claim and self.passes(record)


@dataclass(slots=True)
class Rules:
    """Draws rules over the records of a company; `claims` are those that the rules need.

    `relations` are by entity those that rules may look along.
    """

    company: Company
    chance: random.Random
    find: Find
    relations: Mapping[str, Sequence[str]]
    claims: dict[str, Any] = field(default_factory=dict)
    names: int = 0

    def rule(self, name: str, depth: int = 0) -> Rule:
        """A rule for an entity."""
        kind = self.chance.choice(["field"] * 5 + ["and", "or", "not", "relation", "relation"])
        if kind == "relation" and self.relations.get(name):
            return self._related(name, depth)
        if depth > 1 or kind in {"field", "relation"}:
            return self._compared(ENTITIES[name])
        if kind == "not":
            return self._not(name)
        parts = [self.rule(name, depth + 1) for _ in range(self.chance.choice([1, 2]))]
        joined = all if kind == "and" else any
        return Rule(
            {kind: [each.written for each in parts]},
            lambda record: joined([each.passes(record) for each in parts]),
            any(each.lacks_claim for each in parts),
        )

    def _not(self, name: str) -> Rule:
        inner = self._compared(ENTITIES[name])
        return Rule(
            {"not": inner.written}, lambda record: not inner.passes(record), inner.lacks_claim
        )

    def _related(self, name: str, depth: int) -> Rule:
        relation = self.chance.choice(self.relations[name])
        inner = self.rule(_TARGETS[relation], depth + 1)

        def passes(record: Record) -> bool:
            found = self.find(relation, record)
            return found is not None and inner.passes(found)

        return Rule({relation: inner.written}, passes, inner.lacks_claim)

    def _compared(self, entity: Entity) -> Rule:
        column, op = self._comparison(entity)
        if op == "is_null":
            wanted = self.chance.random() < 0.5
            return Rule(
                {column.name: {op: wanted}},
                lambda record: (record.get(column.name) is None) is wanted,
            )
        known = [each for each in self._values(entity, column) if each is not None]
        if not known:
            return (
                Rule({"and": [{"source": {"ne": "nobody"}}]}, lambda _: True)
                if ("source" in entity.fields)
                else Rule({"id": {"is_null": False}}, lambda _: True)
            )
        value: Any = self.chance.choice(known)
        if op in _LISTED:
            value = [value, *(self.chance.choice(known) for _ in range(self.chance.randint(0, 2)))]
        elif op in _OF_TEXTS and column.value_type is FieldType.TEXT:
            value = value[: self.chance.randint(0, 3)]
        written, lacks = self._written(value)
        return Rule(
            {column.name: {op: written}},
            lambda record: test(record.get(column.name), op, value),
            lacks,
        )

    def _comparison(self, entity: Entity) -> tuple[Field, str]:
        columns = [
            each
            for each in entity.fields.values()
            if each.name not in _NO_VALUES
            and each.value_type is not FieldType.JSON
            and (each.value_type is not FieldType.LIST or each.item is str)
        ]
        favoured = [
            each for each in columns if each.name in {"owner", "language", "status", "tags"}
        ]
        column = self.chance.choice([*columns, *favoured * 4])
        if column.value_type is FieldType.LIST:
            return column, self.chance.choice(_OF_TEXTS[:2])
        is_text = column.value_type is FieldType.TEXT
        return column, self.chance.choice([*_OF_ALL, *(_OF_TEXTS if is_text else ())])

    def _values(self, entity: Entity, column: Field) -> list[Any]:
        found = [each.get(column.name) for each in self.company.tables[entity.name]]
        if column.value_type is FieldType.LIST:
            found = [one for each in found for one in each or ()]
        return [each for each in found if _can_be_written(each)]

    def _written(self, value: Any) -> tuple[Any, bool]:
        """The value in a configuration, or a claim; and whether the viewer lacks that claim."""
        if self.chance.random() < 0.5:
            plain = [_plain(each) for each in value] if isinstance(value, list) else _plain(value)
            return plain, False
        self.names += 1
        name = f"claim{self.names}"
        lacks = self.chance.random() < 0.1
        if not lacks:
            self.claims[name] = _claimed(value)
        return f"${name}", lacks


_TARGETS = {
    "customer": "customer",
    "organization": "customer",
    "purchase": "purchase",
    "product": "product",
    "ticket": "ticket",
    "campaign": "campaign",
}


def _can_be_written(value: Any) -> bool:
    """Whether a rule may name the value: what is no number equals nothing there."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return not (isinstance(value, int) and abs(value) >= 2**63)


def _plain(value: Any) -> Any:
    text = _claimed(value)
    return f"${text}" if isinstance(text, str) and text.startswith("$") else text


def _claimed(value: Any) -> Any:
    if isinstance(value, list):
        return [_claimed(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | str) else value


def test(found: Any, op: str, value: Any) -> bool:
    """Whether a comparison holds, by definition: of a missing value only the negative ones do."""
    if op in {"ne", "not_in", "not_contains", "not_starts_with"}:
        return not test(found, {"ne": "eq"}.get(op, op.removeprefix("not_")), value)
    if found is None:
        return False
    if op == "in":
        return found in value
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "eq": lambda a, b: bool(a == b),
        "lt": lambda a, b: bool(a < b),
        "lte": lambda a, b: bool(a <= b),
        "gt": lambda a, b: bool(a > b),
        "gte": lambda a, b: bool(a >= b),
        "contains": lambda a, b: b in a,
        "starts_with": lambda a, b: bool(a.startswith(b)),
    }
    return tests[op](ranked(found), ranked(value))
