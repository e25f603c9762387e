"""Whole customers from live sources, asked by many at once: counted at the wire."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.session import Session
from resolvers.engine import Engine
from resolvers.request import Request
from schema.build import build_schema, executable
from tests.connectors.cache.reading import policy, until
from tests.connectors.federated import ADA, BOB, guarding
from tests.connectors.rest.opening import NOW, TICKET, answering, opened
from tests.resolvers.asking import Asking, given

QUERY = """
{
  customers {
    nodes {
      name
      tickets { nodes { subject customer { name } } }
      purchases { nodes { number lines { nodes { description } } } }
    }
  }
}
"""
TICKETS = {**TICKET, "by": {"customer": {"path": "/tickets", "how": "comma", "param": "of"}}}
PURCHASES = {
    "key": "id",
    "references": {"customer": "customer_id"},
    "by": {"customer": {"path": "/purchases", "how": "comma", "param": "of"}},
    "fields": {
        "number": "id",
        "placed_at": "created",
        "status": {"constant": "PAID"},
        "total": {"constant": "1"},
        "currency": {"constant": "EUR"},
    },
}
LINES = {
    "key": "id",
    "references": {"purchase": "purchase_id"},
    "by": {"purchase": {"path": "/lines", "how": "comma", "param": "of"}},
    "fields": {
        "position": {"constant": "1"},
        "description": "text",
        "quantity": {"constant": "1"},
        "currency": {"constant": "EUR"},
    },
}
CREATED = "2026-01-01T00:00:00Z"


@dataclass
class Upstream:
    """A service that counts what it is asked. It answers when it `is_open`."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[httpx2.Request] = field(default_factory=list)
    cancelled: int = 0

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """One record for each key."""
        self.asked.append(request)
        try:
            await self.is_open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        parent = "purchase_id" if request.url.path.endswith("/lines") else "customer_id"
        return httpx2.Response(
            200,
            json=[
                {"id": f"{key}-1", parent: key, "subject": key, "text": key, "status": "open"}
                | {"created": CREATED, "changed": CREATED}
                for key in request.url.params["of"].split(",")
            ],
        )

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return sorted(each.url.path.rpartition("/")[2] for each in self.asked)


def people() -> MemoryConnector:
    """The index: two customers, known to the service."""
    names = {"ada": ADA, "bob": BOB}
    customers = [
        given("customer", id=id_, name=name, created_at=NOW, updated_at=NOW)
        for name, id_ in names.items()
    ]
    records = [
        given("customer_record", source="desk", record_id=name, customer_id=id_)
        for name, id_ in names.items()
    ]
    return MemoryConnector(
        "native", {"customer": customers, "customer_record": records}, observed_at=NOW
    )


@asynccontextmanager
async def gateway(upstream: Upstream, **more: Any) -> AsyncIterator[Asking]:
    """An engine over the index and the service."""
    entities = {"ticket": TICKETS, "purchase": PURCHASES, "purchase_line": LINES}
    async with opened(entities, transport=answering(upstream.answer)) as desk:  # type: ignore[arg-type]
        federation = Federation(
            people(), {"desk": guarding(desk)}, modes={}, board=HealthBoard(lambda: NOW), **more
        )
        yield Asking(Engine(executable(build_schema())), federation)
        await federation.reader.close()


async def answered(asking: Asking, sessions: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What each of some viewers is told, all asking at once."""

    async def one(more: Mapping[str, Any]) -> Any:
        session = Session(asking.federation, deadline_s=30, **more)
        context = replace(asking.context(), session=session)
        result = await asking.engine.execute(Request(query=QUERY), context)
        return json.loads(result.body)

    return list(await asyncio.gather(*(one(each) for each in sessions)))


def test_a_hundred_whole_customers_at_once_cost_one_call_per_step() -> None:
    """Tickets, purchases and their lines: three calls for a hundred requests of two customers."""

    async def run() -> None:
        upstream = Upstream()
        async with gateway(upstream) as asking:
            asking_all = asyncio.create_task(answered(asking, [{}] * 100))
            await until(lambda: len(upstream.asked) == 2)
            upstream.is_open.set()
            answers = await asking_all
        assert upstream.paths == ["lines", "purchases", "tickets"]
        assert not answers[0].get("errors"), answers[0]
        assert all(each["data"] == answers[0]["data"] for each in answers)
        (ada, bob) = answers[0]["data"]["customers"]["nodes"]
        assert ada["purchases"]["nodes"][0]["lines"]["nodes"] == [{"description": "ada-1"}]
        assert bob["tickets"]["nodes"] == [{"subject": "bob", "customer": {"name": "bob"}}]

    asyncio.run(run())


def test_a_hundred_different_viewers_share_no_call() -> None:
    """Whether policy or credentials divide them; each one's own go with its calls."""

    async def run() -> None:
        for viewers in (
            [{"policy": policy(f"role {n}")} for n in range(100)],
            [{"headers": {"authorization": f"Bearer {n}"}} for n in range(100)],
        ):
            upstream = Upstream()
            upstream.is_open.set()
            forwards = {"desk": frozenset({"authorization"})}
            async with gateway(upstream, forwards=forwards) as asking:
                answers = await answered(asking, viewers)
            assert not [each for each in answers if "errors" in each]
            assert len(upstream.asked) == 300
            sent = {each.headers["authorization"] for each in upstream.asked}
            assert len(sent) == len({str(each.get("headers")) for each in viewers})

    asyncio.run(run())


def test_a_request_that_is_given_up_takes_its_calls_with_it() -> None:
    """The cancellation reaches the connections."""

    async def run() -> None:
        upstream = Upstream()
        async with gateway(upstream) as asking:
            task = asyncio.create_task(answered(asking, [{}]))
            await until(lambda: len(upstream.asked) == 2)
            task.cancel()
            await until(lambda: upstream.cancelled == 2)
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
