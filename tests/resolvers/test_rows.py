"""Row rules: a row that may not be seen is in no list, page, count or relation, and has no id."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import pytest

from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.session import Session
from domain.access.policy import UNRESTRICTED, EntityAccess, Policy, RoleAccess, bound
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from resolvers import identifier
from resolvers.request import Request
from tests.connectors.native.filled import fill, native
from tests.resolvers.asking import NOW, engine, given

MINE, ALSO_MINE, YOURS = (UUID(int=each) for each in (1, 2, 3))
OWNERS = {MINE: "小红", ALSO_MINE: "小红", YOURS: "李雷"}
INDEX: Mapping[str, list[dict[str, Any]]] = {
    "customer": [
        {
            **given("customer", id=key, kind="PERSON", name=f"客户 {key.int}", owner=owner),
            "organization_id": YOURS if key == MINE else None,
            "created_at": NOW,
        }
        for key, owner in OWNERS.items()
    ],
    "customer_record": [
        {
            **given("customer_record", record_id=f"k{key.int}", customer_id=key),
            "source": "desk",
        }
        for key in OWNERS
    ],
}
RECORDS: Mapping[str, list[dict[str, Any]]] = {
    "ticket": [
        {
            "record_id": f"t{number}", "subject": f"工单 {number}", "kind": "INQUIRY",
            "status": "OPEN" if number % 2 else "CLOSED", "opened_at": NOW.replace(day=number),
            "customer_source": "desk", "customer_ref": f"k{owner.int}", "customer_id": owner,
        }
        for number, owner in enumerate([MINE, YOURS, YOURS, ALSO_MINE, MINE, YOURS], 1)
    ],
    "purchase": [
        {
            "record_id": f"p{key.int}", "number": f"订单 {key.int}", "status": "PAID",
            "placed_at": NOW, "total": 1, "currency": "EUR",
            "customer_source": "desk", "customer_ref": f"k{key.int}", "customer_id": key,
        }
        for key in OWNERS
    ],
    "purchase_line": [
        {
            "record_id": f"l{key.int}", "position": 1, "quantity": 1, "currency": "EUR",
            "purchase_source": "desk", "purchase_ref": f"p{key.int}",
        }
        for key in OWNERS
    ],
}  # fmt: skip
RULE = row_rule(ENTITIES["customer"], {"owner": {"eq": "$name"}})
ROLE = RoleAccess(
    name="agent",
    entities={name: EntityAccess() for name in ENTITIES} | {"customer": EntityAccess(rows=RULE)},
)
POLICY = bound(ROLE, {"name": "小红"})


@dataclass(frozen=True)
class World:
    """A federation, and what its live source was asked."""

    federation: Federation
    live: MemoryConnector | None = None


Opened: TypeAlias = Callable[[str], AbstractAsyncContextManager[World]]
_SYNCED = {("desk", name): Mode.SYNCED for name in RECORDS}


def _held(source: str) -> dict[str, list[dict[str, Any]]]:
    return {name: [{"source": source, **each} for each in rows] for name, rows in RECORDS.items()}


@asynccontextmanager
async def _in_memory(_url: str) -> AsyncIterator[World]:
    store = MemoryConnector("native", {**INDEX, **_held("desk")}, observed_at=NOW)
    yield World(Federation(store, {}, modes=_SYNCED, board=HealthBoard(lambda: NOW)))


@asynccontextmanager
async def _in_the_store(url: str) -> AsyncIterator[World]:
    async with native(url) as it:
        for entity, records in {**INDEX, **_held("desk")}.items():
            await fill(it.store, entity, *records)
        board = HealthBoard(lambda: NOW)
        yield World(Federation(it.connector, {}, modes=_SYNCED, board=board))


@asynccontextmanager
async def _live(_url: str) -> AsyncIterator[World]:
    store = MemoryConnector("native", INDEX, observed_at=NOW)
    desk = MemoryConnector("desk", RECORDS, observed_at=NOW)
    board = HealthBoard(lambda: NOW)
    yield World(Federation(store, {"desk": desk}, modes={}, board=board), desk)


@pytest.fixture(params=[_in_memory, _in_the_store, _live], ids=["memory", "fused", "live"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """A federation whose rows are in memory, in the store, or at a live source."""
    made: Opened = request.param
    return made


def _asked(opened: Opened, url: str, *queries: str, policy: Policy = POLICY) -> list[Any]:
    async def run() -> list[Any]:
        async with opened(url) as world:
            asking = engine(world.federation)
            answers = []
            for query in queries:
                session = Session(world.federation, deadline_s=30, policy=policy)
                context = replace(asking.context(), policy=policy, session=session)
                result = await asking.engine.execute(Request(query=query), context)
                answers.append(orjson.loads(result.body))
            return answers

    return asyncio.run(run())


def _id(type_name: str, *key: object) -> str:
    return identifier.encode(type_name, *key)


def test_lists_hold_only_rows_that_may_be_seen(opened: Opened, database_url: str) -> None:
    """The first page, what is behind it, and both ends."""
    query = """{
      customers { nodes { name } pageInfo { hasNextPage } }
      tickets(first: 2) { nodes { subject customer { name } } pageInfo { hasNextPage endCursor } }
      last: tickets(last: 1) { nodes { subject } pageInfo { hasPreviousPage } }
      open: tickets(where: {status: {eq: CLOSED}}) { nodes { subject } }
      purchases(orderBy: [{field: NUMBER}]) { nodes { number lines { nodes { position } } } }
    }"""

    (answer,) = _asked(opened, database_url, query)

    data = answer["data"]
    assert [each["name"] for each in data["customers"]["nodes"]] == ["客户 1", "客户 2"]
    assert data["tickets"]["nodes"] == [
        {"subject": "工单 5", "customer": {"name": "客户 1"}},
        {"subject": "工单 4", "customer": {"name": "客户 2"}},
    ]
    assert data["tickets"]["pageInfo"]["hasNextPage"] is True
    assert data["last"] == {
        "nodes": [{"subject": "工单 1"}],
        "pageInfo": {"hasPreviousPage": True},
    }
    assert data["open"]["nodes"] == [{"subject": "工单 4"}]
    assert [each["number"] for each in data["purchases"]["nodes"]] == ["订单 1", "订单 2"]
    assert [len(each["lines"]["nodes"]) for each in data["purchases"]["nodes"]] == [1, 1]


def test_pages_go_on_where_they_ended(opened: Opened, database_url: str) -> None:
    """Three tickets in pages of two: no gap where hidden ones lie, and an end."""
    first = "{ tickets(first: 2) { pageInfo { endCursor } } }"
    (page,) = _asked(opened, database_url, first)
    cursor = page["data"]["tickets"]["pageInfo"]["endCursor"]

    async def rest() -> Any:
        async with opened(database_url) as world:
            asking = engine(world.federation)
            session = Session(world.federation, deadline_s=30, policy=POLICY)
            context = replace(asking.context(), policy=POLICY, session=session)
            query = (
                f'{{ tickets(first: 2, after: "{cursor}")'
                " { nodes { subject } pageInfo { hasNextPage } } }"
            )
            return orjson.loads((await asking.engine.execute(Request(query=query), context)).body)

    if opened is not _in_the_store:
        answer = asyncio.run(rest())
        assert answer["data"]["tickets"] == {
            "nodes": [{"subject": "工单 1"}],
            "pageInfo": {"hasNextPage": False},
        }


def test_nothing_is_found_by_its_id(opened: Opened, database_url: str) -> None:
    """What may not be seen is answered exactly as what is not there."""
    ids = [
        _id("Customer", YOURS), _id("Ticket", "desk", "t2"), _id("Purchase", "desk", "p3"),
        _id("PurchaseLine", "desk", "l3"), _id("CustomerRecord", "desk", "k3"),
        _id("Ticket", "desk", "t99"),
    ]  # fmt: skip
    seen = [_id("Customer", MINE), _id("Ticket", "desk", "t1"), _id("PurchaseLine", "desk", "l1")]
    queries = [f'{{ node(id: "{each}") {{ id }} }}' for each in [*ids, *seen]]
    queries.append(f'{{ customer(by: {{id: "{_id("Customer", YOURS)}"}}) {{ name }} }}')

    *nodes, customer = _asked(opened, database_url, *queries)

    hidden, found = nodes[: len(ids)], nodes[len(ids) :]
    assert [set(each) - {"extensions"} for each in hidden] == [{"data"}] * len(ids)
    assert [each["data"]["node"] for each in hidden] == [None] * len(ids)
    assert [each["data"]["node"]["id"] for each in found] == seen
    assert customer["data"] == {"customer": None}


def test_relations_lead_to_nothing_hidden(opened: Opened, database_url: str) -> None:
    """An organization that may not be seen is missing, and so are its other contacts."""
    query = f"""{{ customer(by: {{id: "{_id("Customer", MINE)}"}}) {{
      organization {{ name }} records {{ recordId }}
      tickets {{ nodes {{ subject }} }} purchases {{ nodes {{ number }} }}
    }} }}"""

    (answer,) = _asked(opened, database_url, query)

    assert answer["data"]["customer"] == {
        "organization": None,
        "records": [{"recordId": "k1"}],
        "tickets": {"nodes": [{"subject": "工单 5"}, {"subject": "工单 1"}]},
        "purchases": {"nodes": [{"number": "订单 1"}]},
    }
    assert "errors" not in answer


def test_a_claim_that_is_missing_shows_no_row(opened: Opened, database_url: str) -> None:
    """Not all rows, and no error."""
    query = "{ customers { nodes { name } } tickets { nodes { subject } } }"

    (answer,) = _asked(opened, database_url, query, policy=bound(ROLE, {}))

    assert answer["data"] == {"customers": {"nodes": []}, "tickets": {"nodes": []}}


def test_a_rule_may_be_about_the_rows_themselves(opened: Opened, database_url: str) -> None:
    """Tickets by their status, together with whose they are."""
    rows = row_rule(ENTITIES["ticket"], {"status": {"in": ["CLOSED"]}})
    role = replace(ROLE, entities={**ROLE.entities, "ticket": EntityAccess(rows=rows)})
    only_tickets = replace(role, entities={"ticket": EntityAccess(rows=rows)})
    query = "{ tickets { nodes { subject } } }"

    (both,) = _asked(opened, database_url, query, policy=bound(role, {"name": "小红"}))

    assert both["data"]["tickets"]["nodes"] == [{"subject": "工单 4"}]
    assert bound(only_tickets, {}).rows == {"ticket": rows}


def test_without_a_policy_everything_is_there(opened: Opened, database_url: str) -> None:
    """As ever."""
    query = "{ tickets { nodes { subject } } }"

    (answer,) = _asked(opened, database_url, query, policy=UNRESTRICTED)

    assert len(answer["data"]["tickets"]["nodes"]) == 6


def test_a_customer_that_became_another_leads_to_it_whoever_may_see_that(
    database_url: str,
) -> None:
    """Only what the customer became tells who may see it, also where the row is not asked first."""

    @asynccontextmanager
    async def merged(url: str) -> AsyncIterator[World]:
        async with _in_the_store(url) as world, native(url) as it:
            gone = {**given("customer", id=UUID(int=9), kind="PERSON", name="旧", owner="李雷")}
            await fill(it.store, "customer", {**gone, "superseded_by": MINE, "created_at": NOW})
            lost = {**gone, "id": UUID(int=8), "owner": "小红", "superseded_by": YOURS}
            await fill(it.store, "customer", {**lost, "created_at": NOW})
            yield world

    ids = [_id("Customer", UUID(int=each)) for each in (9, 8)]
    queries = [f'{{ node(id: "{each}") {{ id }} }}' for each in ids]

    seen, hidden = _asked(merged, database_url, *queries)

    assert seen["data"] == {"node": {"id": _id("Customer", MINE)}}
    assert hidden["data"] == {"node": None}


def test_rules_are_not_told_by_what_a_live_source_once_left_in_the_store(
    database_url: str,
) -> None:
    """A line of the store refers to a purchase that is live now: its old row says nothing."""

    @asynccontextmanager
    async def half_live(url: str) -> AsyncIterator[World]:
        async with native(url) as it:
            for entity, records in {**INDEX, **_held("desk")}.items():
                await fill(it.store, entity, *records)
            desk = MemoryConnector("desk", {"purchase": RECORDS["purchase"]}, observed_at=NOW)
            modes = {("desk", "purchase_line"): Mode.SYNCED, ("desk", "purchase"): Mode.LIVE}
            board = HealthBoard(lambda: NOW)
            yield World(Federation(it.connector, {"desk": desk}, modes=modes, board=board))

    node = f'{{ node(id: "{_id("PurchaseLine", "desk", "l1")}") {{ id }} }}'

    (answer,) = _asked(half_live, database_url, node)

    assert answer["data"] == {"node": None}


@pytest.mark.parametrize("op", ["eq", "ne"])
def test_a_rule_names_the_customer_by_the_relation(op: str) -> None:
    """`customer_id` is not known of rows of a live source: `ne` would be true of all of them."""
    with pytest.raises(ValueError, match=r"write `customer: \{id: …\}` instead"):
        row_rule(ENTITIES["ticket"], {"customer_id": {op: str(MINE)}})
