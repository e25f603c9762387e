"""The window of one process."""

import asyncio
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.aspects.gate import SourceGate
from connectors.aspects.window import Window
from connectors.contract import OverLimit
from connectors.options import CallLimits, Rate
from tests.connectors.aspects.guarding import Clock
from tests.connectors.aspects.virtual import clock, hurried

Arrival = tuple[float, float]
"""How long after the one before somebody comes, and how long the call then takes."""

ARRIVALS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.001, 0.3, 2.0, 19.9, 21.0]), st.floats(0, 6)),
    min_size=1,
    max_size=60,
)
RATES = st.lists(
    st.builds(Rate, calls=st.integers(1, 7), per_s=st.sampled_from([0.5, 3.0, 20.0])),
    min_size=1,
    max_size=3,
)


async def _called(arrivals: list[Arrival], limits: CallLimits, timeout_s: float) -> list[float]:
    """When calls may have reached the source: the start and the end of each."""
    gate = SourceGate("desk", limits, clock=clock)
    moments: list[float] = []

    async def call(comes_s: float, takes_s: float) -> None:
        await asyncio.sleep(comes_s)
        try:
            async with gate.turn(timeout_s):
                # It reaches the source at any time in between: here early, there late.
                early = len(moments) % 2 == 0
                if early:
                    moments.append(clock())
                await asyncio.sleep(takes_s)
                if not early:
                    moments.append(clock())
        except OverLimit:
            return

    times = itertools.accumulate(each[0] for each in arrivals)
    await asyncio.gather(*(call(at, each[1]) for at, each in zip(times, arrivals, strict=True)))
    return sorted(moments)


@given(
    arrivals=ARRIVALS,
    rates=RATES,
    concurrent=st.integers(1, 9),
    timeout_s=st.sampled_from([5, 10_000]),
)
@settings(deadline=None, max_examples=150)
def test_no_window_ever_holds_more_calls_than_the_limit(
    arrivals: list[Arrival], rates: list[Rate], concurrent: int, timeout_s: float
) -> None:
    """Wherever the window begins, and whenever within its time a call reaches the source."""
    limits = CallLimits(concurrent=concurrent, rates=tuple(rates))

    moments = hurried(_called(arrivals, limits, timeout_s))

    assert timeout_s == 5 or len(moments) == len(arrivals)
    for rate in rates:
        for first, later in zip(moments, moments[rate.calls :], strict=False):
            assert later - first >= rate.per_s


def test_a_burst_at_the_end_of_a_window_leaves_nothing_for_the_beginning_of_the_next() -> None:
    """The calls of a fixed window could be doubled at its edge; here they are not."""
    time = Clock()
    window = Window(20, clock=time)
    time.tick(19)
    for _ in range(100):
        assert window.wait_s(100) == 0
        window.begin()
        window.end()

    time.tick(2)
    assert window.wait_s(100) > 17.9
    time.tick(18.01)

    assert window.wait_s(100) == 0


def test_a_slow_call_counts_from_its_end() -> None:
    """Nobody knows when it reached the source."""
    time = Clock()
    window = Window(20, clock=time)
    window.begin()
    time.tick(15)
    assert window.wait_s(1) == 20
    window.end()

    time.tick(19)

    assert 1 < window.wait_s(1) < 1.01


def test_a_million_calls_a_day_take_little_memory() -> None:
    """Ends that are close together are kept as one."""
    time = Clock()
    window = Window(86_400, clock=time)
    for _ in range(100_000):
        window.begin()
        time.tick(0.8)
        window.end()

    assert len(window._ended) < 1100
    assert window.wait_s(100_001) == 0
    assert window.wait_s(100_000) > 6_000
