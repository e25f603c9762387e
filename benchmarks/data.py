"""The data set: seeded, and put into the store's own tables as if it had been pulled."""

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from connectors.native.migration import migrate
from connectors.native.store import driver_url, use_json
from connectors.native.tables import TABLES

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""When the first customer came; each further one comes a minute after the one before."""

CAMPAIGNS = 50

_SEED = 360
_FAMILY = ("Weber", "Müller", "王", "Garcia", "O'Neill", "李", "Nakamura", "Schmidt")
_GIVEN = ("Ada", "Jürgen", "小明", "José", "Siobhán", "Mei", "Yuki", "Anna")
_STATUS = ("PENDING", "PAID", "SHIPPED", "COMPLETED", "CANCELLED")
_CHANNEL = ("WEB", "STORE", "CALL_CENTER", "EMAIL")
_TEXT = "The customer asked about the delivery of an order and when the rest of it will come. "

Record: TypeAlias = Mapping[str, Any]


def customer_id(number: int) -> UUID:
    """The id of a customer by its number, a UUID of version 7."""
    milliseconds = int(created_at(number).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | number)


def created_at(number: int) -> datetime:
    """When a customer came."""
    return EPOCH + timedelta(minutes=number)


async def fill(url: str, *, customers: int) -> Mapping[str, int]:
    """Make the tables in an empty database and fill them; gives the rows of each table."""
    await migrate(url)
    connection = await asyncpg.connect(driver_url(url))
    try:
        await use_json(connection)
        counts = {
            entity: await _copy(connection, entity, records)
            for entity, records in _tables(customers).items()
        }
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
    return counts


async def _copy(connection: asyncpg.Connection, entity: str, records: Iterable[Record]) -> int:
    columns = list(TABLES[entity].c.keys())
    rows = (tuple([record.get(each) for each in columns]) for record in records)
    done = await connection.copy_records_to_table(entity, records=rows, columns=columns)
    return int(done.split()[-1])


def _tables(customers: int) -> Mapping[str, Iterable[Record]]:
    numbers = range(customers)
    return {
        "customer": map(_customer, numbers),
        "customer_record": map(_customer_record, numbers),
        "campaign": map(_campaign, range(CAMPAIGNS)),
        "purchase": _many(numbers, 10, _purchase),
        "purchase_line": _many(range(customers * 10), 2, _line),
        "ticket": _many(numbers, 2, _ticket),
        "interaction": _many(numbers, 5, _interaction),
        "document": _many(numbers, 2, _document),
        "campaign_membership": _many(numbers, 3, _membership),
    }


def _many(parents: Iterable[int], count: int, make: Any) -> Iterator[Record]:
    chance = random.Random(_SEED)
    for parent in parents:
        for number in range(count):
            yield make(parent, parent * count + number, chance)


def _profile(number: int) -> Record:
    given, family = _GIVEN[number % 8], _FAMILY[number // 8 % 8]
    address = {"address": f"c{number}@example.com", "label": "work", "is_verified": True}
    phone = f"+4930{number:07d}"
    return {
        "kind": "PERSON",
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "emails": [{**address, "is_primary": True}],
        "phones": [{"e164": phone, "original": phone, "label": "mobile", "is_primary": True}],
        "addresses": [{"street": f"Hauptstraße {number % 200}", "city": "Berlin", "country": "DE"}],
        "language": "de",
        "preferred_channel": "EMAIL",
        "lifecycle_stage": "REPEAT" if number % 3 else None,
        "tags": ["vip"] if number % 10 == 0 else [],
        "created_at": created_at(number),
        "updated_at": created_at(number) + timedelta(days=1),
    }


def _customer(number: int) -> Record:
    return {
        **_profile(number),
        "id": customer_id(number),
        "primary_email": f"c{number}@example.com",
        "primary_phone": f"+4930{number:07d}",
        "provenance": [],
    }


def _customer_record(number: int) -> Record:
    return {
        **_profile(number),
        **_key("shop", number, created_at(number)),
        "customer_id": customer_id(number),
        "matched_by": [],
        "is_deleted": False,
    }


def _key(source: str, number: int, observed_at: datetime) -> Record:
    return {"source": source, "record_id": f"{number:08d}", "observed_at": observed_at}


def _owned(source: str, owner: int, number: int, at: datetime) -> Record:
    return {
        **_key(source, number, at),
        "customer_source": "shop",
        "customer_ref": f"{owner:08d}",
        "customer_id": customer_id(owner),
    }


def _later(owner: int, chance: random.Random) -> datetime:
    return created_at(owner) + timedelta(milliseconds=chance.randrange(365 * 86_400_000))


def _price(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(100, 100_000)).scaleb(-2)


def _campaign(number: int) -> Record:
    return {
        **_key("mailing", number, EPOCH),
        "name": f"Campaign {number}",
        "kind": "NEWSLETTER",
        "starts_at": EPOCH + timedelta(days=number),
    }


def _purchase(owner: int, number: int, chance: random.Random) -> Record:
    at = _later(owner, chance)
    return {
        **_owned("shop", owner, number, at),
        "number": f"O-{number}",
        "status": chance.choice(_STATUS),
        "placed_at": at,
        "total": _price(chance),
        "currency": "EUR",
        "channel": chance.choice(_CHANNEL),
    }


def _line(purchase: int, number: int, chance: random.Random) -> Record:
    price, quantity = _price(chance), chance.randrange(1, 5)
    return {
        **_key("shop", number, EPOCH),
        "position": number % 2 + 1,
        "description": f"Article {number % 500}",
        "quantity": Decimal(quantity),
        "unit_price": price,
        "total": price * quantity,
        "currency": "EUR",
        "purchase_source": "shop",
        "purchase_ref": f"{purchase:08d}",
    }


def _ticket(owner: int, number: int, chance: random.Random) -> Record:
    at = _later(owner, chance)
    return {
        **_owned("desk", owner, number, at),
        "number": f"T-{number}",
        "subject": f"Delivery of order {chance.randrange(10_000)}",
        "kind": "COMPLAINT",
        "status": chance.choice(("OPEN", "RESOLVED", "CLOSED")),
        "priority": chance.choice(("LOW", "NORMAL", None)),
        "opened_at": at,
    }


def _interaction(owner: int, number: int, chance: random.Random) -> Record:
    at = _later(owner, chance)
    return {
        **_owned("desk", owner, number, at),
        "channel": chance.choice(_CHANNEL),
        "direction": "INBOUND",
        "subject": f"Order {chance.randrange(10_000)}",
        "content": _TEXT,
        "key_details": [],
        "participants": [],
        "occurred_at": at,
    }


def _document(owner: int, number: int, chance: random.Random) -> Record:
    at = _later(owner, chance)
    return {
        **_owned("archive", owner, number, at),
        "name": f"Invoice {number}.pdf",
        "kind": "INVOICE",
        "media_type": "application/pdf",
        "size_bytes": chance.randrange(10_000, 1_000_000),
        "modified_at": at,
    }


def _membership(owner: int, number: int, chance: random.Random) -> Record:
    at = _later(owner, chance)
    return {
        **_owned("mailing", owner, number, at),
        "status": chance.choice(("SENT", "OPENED", "CLICKED")),
        "sent_at": at,
        "campaign_source": "mailing",
        "campaign_ref": f"{chance.randrange(CAMPAIGNS):08d}",
    }
