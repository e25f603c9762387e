"""Connectors with all aspects, over sources in memory, with a clock that the tests move."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.aspects.ability import guarded
from connectors.aspects.breaker import BreakerState, CircuitBreaker
from connectors.aspects.gate import SourceGate
from connectors.aspects.guard import Guard
from connectors.aspects.guarded import Guarded
from connectors.contract import (
    Answer,
    Batch,
    ChangePage,
    CircuitOpen,
    Connector,
    Cursor,
    Describer,
    DocumentContent,
    DocumentReader,
    Environment,
    OverLimit,
    SourceError,
    TimedOut,
    Unavailable,
    Writer,
    Written,
)
from connectors.memory import MemoryConnector
from connectors.options import Options
from connectors.sql.connector import SqlConnector
from connectors.sql.options import SqlOptions
from tests.connectors.aspects.guarding import Clock
from tests.connectors.aspects.scripted import BATCH, NOW, TICKETS, Scripted, down, fail, ids, over
from tests.connectors.aspects.virtual import clock as virtual_clock
from tests.connectors.aspects.virtual import hurried


def test_a_source_that_failed_five_times_is_not_asked_again_until_it_may_be_back() -> None:
    """Five questions reach it, then none for 15 seconds, then one, and it is open to all again."""
    inner, clock = Scripted(*[down()] * 5), Clock()
    source = over(inner, clock, retry={"attempts": 0})
    for _ in range(5):
        assert fail(source).code == "SOURCE_UNAVAILABLE"

    assert [fail(source).code for _ in range(3)] == ["SOURCE_OPEN"] * 3
    assert len(inner.asked) == 5
    clock.tick(15)

    assert ids(asyncio.run(source.fetch(BATCH))) == ["a", "b", "王"]
    assert len(inner.asked) == 6


def test_only_one_question_tries_a_source_that_was_left_alone() -> None:
    """A hundred at once cost it one; ninety-nine are refused at once."""
    clock, can_answer = Clock(), asyncio.Event()

    class Slow(Scripted):
        async def fetch(self, batch: Batch) -> Answer:
            answer = await super().fetch(batch)
            await can_answer.wait()
            return answer

    inner = Slow(down())
    source = over(inner, clock, retry={"attempts": 0}, breaker={"failures": 1})

    async def story() -> list[Answer | BaseException]:
        with pytest.raises(Unavailable):
            await source.fetch(BATCH)
        clock.tick(15)
        asking = [asyncio.create_task(source.fetch(BATCH)) for _ in range(100)]
        await asyncio.sleep(0.01)
        can_answer.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    found = asyncio.run(story())

    assert sum(isinstance(each, Answer) for each in found) == 1
    assert sum(isinstance(each, CircuitOpen) for each in found) == 99
    assert len(inner.asked) == 2


def test_the_breaker_of_one_source_does_not_affect_another() -> None:
    """Each source has its own."""
    clock = Clock()
    desk = over(Scripted(*[down()] * 9), clock, breaker={"failures": 1})
    shop = over(Scripted(name="shop"), clock, breaker={"failures": 1})

    assert fail(desk).code == "SOURCE_UNAVAILABLE"
    assert fail(desk).code == "SOURCE_OPEN"

    assert ids(asyncio.run(shop.fetch(BATCH))) == ["a", "b", "王"]


class _Silent(MemoryConnector):
    """Never answers; `cancelled` counts the questions that were given up."""

    def __init__(self) -> None:
        super().__init__("desk", {"ticket": TICKETS})
        self.cancelled = 0

    async def fetch(self, batch: Batch) -> Answer:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return await super().fetch(batch)


def _told(story: Callable[[Guarded], Awaitable[None]], inner: Connector, **settings: Any) -> None:
    """Run a story in virtual time."""

    async def run() -> None:
        options = Options(kind="memory", **settings)
        gate = SourceGate("desk", options.limits, clock=virtual_clock)
        breaker = CircuitBreaker("desk", options.breaker, clock=virtual_clock)
        await story(
            guarded(
                inner,
                Guard(
                    source="desk", options=options, gate=gate, breaker=breaker, clock=virtual_clock
                ),
            )
        )

    hurried(run())


def test_a_question_that_takes_too_long_is_cancelled_inside_and_not_asked_again() -> None:
    """The one attempt has used up the whole time; five such questions open the breaker."""
    inner = _Silent()

    async def story(source: Guarded) -> None:
        for number in range(5):
            started = virtual_clock()
            with pytest.raises(TimedOut, match="no answer within 10 s to a question about ticket"):
                await source.fetch(BATCH)
            assert virtual_clock() - started == pytest.approx(10)
            assert inner.cancelled == number + 1
        with pytest.raises(CircuitOpen):
            await source.fetch(BATCH)

    _told(story, inner)


def test_no_answer_in_no_time_says_nothing_of_the_source() -> None:
    """Where others have used up the time of the request, this source must not pay for it."""

    async def story(source: Guarded) -> None:
        for _ in range(20):
            with pytest.raises(TimedOut):
                await source.fetch(Batch(entity="ticket", fields=("record_id",), timeout_s=0.4))
        assert source.guard.breaker.state is BreakerState.CLOSED

    _told(story, _Silent())


def test_whoever_gives_up_cancels_the_question_and_leaves_the_breaker_as_it_is() -> None:
    """Clients that go away are no failures of the source."""
    inner = _Silent()

    async def story(source: Guarded) -> None:
        for _ in range(20):
            asking = asyncio.create_task(source.fetch(BATCH))
            await asyncio.sleep(3)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        assert inner.cancelled == 20
        assert source.guard.breaker.state is BreakerState.CLOSED

    _told(story, inner)


class _Calling(MemoryConnector):
    """Goes through the gate with each question, and is slow behind it."""

    gate: SourceGate

    async def fetch(self, batch: Batch) -> Answer:
        async with self.gate.turn(600):
            await asyncio.sleep(8)
            return await super().fetch(batch)


def test_who_only_waited_for_a_turn_is_told_so_and_does_not_count_against_the_source() -> None:
    """Ten questions, one at a time, 8 s each, 10 s to wait: one is answered."""
    inner = _Calling("desk", {"ticket": TICKETS})

    async def story(source: Guarded) -> None:
        inner.gate = source.guard.gate
        asking = [asyncio.create_task(source.fetch(BATCH)) for _ in range(10)]
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert sum(isinstance(each, Answer) for each in found) == 1
        # The second had its turn, and not enough time.
        assert sum(isinstance(each, TimedOut) for each in found) == 1
        assert sum(isinstance(each, OverLimit) for each in found) == 8
        assert source.guard.breaker.state is BreakerState.CLOSED

    _told(story, inner, limits={"concurrent": 1}, retry={"attempts": 0}, breaker={"failures": 2})


def test_an_unexpected_exception_is_a_failure_of_the_source_that_hides_what_it_was() -> None:
    """The original goes with it, for the log."""

    class Broken(MemoryConnector):
        async def fetch(self, batch: Batch) -> Answer:
            raise KeyError(f"a host and a password, for {batch.entity}")

        async def check(self) -> Sequence[Any]:
            raise KeyError("a host and a password")

    source = over(Broken("desk", {}), Clock())

    error = fail(source)
    with pytest.raises(SourceError, match="unexpected KeyError"):
        asyncio.run(source.check())

    assert (error.message, error.code) == ("unexpected KeyError", "SOURCE_ERROR")
    assert isinstance(error.__cause__, KeyError)


def test_check_and_discover_ask_a_source_that_is_left_alone() -> None:
    """Who operates the gateway wants to know how it is now."""
    source = over(Scripted(down()), Clock(), breaker={"failures": 1}, retry={"attempts": 0})
    fail(source)

    assert asyncio.run(source.check()) == ()
    assert [each.name for each in asyncio.run(source.discover())] == ["ticket"]


def test_a_scan_counts_for_the_breaker_and_stops_at_it() -> None:
    """Each page is an answer; nothing is asked again inside."""
    inner = Scripted(None, None, down())
    source = over(inner, Clock(), breaker={"failures": 1})

    async def pages() -> int:
        count = 0
        try:
            async for _ in source.scan("ticket", since=None):
                count += 1
        except CircuitOpen:
            return -1
        except Unavailable:
            return count
        return -2

    assert asyncio.run(pages()) == 2
    assert asyncio.run(pages()) == -1


def test_a_scan_that_gives_no_page_is_given_up() -> None:
    """A source that swallows everything must not hold up the pulls for ever."""

    class Mute(MemoryConnector):
        async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
            await asyncio.sleep(10_000)
            async for page in super().scan(entity, since=since):
                yield page

    async def story(source: Guarded) -> None:
        started = virtual_clock()
        with pytest.raises(TimedOut, match=r"no page of ticket within 30 s"):
            [page async for page in source.scan("ticket", since=None)]
        assert virtual_clock() - started == pytest.approx(30)

    _told(story, Mute("desk", {"ticket": TICKETS}), page_timeout_s=30)


def test_a_page_that_takes_long_does_not_keep_others_from_trying_the_source() -> None:
    """A pull that comes first to a source that was left alone may take minutes."""

    class Slow(Scripted):
        async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
            await asyncio.sleep(100)
            async for page in MemoryConnector.scan(self, entity, since=since):
                yield page

    async def story(source: Guarded) -> None:
        with pytest.raises(Unavailable):
            await source.fetch(BATCH)
        await asyncio.sleep(15)
        pages = source.scan("ticket", since=None)
        pulling = asyncio.ensure_future(anext(pages))
        await asyncio.sleep(9)
        with pytest.raises(CircuitOpen):
            await source.fetch(BATCH)
        await asyncio.sleep(1)
        assert ids(await source.fetch(BATCH)) == ["a", "b", "王"]
        assert source.guard.breaker.state is BreakerState.CLOSED
        await pulling

    _told(story, Slow(down()), breaker={"failures": 1}, retry={"attempts": 0})


class _Able(MemoryConnector):
    """Can do what only some connectors can."""

    written = 0

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """None where the document is unknown."""
        if record_id == "away":
            raise down()
        return None

    async def write(
        self, entity: str, records: Sequence[Mapping[str, Any]], *, idempotency_key: str
    ) -> Sequence[Written]:
        """Fail after having written, perhaps."""
        del entity, records, idempotency_key
        self.written += 1
        raise down()

    def describe(self, batch: Batch) -> str:
        """The question in words."""
        return f"{batch.entity}, please"


def test_a_guarded_connector_can_do_exactly_what_the_one_inside_can() -> None:
    """Documents, writing and describing are found by what a connector is."""
    options = SqlOptions(kind="sql", url="sqlite:///none.db", entities={})
    plain = SqlConnector("desk", options, Environment(now=lambda: NOW, base_dir=Path()))
    able = over(_Able("desk", {}), Clock())

    for ability in (DocumentReader, Writer, Describer):
        assert isinstance(over(plain, Clock()), ability) is isinstance(plain, ability)
        assert isinstance(able, ability)
    assert not isinstance(over(plain, Clock()), Writer)
    assert isinstance(able, Describer)
    assert able.describe(BATCH) == "ticket, please"
    assert able.name == "desk"
    assert able.capabilities is able.inner.capabilities


def test_a_write_is_never_tried_again() -> None:
    """Nobody knows whether it was done; and it counts for the breaker as a document does."""
    inner = _Able("desk", {})
    source = over(inner, Clock(), retry={"attempts": 5}, breaker={"failures": 2})
    assert isinstance(source, Writer)

    with pytest.raises(Unavailable):
        asyncio.run(source.write("ticket", [], idempotency_key="k"))

    assert inner.written == 1
    assert isinstance(source, DocumentReader)
    with pytest.raises(Unavailable):
        asyncio.run(source.open_document("away"))
    assert fail(source).code == "SOURCE_OPEN"
