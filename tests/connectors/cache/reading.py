"""A source to read through: it counts what it is asked, and answers when it is told to."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from connectors.cache.invalidation import Invalidation
from connectors.cache.keeper import Keeper
from connectors.cache.reader import Reader
from connectors.cache.remote import RemoteShelf
from connectors.cache.shelf import Shelf
from connectors.contract import Answer, Batch
from connectors.federation import Federation, Found, Question
from connectors.health import HealthBoard
from connectors.options import Keeping
from connectors.session import Session
from domain.access.policy import UNRESTRICTED, Policy
from tests.connectors.federated import ADA, BOB, NOW, Faulty, guarding, index, rows, source, ticket

T = TypeVar("T")

TICKETS = Question(entity="ticket", fields=("record_id", "subject"), match=("customer_id",))
OF_ADA, OF_BOB = [(ADA,)], [(BOB,)]


def policy(key: str) -> Policy:
    """A policy that differs from those with other keys."""
    return Policy(role=UNRESTRICTED.role, rows={}, key=key)


@dataclass
class Clock:
    """Seconds since 1970, as a test wants them."""

    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


@dataclass
class Desk:
    """A help desk with a ticket of each customer. Questions wait for `is_open`.

    `fault` fails the questions that come while it is set. `asked` is what reached it, `cancelled`
    how many questions were broken off.
    """

    fault: Exception | None = None
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Batch] = field(default_factory=list)
    cancelled: int = 0
    version: int = 1
    lost: Mapping[Any, Any] = field(default_factory=dict)

    def connector(self, **capability: Any) -> Faulty:
        """The connector of the desk."""
        return source("desk", ticket("1", "ada"), ticket("2", "bob"), fault=self.of, **capability)

    async def of(self, batch: Batch, answer: Answer) -> Answer:
        """What the desk answers."""
        self.asked.append(batch)
        try:
            await self.is_open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fault is not None:
            raise self.fault
        place = batch.fields.index("subject")
        told = {
            key: [(*row[:place], f"version {self.version}", *row[place + 1 :]) for row in found]
            for key, found in answer.rows.items()
            if key not in self.lost
        }
        return replace(answer, rows=told, failures=self.lost)

    @property
    def refs(self) -> list[list[str]]:
        """Which customers it was asked about, question by question."""
        return [[key[0] for key in batch.keys] for batch in self.asked]


@dataclass
class Place:
    """A gateway with a desk that is live. `clock` is what ages are measured by."""

    desk: Desk
    federation: Federation
    clock: Clock

    def session(self, **more: Any) -> Session:
        """One request's conversation."""
        return Session(self.federation, **{"deadline_s": 30, **more})

    async def told(self, session: Session | None = None, keys: Any = None) -> list[Any]:
        """What is said of tickets: the subjects by customer."""
        session = session or self.session()
        found = await session.ask(TICKETS, keys or OF_ADA)
        return [
            [row[1] for row in rows(each)] if isinstance(each, Found) else each for each in found
        ]


def place(
    desk: Desk,
    *,
    keeping: Keeping | None = None,
    remote: RemoteShelf | None = None,
    max_bytes: int = 10_000_000,
    clock: Clock | None = None,
    tickets: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Place:
    """A gateway that keeps tickets of the desk as it is said, and has `tickets` of its own."""
    clock = clock or Clock()
    board = HealthBoard(lambda: NOW)
    kept = {} if keeping is None else {("desk", "ticket"): keeping}
    keeper = Keeper(kept, shelf=Shelf(max_bytes), remote=remote, now_s=clock)
    federation = Federation(
        index("desk", tickets=tickets),
        {"desk": guarding(desk.connector())},
        board=board,
        invalidation=Invalidation(Reader(board, keeper=keeper)),
        **{"modes": {}, **more},
    )
    return Place(desk, federation, clock)


def played(story: Callable[[Place], Awaitable[T]], *, is_open: bool = True, **more: Any) -> T:
    """A story with a gateway; the desk is open unless it is said otherwise."""

    async def run() -> T:
        desk = Desk()
        if is_open:
            desk.is_open.set()
        it = place(desk, **more)
        try:
            return await story(it)
        finally:
            await it.federation.reader.close()

    return asyncio.run(run())


async def until(test: Callable[[], object]) -> None:
    """Wait until something is so, for a second at most."""
    async with asyncio.timeout(5):
        while not test():  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.001)
