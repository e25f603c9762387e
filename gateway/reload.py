"""Taking up a changed configuration while the gateway runs: on SIGHUP, or when the file changes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from connectors.contract import SourceError
from gateway.config import InvalidConfiguration, Settings
from gateway.config.change import Configuration, with_fixed
from gateway.logs import set_up

log = structlog.get_logger(__name__)

LOOK_S = 1.0
"""How often the file is looked at where that is asked for, in seconds."""


class Reload:
    """Reads the configuration again when it is told to, and has it taken up.

    `take_up` makes the settings those that are answered with, or raises `SourceError` where they
    cannot be; then all is as before. `note` is told whether the last attempt was refused.
    """

    def __init__(
        self,
        configuration: Configuration,
        running: Settings,
        *,
        take_up: Callable[[Settings], Awaitable[None]],
        note: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        self._configuration = configuration
        self._running = running
        self._take_up = take_up
        self._note = note
        self._asked = asyncio.Event()
        self._stamp = configuration.stamp()
        self._seen = configuration.fingerprint()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Heed SIGHUP, and the file where that is asked for, as long as the context is open."""
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGHUP)
        loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        job = asyncio.create_task(self._work())
        try:
            yield
        finally:
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)
            loop.remove_signal_handler(signal.SIGHUP)
            signal.signal(signal.SIGHUP, before)

    async def _work(self) -> None:
        while True:
            try:
                async with asyncio.timeout(
                    LOOK_S if self._running.server.reload_on_change else None
                ):
                    await self._asked.wait()
            except TimeoutError:
                if not await asyncio.to_thread(self._has_changed):
                    continue
            self._asked.clear()
            await self.now()

    def _has_changed(self) -> bool:
        """Whether the content differs from what was read last; written the same, it does not."""
        stamp = self._configuration.stamp()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return self._configuration.fingerprint() != self._seen

    async def now(self) -> None:
        """Read the configuration and take it up, or say why not."""
        self._seen = await asyncio.to_thread(self._configuration.fingerprint)
        try:
            wanted = await asyncio.to_thread(self._configuration.read)
            settings, differing = with_fixed(wanted, running=self._running)
            await self._take_up(settings)
        except InvalidConfiguration as exc:
            await self._refuse([str(each) for each in exc.problems])
        except SourceError as exc:
            await self._refuse([f"{exc.source}: {exc.message}"])
        except Exception as exc:
            log.exception("configuration_not_taken_up")
            await self._refuse([f"unexpected {type(exc).__name__}; the log above says more"])
        else:
            self._running = settings
            await self._accept(settings, differing)

    async def _accept(self, settings: Settings, differing: Sequence[str]) -> None:
        set_up(settings.telemetry)
        await self._note([])
        log.info("configuration_taken_up", file=str(self._configuration.file))
        if differing:
            log.warning("restart_needed", changed=list(differing))

    async def _refuse(self, problems: Sequence[str]) -> None:
        await self._note(problems)
        log.error("configuration_refused", problems=list(problems))
