"""What the help desk holds: users and tickets, as its HTTP API gives them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from gateway.demo import handwriting
from gateway.demo.customer import Chance, Customer, dice
from gateway.demo.ticket import Ticket

Json: TypeAlias = dict[str, Any]

_PHONE_ONLY_SHARE = 0.05


def write(
    folder: Path, customers: Sequence[Customer], tickets: Sequence[Ticket], *, seed: int
) -> None:
    """Make `users.json` and `tickets.json` in a folder that is there."""
    chance = dice(seed, "desk")
    users = [_user(each, chance) for each in customers if "desk" in each.systems]
    given = [_ticket(each) for each in tickets]
    (folder / "users.json").write_bytes(orjson.dumps([*users, *_broken_users(users)]))
    (folder / "tickets.json").write_bytes(orjson.dumps([*given, *_broken_tickets(given)]))


def _user(customer: Customer, chance: Chance) -> Json:
    is_phone_only = customer.number > 0 and chance.random() < _PHONE_ONLY_SHARE
    return {
        "id": int(customer.id_in("desk")),
        "name": handwriting.latin_name(customer, chance),
        "email": None if is_phone_only else handwriting.email(customer, chance),
        "phone": handwriting.phone(customer, chance),
        "locale": {"de": "de-DE", "zh": "zh-CN", "en": "en-GB"}[customer.language],
        "shop_customer": customer.id_in("shop") if is_phone_only else None,
        "created_at": _seconds(customer.since),
        "updated_at": _seconds(customer.since),
    }


def _broken_users(users: Sequence[Json]) -> Iterator[Json]:
    """A user whose date is none, one without an id, and two who share a mailbox."""
    blank = {**users[-1], "phone": None, "shop_customer": None}
    yield {**blank, "id": 790_001, "email": "ohne.datum@example.org", "created_at": "n/a"}
    yield {**blank, "id": None, "email": "no.id@example.org"}
    for number in (790_002, 790_003):
        yield {**blank, "id": number, "email": "reception@example.org"}


def _ticket(ticket: Ticket) -> Json:
    return {
        "id": ticket.number,
        "ref": f"#{ticket.number}",
        "requester_id": int(ticket.customer.id_in("desk")),
        "type": ticket.kind,
        "subject": ticket.subject,
        "state": ticket.state,
        "urgency": ticket.urgency,
        "via": ticket.via,
        "group": ticket.group,
        "assignee": None if ticket.agent is None else {"name": ticket.agent},
        "opened_at": _seconds(ticket.opened_at),
        "first_reply_at": _seconds(ticket.replied_at),
        "solved_at": _seconds(ticket.solved_at),
        "rating": None if ticket.satisfaction is None else {"score": ticket.satisfaction},
    }


def _broken_tickets(tickets: Sequence[Json]) -> Iterator[Json]:
    """A ticket of a kind that nobody maps, and one from no time at all."""
    yield {**tickets[0], "id": 9_001, "ref": "#9001", "type": "spam"}
    yield {**tickets[0], "id": 9_002, "ref": "#9002", "opened_at": "yesterday"}


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def load(folder: Path) -> Mapping[str, Sequence[Json]]:
    """The users and tickets that `write` wrote."""
    return {
        name: orjson.loads((folder / f"{name}.json").read_bytes()) for name in ("users", "tickets")
    }
