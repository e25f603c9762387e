"""Sources for tests of the federation: in memory, and failing in the ways that sources fail."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from connectors.aspects.guarded import Guarded
from connectors.contract import Answer, Batch, Capability, Connector, Key, Row, SourceError
from connectors.federation import Federation, Found, Mode, Question
from connectors.health import HealthBoard
from connectors.memory.connector import MemoryConnector, everything
from connectors.options import Retry
from connectors.session import Session
from domain.catalogue import ENTITIES
from tests.connectors.aspects.guarding import opened

T = TypeVar("T")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADA, BOB = UUID(int=1), UUID(int=2)


class Faulty(MemoryConnector):
    """Records in memory; `fault` is awaited with each batch and may raise or change the answer."""

    fault: Callable[[Batch, Answer], Awaitable[Answer]] | None = None

    async def fetch(self, batch: Batch) -> Answer:
        """The answer, unless the fault has another."""
        answer = await super().fetch(batch)
        return answer if self.fault is None else await self.fault(batch, answer)


def raising(error: BaseException) -> Callable[[Batch, Answer], Awaitable[Answer]]:
    """A fault that fails every question."""

    async def fault(_batch: Batch, _answer: Answer) -> Answer:
        raise error

    return fault


def guarding(connector: Connector) -> Guarded:
    """A connector as the gateway has it, but asked only once."""
    return opened(connector, retry=Retry(attempts=0))


def source(name: str, *tickets: Mapping[str, Any], fault: Any = None, **capability: Any) -> Faulty:
    """A source of tickets; `capability` says what it cannot do."""
    can = replace(everything(ENTITIES["ticket"]), **capability)
    made = Faulty(name, {"ticket": tickets}, capabilities={"ticket": can}, observed_at=NOW)
    made.fault = fault
    return made


def ticket(record_id: str, customer: str | None = "ada", **more: Any) -> Mapping[str, Any]:
    """A ticket of a customer whose record has this id."""
    plain = {"subject": f"about {record_id}", "opened_at": NOW, "customer_ref": customer}
    return {"record_id": record_id, **plain, **more}


def index(*sources: str, tickets: Sequence[Mapping[str, Any]] = ()) -> Faulty:
    """The native store: Ada and Bob are known to every source under the same ids."""
    records = [
        {"source": name, "record_id": record_id, "customer_id": customer}
        for name in sources
        for record_id, customer in (("ada", ADA), ("bob", BOB))
    ]
    return Faulty("native", {"customer_record": records, "ticket": tickets}, observed_at=NOW)


def federation(native: MemoryConnector, *live: MemoryConnector, **options: Any) -> Federation:
    """A federation; `synced` names sources whose tickets are in the store."""
    modes = {(name, "ticket"): Mode.SYNCED for name in options.pop("synced", ())}
    board = HealthBoard(lambda: NOW)
    sources = {each.name: guarding(each) for each in live}
    return Federation(native, sources, modes=modes, board=board, **options)


def talk(it: Federation, story: Callable[[Session], Awaitable[T]], *, deadline_s: float = 30) -> T:
    """One request's conversation."""

    async def run() -> T:
        return await story(Session(it, deadline_s=deadline_s))

    return asyncio.run(run())


def asked(it: Federation, question: Question, *keys: Key) -> list[Found | SourceError]:
    """The answers to one question."""
    return talk(it, lambda session: session.ask(question, list(keys) or [()]))


def rows(found: Found | SourceError, width: int | None = None) -> list[Row]:
    """The rows, as far as they were asked for."""
    assert isinstance(found, Found), found
    return [tuple(row[:width]) for row in found.rows]


def tickets_of(*fields: str, **more: Any) -> Question:
    """A question for the tickets of customers."""
    return Question(entity="ticket", fields=fields, match=("customer_id",), **more)


def capability(**more: Any) -> Capability:
    """The capability to look tickets up, and nothing else."""
    fields = frozenset({"subject", "opened_at", "customer_ref"})
    matches = frozenset({("record_id",), ("customer_ref",)})
    return Capability(entity="ticket", fields=fields, matches=matches, **more)
