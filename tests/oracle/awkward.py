"""A company whose records are awkward: values that a store can hold and a program get wrong.

Numbers beyond 32 bits and without an end, times of all precisions from the year 1 on, texts of
all scripts with control characters and quotes, nested JSON, customers that were merged, records
that were deleted, references that lead nowhere, and a customer with more of everything than a page
holds.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.catalogue import ENTITIES
from domain.entity import Field, FieldType
from tests.oracle.records import INDEXED, TEXTS, Company, Identifier, Record, company

_CONTROLS = "".join(map(chr, range(1, 32)))
_LETTERS = (
    *TEXTS,
    _CONTROLS,
    "\x7f\x80\x9f",
    "\u2028\u2029\ufeff\ufffd\uffff",
    "שלום \u202eعربي\u200f",
    "e\u0301",
    "é",
    "👩‍👩‍👧‍👦𝒳🏳️‍🌈",
    "\\u0041 \\n \\",
    "\"' ` $1 :name %s {0} $$",
    "</script><!--&amp;",
    '{"a": [1, null]}',
    "null",
    "NaN",
    " ",
    "  both ends\t",
    "長" * 3000,
    "x" * 9000,
)
_INTEGERS = (0, 1, 2, 5, -1, 2**31 - 1, -(2**31))
_BEYOND_INT = (2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63))
_DECIMALS = ("0", "0.00", "1.50", "1.5", "1.500", "1000", "-7.123", "0.1", "-0.000001")
_EXTREME = (
    "0.00000000000000000001",
    "99999999999999999999999999.123456789",
    "123456789012345678901234567890.000",
    f"1{'0' * 100}",
    f"-0.{'0' * 60}1",
)
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_TIMES = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(99, 2, 28, 1, 2, 3, 4000, tzinfo=UTC),
    datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999500, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, 0, 100000, tzinfo=UTC),
    datetime(2025, 3, 30, 1, 0, 0, 120000, tzinfo=UTC),
    datetime(2025, 10, 26, 1, 30, 0, 123000, tzinfo=UTC),
    datetime(2025, 10, 26, 1, 30, 0, 123456, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 999, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 59, 999999, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999998, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)
_JSON: Sequence[Any] = (
    {},
    {"": None, "a": "", "级别": "金\u2028", '"\\/\n\u0001': True},
    {"n": [0, -1, 1.5, 1e-7, 1.25e22, 2**53 + 1, 2**63, -(2**63), 1e300, 0.1]},
    {"deep": {"er": {"and": [[[{"b": [], "aa": {}}]], [None, False, "x"]]}}},
    {"b": 1, "aa": 2, "c": 3, "B": 4, "é": 5, "zz": {"k": [1, {"y": 1, "x": 2}]}},
)
_PAGE = 27
"""More than a page holds when nothing is said of its size."""


def awkward_company(seed: int, *, live: frozenset[str] = frozenset()) -> Company:
    """The same company for the same seed; the `live` sources are not in the store."""
    chance = random.Random(f"awkward {seed}")
    plain = company(seed)
    _crowd(chance, plain)
    _merge_and_delete(chance, plain)
    _lead_astray(chance, plain, live)
    for entity, records in plain.tables.items():
        _keep_forgotten(chance, entity, records)
        for each in records:
            _spoil(chance, entity, each)
    identifiers = _identifiers(chance, plain.tables["customer_record"])
    return replace(plain, live=live, identifiers=identifiers)


def _crowd(chance: random.Random, plain: Company) -> None:
    """Give one customer, and one purchase, more than a page of everything."""
    owner = plain.tables["customer_record"][0]
    for entity in ("purchase", "ticket", "document", "interaction", "campaign_membership"):
        for each in chance.sample(plain.tables[entity], min(_PAGE, len(plain.tables[entity]) // 2)):
            if each["source"] in {owner["source"], "native"}:
                _own(each, owner)
    purchase = plain.tables["purchase"][0]
    for each in plain.tables["purchase_line"][:_PAGE]:
        each["purchase_source"], each["purchase_ref"] = purchase["source"], purchase["record_id"]
    for each in plain.tables["customer"][5:8]:
        each["organization_id"] = plain.tables["customer"][0]["id"]


def _own(record: Record, owner: Record) -> None:
    record["customer_source"] = owner["source"]
    record["customer_ref"] = owner["record_id"]
    record["customer_id"] = owner["customer_id"]


def _merge_and_delete(chance: random.Random, plain: Company) -> None:
    """Merge customers: into one another, one after the other, and, as never happens, in circles."""
    customers = plain.tables["customer"]
    ids = [each["id"] for each in customers]
    for each in customers:
        each["superseded_by"] = None
    for one, other in ((9, 8), (10, 9), (11, 0), (12, 13), (13, 12)):
        customers[one]["superseded_by"] = ids[other]
    records = plain.tables["customer_record"]
    for each in chance.sample(records, 4):
        each["is_deleted"] = True
    for each in chance.sample(records, 2):
        each["customer_id"] = None
    for each in chance.sample(records, 3):
        each["customer_id"] = chance.choice(ids)


def _lead_astray(chance: random.Random, plain: Company, live: frozenset[str]) -> None:
    """Let records refer to other sources, to nobody, and to customers that do not exist."""
    owners = {
        (each["source"], each["record_id"]): each["customer_id"]
        for each in plain.tables["customer_record"]
    }
    for entity in ("purchase", "ticket", "document", "interaction", "campaign_membership"):
        for each in plain.tables[entity]:
            if each["source"] in live:
                # Only the store keeps who a record was resolved to; here it is looked up anew.
                each["customer_id"] = owners.get((each["source"], each.get("customer_ref")))
                continue
            if chance.random() < 0.05:
                each["customer_id"] = UUID(int=chance.getrandbits(128))
            if chance.random() < 0.1 and entity == "interaction":
                each["ticket_source"], each["ticket_ref"] = "gone", "1"
    purchases = [each for each in plain.tables["purchase"] if each["source"] == "desk"]
    for each in plain.tables["purchase_line"][_PAGE:]:
        if chance.random() < 0.3:
            target = chance.choice(purchases)
            each["purchase_source"], each["purchase_ref"] = "desk", target["record_id"]


def _keep_forgotten(chance: random.Random, entity: str, records: list[Record]) -> None:
    """Add records of a source that is no longer configured; only customers of it are shown."""
    if entity not in INDEXED:
        few = chance.sample(records, 2)
        records += [{**each, "source": "gone", "record_id": f"g{n}"} for n, each in enumerate(few)]


def _spoil(chance: random.Random, entity: str, record: Record) -> None:
    for field in ENTITIES[entity].fields.values():
        if field.name in {"id", "source", "record_id", "is_deleted", "organization_id"}:
            continue
        if field.name.endswith(("_ref", "_source", "_id")):
            continue
        is_missing = record.get(field.name) is None
        if (is_missing and field.required) or (chance.random() < 0.3 and not field.choices):
            record[field.name] = _value(chance, field)
        if isinstance(record.get(field.name), Decimal):
            record[field.name] = Decimal(f"{record[field.name]:f}")
        record[field.name] = stored(record.get(field.name))


def _value(chance: random.Random, field: Field) -> Any:
    if field.choices is not None:
        return chance.choice([each.value for each in field.choices])
    extreme = chance.random() < 0.06
    decimals = (*_EXTREME, *_NO_NUMBERS) if extreme else _DECIMALS
    makers: Mapping[FieldType, Callable[[], Any]] = {
        FieldType.TEXT: lambda: chance.choice(_LETTERS),
        FieldType.INTEGER: lambda: chance.choice(_BEYOND_INT if extreme else _INTEGERS),
        FieldType.DECIMAL: lambda: Decimal(chance.choice(decimals)),
        FieldType.BOOLEAN: lambda: chance.random() < 0.5,
        FieldType.DATETIME: lambda: chance.choice(_TIMES),
        FieldType.JSON: lambda: chance.choice(_JSON),
        FieldType.LIST: lambda: _list(chance, field),
    }
    return makers[field.value_type]()


def _list(chance: random.Random, field: Field) -> list[Any]:
    count = chance.choice([0, 1, 2, 30])
    if field.name == "provenance":
        return [_provenance(chance) for _ in range(min(count, 3))]
    if field.item is str:
        missing = [None] if chance.random() < 0.1 else []
        return [chance.choice([*_LETTERS, *missing]) for _ in range(count)]
    return [_item(chance, field.name, n) for n in range(min(count, 4))]


def _item(chance: random.Random, name: str, place: int) -> Any:
    if chance.random() < 0.02:
        return None
    first = {"label": chance.choice([*_LETTERS, None]), "is_primary": place == 0}
    if chance.random() < 0.03:
        del first["is_primary"]
    text = chance.choice([*_LETTERS, None] if chance.random() < 0.1 else _LETTERS)
    if name == "emails":
        return {**first, "address": text, "is_verified": chance.choice([True, False, None])}
    if name == "phones":
        return {**first, "e164": chance.choice(["+861381", None]), "original": text}
    return {**first, "street": text, "unknown": [1], "postal_code": chance.choice(["", "00", None])}


def _provenance(chance: random.Random) -> Record:
    def origin() -> Record:
        source = chance.choice(["shop", "shop", "desk", "native"])
        number = None if chance.random() < 0.02 else chance.choice(_LETTERS)
        return {"source": source, "record_id": number, "observed_at": chance.choice(_TIMES)}

    others = [
        {"value": chance.choice([*_LETTERS, None]), **origin()} for _ in range(chance.randrange(3))
    ]
    field = chance.choice(["name", "givenName", "language", "customerId"])
    return {"field": field, **origin(), "alternatives": others}


def _identifiers(chance: random.Random, records: Sequence[Record]) -> list[Identifier]:
    """Addresses and numbers of the records; some are those of several customers."""
    found = []
    for n, each in enumerate(records):
        key = (each["source"], each["record_id"])
        place = chance.choice([n, n, n % 3])
        found.append(Identifier(*key, "email", f"person.{place}@example.com"))
        found.append(Identifier(*key, "phone", f"+86138001380{place % 90 + 10}"))
    return found


def stored(value: Any) -> Any:
    """The JSON in a value as PostgreSQL gives it back: the keys in its own order."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: stored(value[key]) for key in keys}
    return [stored(each) for each in value] if isinstance(value, list) else value
