"""What processes share of a rate, counted in a real Redis."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from connectors.aspects.gate import SourceGate
from connectors.contract import OverLimit, Unavailable
from connectors.options import CallLimits, Rate
from connectors.redis import RedisLink
from connectors.redis_allowance import RedisAllowance
from tests.redis import REDIS_URL, needs_redis

MINUTE = Rate(calls=40, per_s=60)


def _run(story: Callable[[RedisLink, str], Awaitable[None]], url: str = REDIS_URL) -> None:
    """A story with a link, and the name of a source that nobody asked before."""

    async def run() -> None:
        link = RedisLink.open(url, timeout_s=2)
        try:
            await story(link, f"帮助台-{uuid4()}")
        finally:
            await link.close()

    asyncio.run(run())


def _allowance(link: RedisLink, source: str, holder: int, rate: Rate = MINUTE) -> RedisAllowance:
    return RedisAllowance(link=link, source=source, rate=rate, holder=UUID(int=holder))


@needs_redis
def test_many_leases_at_once_never_give_more_than_there_is() -> None:
    """Thirty at the same moment, of five processes; then they are told when to come again."""

    async def story(link: RedisLink, source: str) -> None:
        leases = await asyncio.gather(
            *(_allowance(link, source, n % 5).lease(3, unspent=None, overdue=0) for n in range(30))
        )
        assert sum(each.count for each in leases) == 40
        assert max(each.sharers for each in leases) == 5
        refused = await _allowance(link, source, 9).lease(1, unspent=None, overdue=0)
        assert refused.count == 0
        assert 55 < refused.retry_after_s <= 62

    _run(story)


@needs_redis
def test_what_is_given_back_can_be_leased_again() -> None:
    """And what was called without a lease is counted, even beyond the limit."""

    async def story(link: RedisLink, source: str) -> None:
        one = _allowance(link, source, 1)
        lease = await one.lease(4, unspent=None, overdue=0)
        again = await one.lease(4, unspent=lease, overdue=30)
        rest = await one.lease(40, unspent=again, overdue=0)
        over = await one.lease(1, unspent=rest, overdue=50)
        assert [each.count for each in (lease, again, rest, over)] == [4, 1, 1, 0]

    _run(story)


@needs_redis
def test_two_processes_share_a_limit() -> None:
    """Together they get what the limit allows, and no call more."""

    async def story(link: RedisLink, source: str) -> None:
        limits = CallLimits(concurrent=20, rates=(MINUTE,))
        used: list[int] = []

        async def use_up(gate: SourceGate) -> None:
            while True:
                async with gate.turn(0.2):
                    used.append(1)

        async def use(holder: int) -> None:
            share = _allowance(link, source, holder)
            with pytest.raises(OverLimit, match="40 calls per minute"):
                await use_up(SourceGate(source, limits, allowance_of=lambda _: share))

        await asyncio.gather(use(1), use(2))
        assert len(used) == 40

    _run(story)


def test_a_redis_that_is_away_is_a_failure_of_the_contract() -> None:
    """The gate takes it as such, and goes on with the share of this process."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"

        async def story(link: RedisLink, source: str) -> None:
            share = _allowance(link, source, 1)
            with pytest.raises(Unavailable):
                await share.lease(1, unspent=None, overdue=0)
            gate = SourceGate(source, CallLimits(rates=(MINUTE,)), allowance_of=lambda _: share)
            async with gate.turn(5):
                pass

        _run(story, url)
