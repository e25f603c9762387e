"""The records that every kind of source is filled with: few, with ties, gaps and Chinese."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.catalogue import ENTITIES
from domain.entity import FieldType

SOURCE = "shop"
"""The source that all records belong to."""

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CUSTOMER_IDS = {f"k{n}": UUID(int=n) for n in range(1, 7)}

Values = dict[str, Any]


def _email(address: str | None) -> list[Values]:
    whole = {"address": address, "label": None, "is_verified": None, "is_primary": True}
    return [whole] if address else []


def _phone(e164: str | None) -> list[Values]:
    whole = {"e164": e164, "original": e164, "label": None, "is_primary": True}
    return [whole] if e164 else []


def _customer(number: int, name: str | None, **more: Any) -> Values:
    return {
        "record_id": f"k{number}",
        "customer_id": CUSTOMER_IDS[f"k{number}"],
        "matched_by": [],
        "kind": "PERSON",
        "is_deleted": False,
        "addresses": [],
        "name": name,
        "emails": _email(more.pop("email", None)),
        "phones": _phone(more.pop("phone", None)),
        "tags": more.pop("tags", []),
        **more,
    }


def _of(customer: str | None) -> Values:
    return {
        "customer_source": SOURCE if customer else None,
        "customer_ref": customer,
        "customer_id": CUSTOMER_IDS[customer] if customer else None,
    }


def _purchase(n: int, customer: str | None, **more: Any) -> Values:
    plain: Values = {
        "record_id": f"p{n:02}",
        "number": f"PO-{n}",
        "status": "PAID",
        "placed_at": START + timedelta(days=n // 3),
        "total": Decimal("12.50"),
        "currency": "CNY",
        **_of(customer),
    }
    return plain | more


def _line(number: int, purchase: str | None, **more: Any) -> Values:
    plain: Values = {
        "record_id": f"l{number:02}",
        "position": number % 3,
        "description": f"茶 {number}",
        "quantity": Decimal(number % 4),
        "unit_price": Decimal("3.25"),
        "currency": "CNY",
        "purchase_source": SOURCE if purchase else None,
        "purchase_ref": purchase,
    }
    return plain | more


def _ticket(number: int, customer: str | None, **more: Any) -> Values:
    plain: Values = {
        "record_id": f"t{number}",
        "subject": f"工单 {number % 3}",
        "kind": "INQUIRY",
        "status": ("OPEN", "CLOSED")[number % 2],
        "opened_at": START + timedelta(hours=number % 4),
        "satisfaction": (None, 1, 5)[number % 3],
        **_of(customer),
    }
    return plain | more


def _document(customer: str, kind: str, name: str, size: int) -> Values:
    return {
        "record_id": f"{customer}/{kind.lower()}/v{size % 3}/{name}",
        "name": name,
        "kind": kind,
        "media_type": "text/plain",
        "size_bytes": size,
        "version": f"v{size % 3}",
        "modified_at": START + timedelta(days=size % 2),
        **_of(customer),
    }


_GIVEN: Mapping[str, Sequence[Values]] = {
    "customer_record": (
        _customer(1, "Ada Lovelace", email="ada@example.com", language="en", tags=["vip", "a_b"]),
        _customer(2, "王小明", phone="+8613912345678", language="zh", given_name="小明"),
        _customer(3, "王小明", family_name="王", tags=["重要"]),
        _customer(4, None, email="nobody@example.com", language="zh"),
        _customer(5, "100% _Real_", language="EN"),
    ),
    "purchase": (
        _purchase(1, "k1"),
        _purchase(2, "k1", status="SHIPPED", total=Decimal("0.10")),
        _purchase(3, "k2", number=None),
        _purchase(4, "k2", number="订单%4", channel="WEB"),
        _purchase(5, "k2", total=Decimal("-1.00"), channel="CHAT"),
        _purchase(6, None, number="po-6"),
        _purchase(7, "k1", currency="EUR", total=Decimal("99999.99")),
        _purchase(8, "k1", number="PO_1", status="REFUNDED"),
        _purchase(9, "k3", number=None),
    ),
    "purchase_line": tuple(
        _line(n, (None, "p01", "p02", "p04")[n % 4], description=None if n % 5 == 0 else f"茶 {n}")
        for n in range(1, 11)
    ),
    "ticket": tuple(_ticket(n, (None, "k1", "k2")[n % 3]) for n in range(1, 9)),
    "document": (
        _document("k1", "CONTRACT", "合同.txt", 12),
        _document("k1", "INVOICE", "a b.txt", 0),
        _document("k2", "CONTRACT", "plain.txt", 7),
    ),
}


def _completed(entity: str, given: Values) -> Values:
    origin = {"source": SOURCE, "observed_at": START}
    blank = dict.fromkeys(ENTITIES[entity].fields)
    return {**blank, **origin, **given}


RECORDS: Mapping[str, Sequence[Values]] = {
    entity: tuple(_completed(entity, each) for each in given) for entity, given in _GIVEN.items()
}
"""For each entity its records, with a value or `None` in every field."""

MAPPED: Mapping[str, tuple[str, ...]] = {
    "customer_record": ("name", "given_name", "family_name", "language"),
    "purchase": ("number", "status", "placed_at", "total", "currency", "channel"),
    "purchase_line": ("position", "description", "quantity", "unit_price", "currency"),
    "ticket": ("subject", "kind", "status", "opened_at", "satisfaction"),
    "document": ("name", "kind", "media_type", "size_bytes", "version", "modified_at"),
}
"""The fields that sources with a mapping have as columns of the same names."""

RELATION: Mapping[str, str] = {
    "purchase": "customer",
    "purchase_line": "purchase",
    "ticket": "customer",
    "document": "customer",
}
"""The relation of each entity that sources with a mapping know."""


def mapping(entity: str, **place: Any) -> Values:
    """The mapping of an entity whose raw records are as `raw` gives them."""
    found: Values = {"key": "record_id", "fields": {each: each for each in MAPPED[entity]}, **place}
    if entity in RELATION:
        found["references"] = {RELATION[entity]: f"{RELATION[entity]}_ref"}
    if entity == "purchase":
        words = {each.lower(): each for each in ("PAID", "SHIPPED", "REFUNDED")}
        found["fields"]["status"] = {"from": "status", "map": words}
    if entity == "customer_record":
        lists = {"emails": "email", "phones": "phone", "tags": {"from": "tags", "separator": ","}}
        found["fields"] |= lists
    return found


def written_as(entity: str) -> str:
    """The name of an entity in a configuration."""
    return "customer" if entity == "customer_record" else entity


def raw(entity: str, record: Values) -> Values:
    """A flat record as a source may have it: texts, and whole numbers."""
    relation = RELATION.get(entity)
    names = ["record_id", *MAPPED[entity], *([f"{relation}_ref"] if relation else [])]
    found = {name: _flat(record[name]) for name in names}
    if entity == "purchase":
        found["status"] = found["status"].lower()
    if entity == "customer_record":
        found["email"] = record["emails"][0]["address"] if record["emails"] else None
        found["phone"] = record["phones"][0]["original"] if record["phones"] else None
        found["tags"] = ",".join(record["tags"]) or None
    found["changed"] = _flat(START)
    return found


def column_type(entity: str, column: str) -> FieldType:
    """What a column of `raw` holds."""
    if column == "changed":
        return FieldType.DATETIME
    field = ENTITIES[entity].fields.get(column)
    return FieldType.TEXT if field is None else field.value_type


def _flat(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value
