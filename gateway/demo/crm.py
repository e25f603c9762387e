"""What the CRM holds: people, companies and activities, as its HTTP API gives them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from gateway.demo import handwriting
from gateway.demo.activity import Activity
from gateway.demo.customer import NOW, Chance, Customer, dice
from gateway.demo.vocabulary import OWNERS

Json: TypeAlias = dict[str, Any]

_ZONES = {"DE": ZoneInfo("Europe/Berlin"), "CN": ZoneInfo("Asia/Shanghai"), "GB": ZoneInfo("UTC")}
_TAGS = ("camping", "climbing", "newsletter", "vip", "b2b", "garden", "watersports")
_LINKED_SHARE = 0.3
_DAYS_OF_A_PROSPECT = 60


def write(
    folder: Path, customers: Sequence[Customer], activities: Sequence[Activity], *, seed: int
) -> None:
    """Make `parties.json` and `activities.json` in a folder that is there."""
    chance = dice(seed, "crm")
    by_number = {each.number: each for each in customers}
    parties = [_party(each, by_number, chance) for each in customers if "crm" in each.systems]
    held = [_activity(each) for each in activities]
    (folder / "parties.json").write_bytes(orjson.dumps([*parties, *_broken_parties(parties)]))
    (folder / "activities.json").write_bytes(orjson.dumps([*held, *_broken_activities(held)]))


def _party(customer: Customer, by_number: Mapping[int, Customer], chance: Chance) -> Json:
    is_company = customer.is_company
    employer = None if customer.employer is None else by_number[customer.employer]
    is_linked = "shop" in customer.systems and chance.random() < _LINKED_SHARE
    return {
        "id": customer.id_in("crm"),
        "type": "company" if is_company else "person",
        "full_name": customer.name,
        "first_name": None if is_company else customer.given,
        "last_name": None if is_company else customer.family,
        "emails": [{"value": handwriting.email(customer, chance), "type": "work"}],
        "phones": [{"value": handwriting.phone(customer, chance), "type": "mobile"}],
        "address": {
            "street": customer.street,
            "city": customer.city,
            "region": customer.region,
            "zip": customer.postal_code,
            "country": customer.country,
        },
        "language": customer.language,
        "prefers": chance.choice(("phone", "mail", "chat", None)),
        "stage": _stage(customer, chance),
        "tags": sorted(chance.sample(_TAGS, k=chance.randint(0, 3))),
        "owner": {"name": chance.choice(OWNERS)},
        "company": employer and {"id": employer.id_in("crm"), "name": employer.name},
        "links": {"shop": customer.id_in("shop")} if is_linked else {},
        "custom": _custom(customer, chance),
        "created_at": _local(customer.since, customer.country),
        "updated_at": _local(customer.since, customer.country),
    }


def _stage(customer: Customer, chance: Chance) -> str:
    if customer.number == 0:
        return "regular"
    if "shop" not in customer.systems or (NOW - customer.since).days < _DAYS_OF_A_PROSPECT:
        return "prospect"
    return chance.choice(("first_order", "repeat", "repeat", "regular", "dormant"))


def _custom(customer: Customer, chance: Chance) -> Json:
    if customer.is_company:
        return {"employees": chance.choice((5, 20, 80, 300)), "discount_percent": 5}
    return {"favourite_store": chance.choice(("Berlin", "Hamburg", "Shanghai", "Hangzhou"))}


def _broken_parties(parties: Sequence[Json]) -> Iterator[Json]:
    """A contact with a date that is none, one without an id, and two with one address."""
    blank = {**parties[-1], "phones": [], "links": {}, "company": None}
    stray = [{"value": "no.date@example.org", "type": "work"}]
    yield {**blank, "id": "P90001", "emails": stray, "created_at": "soon"}
    yield {**blank, "id": None, "emails": []}
    for number in ("P90002", "P90003"):
        yield {**blank, "id": number, "emails": [{"value": "info@example.org", "type": "work"}]}


def _activity(activity: Activity) -> Json:
    customer = activity.customer
    return {
        "id": f"ACT-{activity.number:06d}",
        "party_id": customer.id_in("crm"),
        "kind": activity.kind,
        "direction": activity.direction,
        "subject": activity.subject,
        "note": activity.note,
        "outcome": activity.outcome,
        "topics": activity.topics,
        "team": activity.team,
        "author": activity.author,
        "attendees": [customer.name, activity.author],
        "started_at": _local(activity.started_at, customer.country),
        "order_no": activity.order and activity.order.number,
        "ticket_id": activity.ticket and activity.ticket.number,
    }


def _broken_activities(activities: Sequence[Json]) -> Iterator[Json]:
    """An activity without a time, and one over a channel that nobody maps."""
    yield {**activities[0], "id": "ACT-900001", "started_at": None}
    yield {**activities[0], "id": "ACT-900002", "kind": "pigeon"}


def _local(moment: datetime, country: str) -> str:
    return moment.astimezone(_ZONES[country]).isoformat(timespec="seconds")


def load(folder: Path) -> Mapping[str, Sequence[Json]]:
    """The parties and activities that `write` wrote."""
    names = ("parties", "activities")
    return {name: orjson.loads((folder / f"{name}.json").read_bytes()) for name in names}
