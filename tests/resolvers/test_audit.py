"""The audit of reads: one entry a request, with the customers and the fields that were in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import pytest

from connectors.contract import Unavailable
from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.session import Session
from domain.access.policy import EntityAccess, Mask, RoleAccess, bound
from domain.audit import Entry
from domain.catalogue import ENTITIES
from domain.viewer import Viewer
from resolvers import identifier
from resolvers.engine import Engine
from resolvers.request import Request
from resolvers.result import ResultKind
from resolvers.trail import Origin
from schema.build import build_schema, executable
from tests.connectors.native.filled import fill, native
from tests.resolvers.asking import NOW, engine, given

ADA, BOB, ACME, ZOE = (UUID(int=each) for each in (1, 2, 3, 4))
_CUSTOMERS = {ADA: "Ada", BOB: "Bob", ACME: "Acme", ZOE: "佐伊"}
INDEX: Mapping[str, list[dict[str, Any]]] = {
    "customer": [
        {
            **given("customer", id=key, kind="PERSON", name=name, created_at=NOW),
            "organization_id": ACME if key in {ADA, BOB} else None,
        }
        for key, name in _CUSTOMERS.items()
    ],
    "customer_record": [
        {
            **given("customer_record", record_id=f"k{key.int}", customer_id=key),
            "source": "desk",
        }
        for key in _CUSTOMERS
    ],
}


def _owner(key: UUID) -> dict[str, Any]:
    return {"customer_source": "desk", "customer_ref": f"k{key.int}", "customer_id": key}


RECORDS: Mapping[str, list[dict[str, Any]]] = {
    "ticket": [
        {
            "record_id": f"t{number}", "subject": f"工单 {number}", "kind": "INQUIRY",
            "status": "OPEN", "opened_at": NOW.replace(day=number), **_owner(owner),
        }
        for number, owner in enumerate([ADA, BOB, BOB, ZOE], 1)
    ],
    "purchase": [
        {
            "record_id": f"p{key.int}", "number": f"订单 {key.int}", "status": "PAID",
            "placed_at": NOW, "total": 1, "currency": "EUR", **_owner(key),
        }
        for key in (ADA, BOB)
    ],
    "purchase_line": [
        {
            "record_id": f"l{key.int}", "position": 1, "quantity": 1, "currency": "EUR",
            "purchase_source": "desk", "purchase_ref": f"p{key.int}",
        }
        for key in (ADA, BOB)
    ],
    "campaign": [{"record_id": "c1", "name": "春"}],
    "campaign_membership": [
        {
            "record_id": f"m{key.int}", "status": "SENT", "sent_at": NOW,
            "campaign_source": "desk", "campaign_ref": "c1", **_owner(key),
        }
        for key in (BOB, ZOE)
    ],
    "interaction": [
        {
            **given("interaction", record_id="i1", channel="PHONE", occurred_at=NOW),
            "ticket_source": "desk", "ticket_ref": "t4", **_owner(ADA),
        }
    ],
}  # fmt: skip


@dataclass(slots=True)
class Trail:
    """Keeps entries, or fails to."""

    entries: list[Entry] = field(default_factory=list)
    is_down: bool = False

    async def leave(self, entry: Entry) -> None:
        """Keep it."""
        if self.is_down:
            raise Unavailable("native", "the store is down")
        self.entries.append(entry)


Opened: TypeAlias = Callable[[str], AbstractAsyncContextManager[Federation]]
_SYNCED = {("desk", name): Mode.SYNCED for name in RECORDS}


def _held(source: str) -> dict[str, list[dict[str, Any]]]:
    return {name: [{"source": source, **each} for each in rows] for name, rows in RECORDS.items()}


@asynccontextmanager
async def _in_memory(_url: str) -> AsyncIterator[Federation]:
    store = MemoryConnector("native", {**INDEX, **_held("desk")}, observed_at=NOW)
    yield Federation(store, {}, modes=_SYNCED, board=HealthBoard(lambda: NOW))


@asynccontextmanager
async def _in_the_store(url: str) -> AsyncIterator[Federation]:
    async with native(url) as it:
        for entity, records in {**INDEX, **_held("desk")}.items():
            await fill(it.store, entity, *records)
        yield Federation(it.connector, {}, modes=_SYNCED, board=HealthBoard(lambda: NOW))


@asynccontextmanager
async def _live(_url: str) -> AsyncIterator[Federation]:
    store = MemoryConnector("native", INDEX, observed_at=NOW)
    desk = MemoryConnector("desk", RECORDS, observed_at=NOW)
    yield Federation(store, {"desk": desk}, modes={}, board=HealthBoard(lambda: NOW))


@pytest.fixture(params=[_in_memory, _in_the_store, _live], ids=["memory", "fused", "live"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """A federation whose rows are in memory, in the store, or at a live source."""
    made: Opened = request.param
    return made


VIEWER = Viewer(name="小红", roles=("agent",), role="agent", purpose="service")
EVERYTHING = RoleAccess(name="agent", sees_everything=True)


def _asked(
    opened: Opened, url: str, query: str, *, trail: Trail, role: RoleAccess = EVERYTHING
) -> Any:
    async def run() -> Any:
        async with opened(url) as federation:
            schema = executable(build_schema())
            asking = replace(
                engine(federation),
                engine=Engine(schema, nesting=federation.can_nest, trail=trail),
            )
            policy = bound(role, {})
            context = replace(
                asking.context(),
                policy=policy,
                session=Session(federation, deadline_s=30, policy=policy),
                viewer=VIEWER,
                origin=lambda: Origin("portal", "r-1"),
            )
            return await asking.engine.execute(Request(query=query), context)

    return asyncio.run(run())


def _id(type_name: str, *key: object) -> str:
    return identifier.encode(type_name, *key)


CASES: Mapping[str, tuple[str, set[UUID]]] = {
    "one customer": (f'{{ customer(by: {{id: "{_id("Customer", ADA)}"}}) {{ name }} }}', {ADA}),
    "nobody": (f'{{ customer(by: {{id: "{_id("Customer", UUID(int=9))}"}}) {{ name }} }}', set()),
    "what hangs on one": (
        (
            f'{{ customer(by: {{id: "{_id("Customer", BOB)}"}}) {{ tickets {{ nodes {{ subject'
            " customer { name } } } purchases { nodes { lines { nodes { position } } } } } }"
        ),
        {BOB},
    ),
    "the organization of one": (
        f'{{ customer(by: {{id: "{_id("Customer", ADA)}"}}) {{ organization {{ name }} }} }}',
        {ADA, ACME},
    ),
    "the colleagues of one": (
        (
            f'{{ customer(by: {{id: "{_id("Customer", ADA)}"}}) {{ organization {{ contacts {{'
            " nodes { name } } } } }"
        ),
        {ADA, ACME, BOB},
    ),
    "a page of customers": ("{ customers(first: 2) { nodes { name } } }", {ADA, BOB}),
    "the last page": ("{ customers(last: 1) { edges { node { name } } } }", {ZOE}),
    "a page with what hangs on it": (
        "{ customers(first: 1) { nodes { tickets { nodes { subject } } } } }",
        {ADA},
    ),
    "tickets without their customers": ("{ tickets(first: 2) { nodes { subject } } }", {ZOE, BOB}),
    "tickets with their customers": (
        "{ tickets(first: 1) { nodes { customer { organization { name } } } } }",
        {ZOE},
    ),
    "the members of a campaign": (
        "{ campaigns { nodes { name members { nodes { status } } } } }",
        {BOB, ZOE},
    ),
    "a line by its id": (
        (
            f'{{ node(id: "{_id("PurchaseLine", "desk", "l2")}") {{ ... on PurchaseLine {{ position'
            " } } }"
        ),
        {BOB},
    ),
    "several things by id": (
        f'{{ nodes(ids: ["{_id("Ticket", "desk", "t4")}", "{_id("Customer", ACME)}"]) {{ id }} }}',
        {ZOE, ACME},
    ),
    "the same twice": (
        "{ a: tickets(first: 1) { nodes { id } } b: tickets(last: 1) { nodes { id } } }",
        {ZOE, ADA},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_customers_in_an_answer_are_recorded_and_no_others(
    opened: Opened, database_url: str, name: str
) -> None:
    """By whatever way they are reached, also where the answer does not show who they are."""
    query, customers = CASES[name]
    trail = Trail()

    result = _asked(opened, database_url, query, trail=trail)

    assert "errors" not in orjson.loads(result.body)
    (entry,) = trail.entries
    assert set(entry.customers) == customers
    assert len(entry.customers) == len(customers)


def test_the_ticket_of_another_customer_is_that_of_another_customer(
    database_url: str,
) -> None:
    """An interaction may be about a ticket that somebody else opened."""
    trail = Trail()
    query = (
        f'{{ customer(by: {{id: "{_id("Customer", ADA)}"}}) {{ interactions {{ nodes {{'
        " ticket { subject } } } } }"
    )

    for each in (_in_memory, _in_the_store):
        _asked(each, database_url, query, trail=trail)

    assert [set(each.customers) for each in trail.entries] == [{ADA, ZOE}, {ADA, ZOE}]


@pytest.mark.parametrize(
    "query",
    ["{ me { name } }", "{ __typename }", "{ campaigns { nodes { name } } }", "{ nonsense }"],
)
def test_what_tells_nothing_of_customers_leaves_nothing(
    opened: Opened, database_url: str, query: str
) -> None:
    """Neither do requests that are refused."""
    trail = Trail()

    _asked(opened, database_url, query, trail=trail)

    assert trail.entries == []


def test_an_entry_says_who_what_and_from_where_and_nothing_of_what_was_said(
    opened: Opened, database_url: str
) -> None:
    """The fields stand in the schema, the values nowhere."""
    trail = Trail()
    query = (
        'query Hot { customers(where: {name: {eq: "Ada"}}) { nodes { name emails { address }'
        " tickets { nodes { subject } } } } }"
    )

    _asked(opened, database_url, query, trail=trail)

    (entry,) = trail.entries
    said = orjson.loads(entry.body)
    assert said.pop("sources")
    assert len(said.pop("document")) == 64
    assert len(said.pop("policy")) == 64
    assert said == {
        "at": "2026-05-01T00:00:00.000000+00:00",
        "kind": "READ",
        "viewer": "小红",
        "role": "agent",
        "purpose": "service",
        "operation": "Hot",
        "client": "portal",
        "request_id": "r-1",
        "customers": [str(ADA)],
        "fields": ["customer.emails", "customer.name", "customer.tickets", "ticket.subject"],
        "masked": [],
        "status": "ok",
    }
    assert b"Ada" not in entry.body
    assert "工单".encode() not in entry.body


def test_masked_fields_are_told_from_those_that_were_shown(
    opened: Opened, database_url: str
) -> None:
    """Also where the mask is on a part of a list."""
    masks = {"name": Mask.LAST_FOUR, "emails": Mask.EMAIL}
    role = RoleAccess(
        name="agent",
        entities={name: EntityAccess() for name in ENTITIES}
        | {"customer": EntityAccess(masks=masks)},
    )
    trail = Trail()
    query = "{ customers(first: 1) { nodes { name kind emails { address label } } } }"

    _asked(opened, database_url, query, trail=trail, role=role)

    (entry,) = trail.entries
    said = orjson.loads(entry.body)
    assert said["fields"] == ["customer.emails", "customer.kind", "customer.name"]
    assert said["masked"] == ["customer.emails", "customer.name"]
    assert set(entry.customers) == {ADA}


def test_where_nothing_can_be_recorded_nothing_is_shown(opened: Opened, database_url: str) -> None:
    """The request may be sent again; what was read of customers is not in the answer."""
    trail = Trail(is_down=True)

    result = _asked(opened, database_url, "{ customers { nodes { name } } }", trail=trail)

    assert result.kind is ResultKind.OVERLOADED
    answer = orjson.loads(result.body)
    assert "data" not in answer
    assert answer["errors"][0]["extensions"] == {"code": "SERVICE_OVERLOADED"}
    assert b"Ada" not in result.body
