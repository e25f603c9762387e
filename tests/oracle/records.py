"""A small company in memory: several sources, ties, missing values, and some broken records.

Required fields are missing here and there on purpose, so that nulls bubble up.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.catalogue import ENTITIES
from domain.entity import FieldType

Record = dict[str, Any]
Tables = Mapping[str, list[Record]]

OBSERVED_AT = datetime(2026, 2, 1, 8, 30, 0, 123456, tzinfo=UTC)
START = datetime(2025, 12, 24, 23, 59, 58, 999999, tzinfo=UTC)
TEXTS = ("ada", "Ada", "王小明", "Zoë", "50%_off", "a\\b", "", "ada lovelace", "😀")
CUSTOMER_COUNT = 14
BROKEN = 0.001
"""How often a required field is missing."""

INDEXED = frozenset({"customer", "customer_record", "access_record"})
HIDDEN = {"id", "record_id", "source", "observed_at", "customer_id", "organization_id"}


HELD: Mapping[str, Sequence[str]] = {
    "native": [
        "customer",
        "customer_record",
        "interaction",
        "document",
        "campaign",
        "access_record",
    ],
    "shop": ["purchase", "purchase_line", "product", "campaign_membership", "campaign"],
    "desk": ["purchase", "ticket", "interaction", "document"],
}
"""Which entities each source has."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An e-mail address or telephone number, normalised, that a customer's record carries."""

    source: str
    record_id: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Company:
    """All records by entity, each complete with its source; and the sources that hold them.

    The `live` sources are asked for their records; those of the others are in the store.
    """

    tables: Tables
    sources: tuple[str, ...] = ("native", "shop", "desk")
    live: frozenset[str] = frozenset({"shop", "desk"})
    identifiers: Sequence[Identifier] = ()

    def held_by(self, source: str) -> Mapping[str, Sequence[Record]]:
        """The records of one source, by entity."""
        return {
            entity: [each for each in self.visible(entity) if each.get("source", source) == source]
            if entity not in INDEXED
            else self.tables[entity]
            for entity in HELD.get(source, ())
        }

    def visible(self, entity: str) -> Sequence[Record]:
        """The records that the graph shows: not those of sources that are not configured."""
        if entity in INDEXED:
            return self.tables[entity]
        return [each for each in self.tables[entity] if entity in HELD.get(each["source"], ())]

    def is_owned(self, record: Record, customer_id: object) -> bool:
        """Whether a record is in a customer's lists.

        In the store it names its customer; a live source knows its own record of the customer.
        """
        if record["source"] not in self.live:
            return bool(record.get("customer_id") == customer_id)
        return any(
            each["customer_id"] == customer_id and not each["is_deleted"]
            for each in self.tables["customer_record"]
            if each["source"] == record["source"]
            and each["record_id"] == record.get("customer_ref")
        )


def company(seed: int) -> Company:
    """The same company for the same seed."""
    chance = random.Random(seed)
    ids = [UUID(int=chance.getrandbits(128)) for _ in range(CUSTOMER_COUNT)]
    customers = [_customer(chance, each, ids) for each in ids]
    records = [
        _record(chance, "customer_record", source, f"{source[0]}{n}")
        | {"customer_id": each, "is_deleted": False}
        for n, each in enumerate(ids)
        for source in ("shop", "desk")
        if chance.random() < 0.8
    ]
    tables: dict[str, list[Record]] = {"customer": customers, "customer_record": records}
    tables["product"] = _many(chance, "product", ["shop"], 6)
    tables["purchase"] = _owned(chance, "purchase", ["shop", "desk"], 40, records)
    tables["purchase_line"] = _many(chance, "purchase_line", ["shop"], 60)
    tables["ticket"] = _owned(chance, "ticket", ["desk"], 30, records)
    tables["campaign"] = _many(chance, "campaign", ["native", "shop"], 5)
    tables["campaign_membership"] = _owned(chance, "campaign_membership", ["shop"], 30, records)
    tables["document"] = _owned(chance, "document", ["native", "desk"], 25, records)
    tables["interaction"] = _owned(chance, "interaction", ["native", "desk"], 35, records)
    tables["access_record"] = [_access(chance, n, ids) for n in range(25)]
    _refer(chance, tables)
    return Company(tables)


def _customer(chance: random.Random, id_: UUID, ids: Sequence[UUID]) -> Record:
    made = _record(chance, "customer", "native", "")
    for name in ("source", "record_id", "observed_at"):
        del made[name]
    organization = chance.choice([*ids[:2], None, None])
    return {**made, "id": id_, "organization_id": organization, "provenance": _provenance(chance)}


def _access(chance: random.Random, number: int, ids: Sequence[UUID]) -> Record:
    made = _record(chance, "access_record", "native", "")
    return {**made, "id": f"a{number:03}", "customer_id": chance.choice(ids)}


def _many(chance: random.Random, entity: str, sources: Sequence[str], count: int) -> list[Record]:
    return [_record(chance, entity, source, f"{n:03}") for source in sources for n in range(count)]


def _owned(
    chance: random.Random,
    entity: str,
    sources: Sequence[str],
    count: int,
    owners: Sequence[Record],
) -> list[Record]:
    made = _many(chance, entity, sources, count)
    for each in made:
        own = [owner for owner in owners if owner["source"] == each["source"]]
        owner = chance.choice([*own, *own, None]) if own else chance.choice([*owners, None])
        if owner is not None:
            each["customer_source"] = owner["source"]
            each["customer_ref"] = owner["record_id"]
            each["customer_id"] = owner["customer_id"]
    return made


def _refer(chance: random.Random, tables: Tables) -> None:
    """Point references at records, some of which do not exist."""
    for entity, relations in (
        ("purchase_line", ("purchase", "product")),
        ("campaign_membership", ("campaign",)),
        ("interaction", ("ticket", "purchase", "campaign")),
    ):
        for each in tables[entity]:
            for relation in relations:
                # A configured source points into one other source; what is logged here, anywhere.
                targets = [
                    one for one in tables[relation] if each["source"] in {one["source"], "native"}
                ]
                if not targets:
                    continue
                target = chance.choice(targets)
                is_lost = chance.random() < 0.05
                each[f"{relation}_source"] = target["source"]
                each[f"{relation}_ref"] = "lost" if is_lost else target["record_id"]
                if entity == "interaction" and chance.random() < 0.4:
                    each[f"{relation}_source"] = each[f"{relation}_ref"] = None


def _record(chance: random.Random, entity: str, source: str, record_id: str) -> Record:
    record: Record = {"source": source, "record_id": record_id, "observed_at": OBSERVED_AT}
    for field in ENTITIES[entity].fields.values():
        if field.name in HIDDEN or field.name.endswith(("_ref", "_source")):
            continue
        is_missing = chance.random() < (BROKEN if field.required else 0.3)
        record[field.name] = None if is_missing else _value(chance, field)
    return record


def _value(chance: random.Random, field: Any) -> Any:
    if field.choices is not None:
        return chance.choice([each.value for each in field.choices])
    if field.value_type is FieldType.LIST:
        return _list(chance, field)
    makers: Mapping[FieldType, Callable[[], Any]] = {
        FieldType.TEXT: lambda: chance.choice(TEXTS),
        FieldType.INTEGER: lambda: chance.choice([0, 1, 2, 5, 2**31 - 1, 2**31, -(2**31)]),
        FieldType.DECIMAL: lambda: Decimal(chance.choice(["0", "1.50", "1.5", "1E+3", "-7.123"])),
        FieldType.BOOLEAN: lambda: chance.random() < 0.5,
        FieldType.DATETIME: lambda: START + timedelta(minutes=chance.randrange(12)),
        FieldType.JSON: lambda: {"vip": True, "级别": chance.choice(TEXTS), "list": [1, None]},
    }
    return makers[field.value_type]()


def _list(chance: random.Random, field: Any) -> list[Any]:
    count = chance.randrange(3)
    if field.item is str:
        return [chance.choice([*TEXTS, *TEXTS, *TEXTS, None]) for _ in range(count)]
    return [_item(chance, field.name, n) for n in range(count)]


def _item(chance: random.Random, name: str, n: int) -> Record:
    label = chance.choice(["work", None])
    first = {"label": label, "is_primary": n == 0}
    if name == "emails":
        return {"address": f"{chance.choice('abc')}@例子.cn", "is_verified": None, **first}
    if name == "phones":
        return {"e164": chance.choice(["+861381", None]), "original": "138", **first}
    return {"city": chance.choice(TEXTS), "country": "CN", **first}


def _provenance(chance: random.Random) -> list[Record]:
    origin = {"source": "shop", "record_id": "s1", "observed_at": OBSERVED_AT}
    other = {"value": chance.choice(TEXTS), **origin}
    return [
        {"field": name, **origin, "alternatives": [other] * chance.randrange(2)}
        for name in chance.sample(["name", "givenName", "language"], chance.randrange(4))
    ]
