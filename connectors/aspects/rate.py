"""A rate of calls as this process keeps it: its own window, and its leases of what all share."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from connectors.aspects.allowance import Allowance, Lease
from connectors.aspects.window import Window
from connectors.contract import SourceError
from connectors.options import Rate

log = structlog.get_logger(__name__)

_ACCOUNT_TIMEOUT_S = 1.0
_ACCOUNT_PAUSE_S = 5.0
"""How long to do without an account that could not be reached."""

_SHORTEST_WAIT_S = 0.001

_FIRST_PORTION = 100
_LARGEST_PORTION = 20
"""A portion is at first one hundredth of the rate, and at most a twentieth."""


class RateKeeper:
    """Keeps one rate of one source. `allowance` is what all processes share, where there is one.

    While the account cannot be reached, this process keeps to its share of the rate alone.
    """

    def __init__(
        self,
        source: str,
        rate: Rate,
        *,
        allowance: Allowance | None,
        clock: Callable[[], float],
    ) -> None:
        self.rate = rate
        self._source = source
        self._allowance = allowance
        self._clock = clock
        self._window = Window(rate.per_s, clock=clock)
        self._first_portion = max(1, rate.calls // _FIRST_PORTION)
        self._portion = self._first_portion
        self._lease: Lease | None = None
        self._lease_ends_at = 0.0
        self._refused_until = 0.0
        self._frees_at = 0.0
        self._alone_until = 0.0
        self._is_alone = False
        self._overdue = 0
        self._sharers = 1

    async def wait_s(self) -> float:
        """How long to wait before asking again whether one more call is allowed; 0 if it is."""
        wait_s = self._window.wait_s(self._limit())
        if wait_s > 0 or self.is_ready():
            return wait_s
        now = self._clock()
        if now < self._refused_until:
            return self._frees_at - now
        return await self._leased()

    def is_ready(self) -> bool:
        """Whether one more call is allowed at this moment."""
        if self._window.wait_s(self._limit()) > 0:
            return False
        now = self._clock()
        if self._allowance is None or now < self._alone_until:
            return True
        return self._lease is not None and self._lease.count > 0 and now < self._lease_ends_at

    def begin(self) -> None:
        """Count a call that begins now; it is allowed by `is_ready`."""
        self._window.begin()
        if self._allowance is None:
            return
        if self._clock() < self._alone_until or self._lease is None:
            self._overdue += 1
        else:
            self._lease = replace(self._lease, count=self._lease.count - 1)

    def end(self) -> None:
        """Note that a call that began has ended."""
        self._window.end()

    async def close(self) -> None:
        """Give back what was leased and not used."""
        if self._allowance is not None and self._lease is not None and self._lease.count > 0:
            await self._ask(self._allowance, 0)

    def _limit(self) -> int:
        if not self._is_alone:
            return self.rate.calls
        return max(1, self.rate.calls // self._sharers)

    async def _leased(self) -> float:
        if self._allowance is None:
            return 0.0
        self._adapt()
        asked_at = self._clock()
        lease = await self._ask(self._allowance, self._portion)
        if lease is None:
            return self._window.wait_s(self._limit())
        # What was asked for earlier than it was given ends earlier here, which is safe.
        self._lease_ends_at = asked_at + lease.lasts_s
        if lease.count > 0:
            return 0.0
        wait_s = max(lease.retry_after_s, _SHORTEST_WAIT_S)
        self._frees_at = self._clock() + wait_s
        # Others may give something back before that.
        self._refused_until = self._clock() + min(wait_s, _ACCOUNT_PAUSE_S)
        return wait_s

    def _adapt(self) -> None:
        """Lease more at once where the last portion was used up, and less where it was not."""
        if self._lease is None:
            return
        if self._lease.count > 0:
            self._portion = max(1, self._portion // 2)
        else:
            most = max(1, self.rate.calls // _LARGEST_PORTION)
            self._portion = min(self._portion * 2, most)

    async def _ask(self, allowance: Allowance, wanted: int) -> Lease | None:
        """A lease; none where the account cannot be reached."""
        unspent, self._lease = self._lease, None
        overdue = self._overdue
        try:
            async with asyncio.timeout(_ACCOUNT_TIMEOUT_S):
                lease = await allowance.lease(wanted, unspent=unspent, overdue=overdue)
        except (SourceError, TimeoutError) as exc:
            self._do_without(exc)
            return None
        except asyncio.CancelledError:
            self._portion = self._first_portion
            raise
        if self._is_alone:
            log.info("shared_limit_is_back", source=self._source)
        self._is_alone = False
        self._overdue -= overdue
        self._sharers = lease.sharers
        self._lease = lease
        return lease

    def _do_without(self, exc: Exception) -> None:
        if not self._is_alone:
            log.warning(
                "shared_limit_unknown",
                source=self._source,
                limit=str(self.rate),
                share=max(1, self.rate.calls // self._sharers),
                error=str(exc),
            )
        # It may have been leased all the same, and is lost then.
        self._portion = self._first_portion
        self._is_alone = True
        self._alone_until = self._clock() + _ACCOUNT_PAUSE_S
