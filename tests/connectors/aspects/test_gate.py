"""The gate: who waits, who is refused, in which order."""

import asyncio

import pytest
from structlog.testing import capture_logs

from connectors.aspects import patience
from connectors.aspects.allowance import Calendar, Lease
from connectors.aspects.gate import SourceGate
from connectors.contract import CircuitOpen, OverLimit, SourceError, Unavailable
from connectors.options import CallLimits, Rate
from tests.connectors.aspects.virtual import clock, hurried


def _gate(*rates: tuple[int, float], concurrent: int = 100) -> SourceGate:
    limits = [Rate(calls=calls, per_s=per_s) for calls, per_s in rates]
    return SourceGate("desk", CallLimits(concurrent=concurrent, rates=tuple(limits)), clock=clock)


async def _refusal(gate: SourceGate, timeout_s: float) -> SourceError:
    started = clock()
    with pytest.raises(Unavailable) as refused:
        async with gate.turn(timeout_s):
            pass
    assert clock() - started <= timeout_s
    return refused.value


def test_whose_time_is_up_before_a_turn_is_free_is_refused_at_once_and_told_when_to_come() -> None:
    """The words name the limit; nobody waits in vain."""

    async def story() -> None:
        gate = _gate((2, 60), (1000, 86_400))
        for _ in range(2):
            async with gate.turn(1):
                pass
        started = clock()

        refused = await _refusal(gate, 10)

        assert clock() == started
        assert isinstance(refused, OverLimit)
        assert refused.retry_after_s == pytest.approx(60, abs=0.01)
        assert "its limit of 2 calls per minute (`limits.rates`)" in refused.message
        assert refused.client_message == (
            "The source 'desk' may not be asked more often at the moment; try again later."
        )

    hurried(story())


def test_who_can_wait_gets_the_next_turn_in_the_order_of_coming() -> None:
    """Three a second: ten come at once, and all are served in turn."""

    async def story() -> list[tuple[int, float]]:
        gate, started, served = _gate((3, 1.0)), clock(), list[tuple[int, float]]()

        async def call(number: int) -> None:
            async with gate.turn(30):
                served.append((number, round(clock() - started, 1)))

        await asyncio.gather(*map(call, range(10)))
        return served

    served = hurried(story())

    assert [each[0] for each in served] == list(range(10))
    assert [each[1] for each in served] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_who_waits_behind_others_is_refused_as_soon_as_it_is_in_vain() -> None:
    """The first waits for its turn; who has less time than that is not kept."""

    async def story() -> None:
        gate = _gate((1, 60))
        async with gate.turn(1):
            pass
        first = asyncio.create_task(_called(gate, 100))
        await asyncio.sleep(1)

        refused = await _refusal(gate, 10)

        assert refused.retry_after_s == pytest.approx(59, abs=0.1)
        assert await first

    hurried(story())


async def _called(gate: SourceGate, timeout_s: float) -> bool:
    async with gate.turn(timeout_s):
        return True


def test_no_more_calls_are_under_way_than_may_be() -> None:
    """The rest waits, and is refused when its time is up."""

    async def story() -> None:
        gate, most, now = _gate(concurrent=3), 0, 0

        async def call() -> None:
            nonlocal most, now
            async with gate.turn(10):
                now += 1
                most = max(most, now)
                await asyncio.sleep(4)
                now -= 1

        found = await asyncio.gather(*(call() for _ in range(12)), return_exceptions=True)

        assert most == 3
        refused = [each for each in found if each is not None]
        assert len(refused) == 3
        assert all(isinstance(each, OverLimit) for each in refused)
        assert "raise `limits.concurrent`" in str(refused[0])

    hurried(story())


def test_who_gives_up_waiting_leaves_no_trace() -> None:
    """Neither a place nor a call of the rate is lost with it."""

    async def story() -> None:
        gate = _gate((1, 10), concurrent=1)
        async with gate.turn(1):
            pass
        for _ in range(5):
            waiting = asyncio.create_task(_called(gate, 60))
            await asyncio.sleep(0.5)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

        started = clock()
        assert await _called(gate, 60)

        assert clock() - started == pytest.approx(7.5, abs=0.1)

    hurried(story())


def test_a_source_that_asked_to_be_left_alone_gets_no_calls_until_then() -> None:
    """Who can wait does; who cannot is told for how long."""

    async def story() -> None:
        gate = _gate()
        gate.rest(30)
        refused = await _refusal(gate, 10)
        assert isinstance(refused, CircuitOpen)
        assert refused.retry_after_s == 30
        started = clock()

        assert await _called(gate, 31)

        assert clock() - started == 30

    hurried(story())


def test_a_call_waits_no_longer_than_the_question_that_it_is_for() -> None:
    """Whatever a connector says, it is the question's own time that counts."""

    async def story() -> None:
        gate = _gate((1, 60))
        assert await _called(gate, 1)
        with patience.until(clock() + 5) as waiting, pytest.raises(OverLimit):
            await _called(gate, 600)
        assert not waiting.has_only_waited

    hurried(story())


class _Account:
    """An account in memory that several processes share, and that may be away."""

    def __init__(self, rate: Rate) -> None:
        self.calendar = Calendar(rate)
        self.counts: dict[int, int] = {}
        self.round_trips = 0
        self.is_away = False
        self.sharers = 2

    async def lease(self, wanted: int, *, unspent: Lease | None, overdue: int) -> Lease:
        """See `Allowance`."""
        self.round_trips += 1
        await asyncio.sleep(0.001)
        if self.is_away:
            raise Unavailable("native", "The store's PostgreSQL cannot be reached.")
        if unspent is not None:
            self.counts[unspent.bucket] = self.counts.get(unspent.bucket, 0) - unspent.count
        lease = self.calendar.lease(clock(), self.counts, wanted=wanted, overdue=overdue)
        taken = lease.count + overdue
        self.counts[lease.bucket] = self.counts.get(lease.bucket, 0) + taken
        return Lease(
            count=lease.count,
            bucket=lease.bucket,
            lasts_s=lease.lasts_s,
            retry_after_s=lease.retry_after_s,
            sharers=self.sharers,
        )


def _sharing(account: _Account, rate: Rate) -> SourceGate:
    limits = CallLimits(concurrent=50, rates=(rate,))
    return SourceGate("desk", limits, allowance_of=lambda _: account, clock=clock)


@pytest.mark.parametrize("calls", [1, 7, 100, 5000])
def test_processes_that_share_an_account_use_all_of_it_and_never_more(calls: int) -> None:
    """Three processes, for three windows: no window holds more, hardly any of it is left over."""
    rate = Rate(calls=calls, per_s=60)

    async def story() -> tuple[list[float], int]:
        account, moments = _Account(rate), list[float]()
        gates = [_sharing(account, rate) for _ in range(3)]
        started = clock()

        async def keep_calling(gate: SourceGate) -> None:
            while clock() < started + 185:
                try:
                    async with gate.turn(70):
                        moments.append(clock())
                except OverLimit:
                    await asyncio.sleep(0.5)

        await asyncio.gather(*(keep_calling(each) for each in gates))
        return sorted(moments), account.round_trips

    moments, round_trips = hurried(story())

    for first, later in zip(moments, moments[calls:], strict=False):
        assert later - first > rate.per_s
    assert len(moments) >= 3 * calls * 0.9
    assert round_trips < max(len(moments), 600)


def test_an_account_that_is_away_leaves_each_process_its_share_and_is_told_once() -> None:
    """What was called meanwhile is counted when it is back."""
    rate = Rate(calls=100, per_s=60)

    async def story() -> tuple[int, int]:
        account = _Account(rate)
        gate = _sharing(account, rate)
        assert await _called(gate, 1)
        account.is_away = True
        await asyncio.sleep(20)
        alone = 0
        while True:
            try:
                alone += await _called(gate, 1)
            except OverLimit:
                break
        await asyncio.sleep(20)
        account.is_away = False
        await asyncio.sleep(30)
        assert await _called(gate, 60)
        return alone, sum(account.counts.values())

    with capture_logs() as logs:
        alone, counted = hurried(story())

    assert alone == 49
    assert counted >= 1 + alone + 1
    events = [each["event"] for each in logs]
    assert events == ["shared_limit_unknown", "shared_limit_is_back"]
    assert logs[0]["share"] == 50


def test_closing_gives_back_what_was_leased_and_not_used() -> None:
    """A replica that stops leaves its calls to the others."""
    rate = Rate(calls=10_000, per_s=86_400)

    async def story() -> int:
        account = _Account(rate)
        gate = _sharing(account, rate)
        assert await _called(gate, 1)
        assert sum(account.counts.values()) == 100
        await gate.close()
        return sum(account.counts.values())

    assert hurried(story()) == 1
