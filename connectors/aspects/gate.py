"""The gate of a source: how many calls it gets at one time, and how many in which time.

Who comes is served in turn: first comes one of the `concurrent` places, then the time that the
source asked to be left alone, then the rates. Whose time is up before is refused as soon as that
is known, and is told when to come again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from connectors.aspects import patience
from connectors.aspects.allowance import Allowance
from connectors.aspects.rate import RateKeeper
from connectors.contract import CircuitOpen, OverLimit
from connectors.options import CallLimits, Rate

_DAY_S = 86_400.0
_HOUR_S = 3_600.0
_MINUTE_S = 60.0


class SourceGate:
    """Keeps the limits of one source for all that is asked of it by this process.

    `allowance_of` gives what all processes share of a rate; without it each keeps rates alone.
    `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        source: str,
        limits: CallLimits,
        *,
        allowance_of: Callable[[Rate], Allowance | None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._clock = clock
        self._rates = tuple(
            RateKeeper(source, rate, allowance=allowance_of(rate), clock=clock)
            for rate in limits.rates
        )
        # A call that is under way counts, so that no more of them are of any use.
        self._place_count = min([limits.concurrent, *(each.calls for each in limits.rates)])
        self._places = asyncio.Semaphore(self._place_count)
        self._line = asyncio.Lock()
        self._rests_until = 0.0
        # Until when the first in the line waits, and for which rate.
        self._full: tuple[float, Rate] | None = None

    @property
    def rest_s(self) -> float:
        """How much longer the source wants no calls, in seconds."""
        return max(0.0, self._rests_until - self._clock())

    def rest(self, for_s: float) -> None:
        """Make no calls for so long, because the source said so."""
        self._rests_until = max(self._rests_until, self._clock() + for_s)

    @asynccontextmanager
    async def turn(self, timeout_s: float) -> AsyncIterator[None]:
        """A turn to call the source once, within this time and that of the question it is for.

        Raises `OverLimit` where the limits allow none in time, and `CircuitOpen` where the source
        asked to be left alone for longer.
        """
        asking = patience.current()
        ends_at = self._clock() + timeout_s
        if asking is not None:
            ends_at = min(ends_at, asking.ends_at)
        self._refuse_if_full(ends_at)
        with _waiting(asking):
            await self._take_place(ends_at)
            try:
                await self._pass(ends_at)
            except BaseException:
                self._places.release()
                raise
        try:
            with _calling(asking):
                yield
        finally:
            for each in self._rates:
                each.end()
            self._places.release()

    async def close(self) -> None:
        """Give back to others what was leased and not used."""
        for each in self._rates:
            await each.close()

    def refuse_if_resting(self, timeout_s: float) -> None:
        """Raise `CircuitOpen` where the source wants no calls for longer than this."""
        rest_s = self.rest_s
        if rest_s > timeout_s:
            message = f"it asked to be left alone, and is for another {rest_s:.1f} s"
            raise CircuitOpen(self._source, message, retry_after_s=rest_s)

    async def _take_place(self, ends_at: float) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        timeout_s = ends_at - self._clock()
        try:
            async with asyncio.timeout(timeout_s):
                await self._places.acquire()
        except TimeoutError as exc:
            raise OverLimit(
                self._source,
                f"{self._place_count} calls were under way for {max(timeout_s, 0):.3g} s: raise"
                " `limits.concurrent` if the source can take more",
            ) from exc

    async def _pass(self, ends_at: float) -> None:
        """Wait until everything allows a call, in the order of coming, and count it."""
        if not self._rates and self.rest_s <= 0:
            return
        await self._join_line(ends_at)
        try:
            while not await self._is_free(ends_at):
                pass
            for each in self._rates:
                each.begin()
        finally:
            self._full = None
            self._line.release()

    async def _join_line(self, ends_at: float) -> None:
        if not self._line.locked():
            await self._line.acquire()
            return
        try:
            async with asyncio.timeout(max(0.0, ends_at - self._clock())):
                await self._line.acquire()
        except TimeoutError as exc:
            self.refuse_if_resting(0.0)
            words = f"others waited for a turn before it, as {_limits_of(self._rates)} are allowed"
            raise OverLimit(self._source, words) from exc

    async def _is_free(self, ends_at: float) -> bool:
        """Whether a call may begin now, after the wait that is due where it fits."""
        if self.rest_s <= 0 and all(each.is_ready() for each in self._rates):
            return True
        self.refuse_if_resting(ends_at - self._clock())
        waits = [(await each.wait_s(), each.rate) for each in self._rates]
        longest_s, rate = max(waits, key=lambda each: each[0], default=(0.0, None))
        if rate is not None and longest_s > 0 and longest_s > ends_at - self._clock():
            raise self._over(rate, longest_s)
        wait_s = max(longest_s, self.rest_s)
        if wait_s > 0:
            self._full = None if rate is None else (self._clock() + longest_s, rate)
            await asyncio.sleep(wait_s)
            return False
        if rate is not None and self._clock() >= ends_at:
            raise self._over(rate, 0.0)
        return False

    def _refuse_if_full(self, ends_at: float) -> None:
        """Raise `OverLimit` where even who is first in the line waits for longer."""
        if self._full is not None and self._full[0] > ends_at:
            frees_at, rate = self._full
            raise self._over(rate, max(frees_at - self._clock(), 0.0))

    def _over(self, rate: Rate, wait_s: float) -> OverLimit:
        words = f"its limit of {rate.calls} calls per {_said(rate.per_s)} (`limits.rates`)"
        return OverLimit(
            self._source,
            f"{words} allows none for another {wait_s:.1f} s: ask less often, keep answers"
            " longer, or raise the limit if the source allows more",
            retry_after_s=wait_s,
        )


@contextmanager
def _waiting(asking: patience.Patience | None) -> Iterator[None]:
    if asking is None:
        yield
        return
    asking.waits += 1
    try:
        yield
    except Exception:
        asking.waits -= 1
        raise
    asking.waits -= 1


@contextmanager
def _calling(asking: patience.Patience | None) -> Iterator[None]:
    if asking is None:
        yield
        return
    asking.calls += 1
    try:
        yield
    except Exception:
        asking.calls -= 1
        raise
    asking.calls -= 1


def _said(per_s: float) -> str:
    """A time as people say it."""
    for length_s, name in ((_DAY_S, "day"), (_HOUR_S, "hour"), (_MINUTE_S, "minute")):
        if per_s == length_s:
            return name
    return f"{per_s:g} s"


def _limits_of(rates: Sequence[RateKeeper]) -> str:
    """Rates in words, such as `100 calls per 20 s and 50000 calls per day`."""
    return " and ".join(f"{each.rate.calls} calls per {_said(each.rate.per_s)}" for each in rates)
