"""The gate of a source: how many calls it gets at one time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.contract import Unavailable
from connectors.options import CallLimits


class SourceGate:
    """Keeps the limits of one source for all that is asked of it by this process."""

    def __init__(self, source: str, limits: CallLimits) -> None:
        self._source = source
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.concurrent)

    @asynccontextmanager
    async def turn(self, timeout_s: float) -> AsyncIterator[None]:
        """A turn to call the source once. Raises `Unavailable` where there is none in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise Unavailable(
                self._source,
                f"{self._limits.concurrent} calls were under way for {timeout_s:g} s: raise"
                " `limits.concurrent` if the source can take more",
            ) from exc
        try:
            yield
        finally:
            self._slots.release()
