"""A REST source with all aspects, over real connections to a small server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from connectors.aspects.guarded import Guarded
from connectors.aspects.opening import Opener
from connectors.contract import SourceError, TimedOut, Unavailable
from connectors.rest import KIND
from tests.connectors.aspects.desk import Desk
from tests.connectors.aspects.virtual import T
from tests.connectors.rest.opening import NOW, by_customer, options, tickets
from tests.serving import serving

SINGLE = {"path": "/tickets/{key}", "how": "single", "items": "data"}


@asynccontextmanager
async def _opened(desk: Desk, **settings: Any) -> AsyncIterator[Guarded]:
    with serving(desk.app()) as url:
        made = options(tickets(by={"customer": SINGLE}), base_url=f"{url}/api", **settings)
        source = Opener(now=lambda: NOW, base_dir=Path(), kinds={"rest": KIND}).open("desk", made)
        try:
            yield source
        finally:
            await source.close()


def _run(story: Callable[[Guarded], Awaitable[T]], desk: Desk, **settings: Any) -> T:
    async def run() -> T:
        async with _opened(desk, **settings) as source:
            return await story(source)

    return asyncio.run(run())


async def _soon(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, which is a matter of moments."""
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def _no(status: int, retry_after: str | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Response(status_code=status, headers=headers)


def test_retry_after_is_kept_and_the_answer_is_whole() -> None:
    """One customer of three is throttled for a second: only that one is asked again, after it."""
    desk = Desk({"b": [_no(429, "1")]})

    async def story(source: Guarded) -> tuple[int, int]:
        answer = await source.fetch(by_customer("a", "b", "王", timeout_s=10))
        return len(answer.rows), answer.calls

    found, calls = _run(story, desk)

    assert found == 3
    assert calls == len(desk.asked)
    first, again = (at for customer, at in desk.asked if customer == "b")
    assert again - first >= 1


def test_a_source_that_wants_an_hour_gets_it_and_nobody_waits() -> None:
    """The question fails at once with what the source said, and so do those after it."""
    desk = Desk({"*": [_no(503, "3600")] * 9})

    async def story(source: Guarded) -> list[tuple[str, float | None]]:
        found: list[tuple[str, float | None]] = []
        for _ in range(3):
            with pytest.raises(SourceError) as failed:
                await source.fetch(by_customer("a", timeout_s=10))
            found.append((failed.value.code, failed.value.retry_after_s))
        return found

    (first, *others) = _run(story, desk)

    assert first == ("SOURCE_UNAVAILABLE", 3600)
    assert {code for code, _ in others} == {"SOURCE_OPEN"}
    assert all(after is not None and 290 < after <= 300 for _, after in others)
    assert len(desk.asked) == 1


def test_a_source_that_fails_is_left_alone_and_comes_back_by_itself() -> None:
    """Five requests open the breaker; when the time is over one question finds it well."""
    desk = Desk({"*": [_no(500)] * 5})

    async def story(source: Guarded) -> list[str]:
        codes: list[str] = []
        for _ in range(4):
            with pytest.raises(Unavailable) as failed:
                await source.fetch(by_customer("a"))
            codes.append(failed.value.code)
        await asyncio.sleep(2)
        assert (await source.fetch(by_customer("a"))).rows
        return codes

    retry, breaker = {"attempts": 2, "pause_s": 0.01}, {"open_s": 2}
    codes = _run(story, desk, retry=retry, breaker=breaker)

    assert codes == ["SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE", "SOURCE_OPEN", "SOURCE_OPEN"]
    assert len(desk.asked) == 6


def test_the_deadline_and_whoever_gives_up_close_the_connection() -> None:
    """The server sees that nobody waits any more."""
    desk = Desk(takes_s=60)

    async def story(source: Guarded) -> None:
        with pytest.raises(TimedOut):
            await source.fetch(by_customer("a", timeout_s=1))
        asking = asyncio.create_task(source.fetch(by_customer("b", timeout_s=50)))
        await _soon(lambda: len(desk.asked) == 2)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await _soon(lambda: desk.left == 2)

    _run(story, desk, timeout_s=50, retry={"attempts": 0})

    assert [customer for customer, _ in desk.asked] == ["a", "b"]


def test_a_rate_holds_over_the_wire() -> None:
    """Four calls in half a second: the ten of one question take as long as that allows."""
    desk = Desk()
    keys = [str(number) for number in range(10)]

    async def story(source: Guarded) -> int:
        return len((await source.fetch(by_customer(*keys, timeout_s=10))).rows)

    assert _run(story, desk, limits={"rates": [{"calls": 4, "per_s": 0.5}]}) == 10

    moments = sorted(at for _, at in desk.asked)
    for first, later in zip(moments, moments[4:], strict=False):
        assert later - first >= 0.5
