"""Levels of portals: own, company, subsidiaries and hierarchy, over memory and the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from connectors.errors import Unavailable
from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.native.hierarchy import Hierarchy
from connectors.session import Session
from domain.viewer import Viewer
from gateway.auth.policy import Below, Policies
from gateway.config.access import Access
from gateway.http.rejection import Rejected
from resolvers import identifier
from resolvers.request import Request
from tests.connectors.native.filled import fill, native
from tests.resolvers.asking import NOW, engine, given

# Who belongs to whom: a holding, its company, that one's branch, and somebody in each; a stranger.
HOLDING, COMPANY, BRANCH, DESK = (UUID(int=each) for each in range(1, 5))
BOSS, CLERK, AGENT, INTERN, STRANGER, OLD = (UUID(int=each) for each in range(11, 17))
PLACES: Mapping[UUID, tuple[str, UUID | None, str]] = {
    HOLDING: ("控股", None, "ORGANIZATION"),
    COMPANY: ("Company", HOLDING, "ORGANIZATION"),
    BRANCH: ("Branch", COMPANY, "ORGANIZATION"),
    DESK: ("Desk", BRANCH, "ORGANIZATION"),
    BOSS: ("王老板", HOLDING, "PERSON"),
    CLERK: ("Clerk", COMPANY, "PERSON"),
    AGENT: ("Agent", BRANCH, "PERSON"),
    INTERN: ("Intern", DESK, "PERSON"),
    STRANGER: ("Stranger", None, "PERSON"),
}
CUSTOMERS = [
    {
        **given("customer", id=key, kind=kind, name=name),
        "organization_id": above,
        "created_at": NOW,
    }
    for key, (name, above, kind) in PLACES.items()
]
MERGED = {
    **given("customer", id=OLD, kind="ORGANIZATION", name="Old company"),
    "superseded_by": COMPANY,
    "created_at": NOW,
}
QUERY = "{ customers { nodes { name } pageInfo { hasNextPage } } }"

SEEN: Sequence[tuple[str, Mapping[str, object], set[str]]] = [
    ("own", {"customer": CLERK}, {"Clerk"}),
    ("own", {"company": COMPANY}, set()),
    ("company", {"company": COMPANY}, {"Company", "Clerk"}),
    ("company", {"customer": CLERK}, set()),
    ("subsidiaries", {"company": HOLDING}, {"控股", "王老板", "Company", "Clerk"}),
    (
        "hierarchy",
        {"company": COMPANY},
        {"Company", "Clerk", "Branch", "Agent", "Desk", "Intern"},
    ),
    ("hierarchy", {"company": DESK}, {"Desk", "Intern"}),
    ("hierarchy", {"company": UUID(int=99)}, set()),
    ("hierarchy", {"company": "no id"}, set()),
    # Nobody stands above more than they do by saying so.
    ("hierarchy", {"organizations": [str(HOLDING)]}, set()),
]


def access(level: str) -> Access:
    """A section with one role of a level, which also sees tickets."""
    reads = {"customer": {"level": level}, "ticket": {}}
    return Access.model_validate({"roles": {"portal": {"reads": reads}}})


def viewer(claims: Mapping[str, object]) -> Viewer:
    """A viewer of whom this is known, as texts."""
    known = {name: str(each) if isinstance(each, UUID) else each for name, each in claims.items()}
    return Viewer(name="portal", roles=("portal",), role="portal", claims=known)


async def _below_in_memory(company: UUID) -> AbstractSet[UUID]:
    found: set[UUID] = {company} if company in PLACES else set()
    while True:
        more = {
            key
            for key, (_, above, kind) in PLACES.items()
            if above in found and kind == "ORGANIZATION"
        }
        if more <= found:
            return found
        found |= more


@asynccontextmanager
async def _memory(_url: str) -> AsyncIterator[tuple[Federation, Below]]:
    store = MemoryConnector("native", {"customer": CUSTOMERS}, observed_at=NOW)
    yield Federation(store, {}, modes={}, board=HealthBoard(lambda: NOW)), _below_in_memory


@asynccontextmanager
async def _store(url: str) -> AsyncIterator[tuple[Federation, Below]]:
    async with native(url) as it:
        await fill(it.store, "customer", *CUSTOMERS, MERGED)
        board = HealthBoard(lambda: NOW)
        yield Federation(it.connector, {}, modes={}, board=board), Hierarchy(it.store).below


async def _names(federation: Federation, policies: Policies, who: Viewer) -> set[str]:
    policy = await policies.of(who)
    asking = engine(federation)
    session = Session(federation, deadline_s=30, policy=policy)
    context = replace(asking.context(), policy=policy, session=session, viewer=who)
    result = await asking.engine.execute(Request(query=QUERY), context)
    page = orjson.loads(result.body)["data"]["customers"]
    assert page["pageInfo"] == {"hasNextPage": False}
    return {each["name"] for each in page["nodes"]}


def _clock() -> datetime:
    return NOW


@pytest.mark.parametrize("opened", [_memory, _store], ids=["memory", "store"])
def test_each_level_shows_what_is_around_the_viewer(opened: Any, database_url: str) -> None:
    """And nothing where the claim is missing, unknown or no id."""

    async def run() -> list[set[str]]:
        async with opened(database_url) as (federation, below):
            return [
                await _names(
                    federation,
                    Policies(access(level), below=below, now=_clock),
                    viewer(claims),
                )
                for level, claims, _ in SEEN
            ]

    assert asyncio.run(run()) == [names for *_, names in SEEN]


def test_claims_may_be_ids_of_the_graph_and_of_merged_organizations(database_url: str) -> None:
    """A token need not know that two customers have become one."""
    graph_id = identifier.encode("Customer", COMPANY)

    async def run() -> Sequence[set[str]]:
        async with _store(database_url) as (federation, below):
            policies = Policies(access("hierarchy"), below=below, now=_clock)
            return [
                await _names(federation, policies, viewer({"company": each}))
                for each in (graph_id, COMPANY, OLD)
            ]

    first, second, third = asyncio.run(run())

    assert first == second == third
    assert "Intern" in first


def test_a_ring_of_organizations_ends(database_url: str) -> None:
    """Two that stand above each other are both seen, once."""
    ring = [
        {**CUSTOMERS[0], "organization_id": COMPANY},
        {**CUSTOMERS[1], "organization_id": HOLDING},
    ]

    async def run() -> AbstractSet[UUID] | None:
        async with native(database_url) as it:
            await fill(it.store, "customer", *ring)
            return await Hierarchy(it.store).below(COMPANY)

    assert asyncio.run(run()) == {HOLDING, COMPANY}


def test_the_store_is_asked_once_in_half_a_minute_and_the_policy_stays_the_same() -> None:
    """Plans and kept answers go by the object; another one only where something changed."""
    asked: list[UUID] = []
    below = [{COMPANY}, {COMPANY}, {COMPANY, BRANCH}]
    moment = [NOW]

    async def count(company: UUID) -> AbstractSet[UUID]:
        asked.append(company)
        return below[len(asked) - 1]

    async def run() -> list[Any]:
        policies = Policies(access("hierarchy"), below=count, now=lambda: moment[0])
        found = []
        for seconds in (0, 29, 31, 62):
            moment[0] = NOW + timedelta(seconds=seconds)
            found.append(await policies.of(viewer({"company": COMPANY})))
        return found

    first, second, third, fourth = asyncio.run(run())

    assert first is second is third
    assert fourth.key != third.key
    assert asked == [COMPANY] * 3


def test_whoever_stands_above_too_many_sees_nothing() -> None:
    """Rather than a part of them."""

    async def too_many(_company: UUID) -> None:
        return None

    async def run() -> set[str]:
        async with _memory("") as (federation, _):
            policies = Policies(access("hierarchy"), below=too_many, now=_clock)
            return await _names(federation, policies, viewer({"company": COMPANY}))

    assert asyncio.run(run()) == set()


def test_a_store_that_is_down_lets_nobody_see_by_hierarchy() -> None:
    """503, and not an answer without rules; the other levels do not need the store."""

    async def down(_company: UUID) -> None:
        raise Unavailable("native", "the store is down")

    def run(level: str) -> Callable[[], Any]:
        policies = Policies(access(level), below=down, now=_clock)
        return lambda: asyncio.run(policies.of(viewer({"company": COMPANY})))

    with pytest.raises(Rejected) as refusal:
        run("hierarchy")()
    assert refusal.value.status == 503
    assert run("company")().rows
