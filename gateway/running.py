"""The gateway that answers now, and how another takes its place while requests come in."""

import asyncio
import gc
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from connectors.contract import Unavailable
from connectors.native.store import Store
from connectors.sync_pass import Progress
from gateway.app import Gateway, open_over
from gateway.config import Settings
from gateway.critical import Watch
from gateway.http_server import Door
from gateway.readiness import Readiness
from gateway.tracing import UNTRACED, Tracing

_SUM_UP_S = 10.0


@dataclass(slots=True)
class _Generation:
    """One gateway, what it holds, and the jobs beside it."""

    settings: Settings
    gateway: Gateway
    held: AsyncExitStack
    watch: Watch = field(init=False)
    jobs: list[asyncio.Task[None]] = field(default_factory=list)

    async def end_jobs(self) -> None:
        for job in self.jobs:
            job.cancel()
        await asyncio.gather(*self.jobs, return_exceptions=True)
        self.jobs.clear()


class Running:
    """A gateway over an open store, replaced as a whole when the configuration changes.

    With `does_pull` the sources are pulled meanwhile; `report` is told how that goes. `under_way`
    gives the requests that are being answered: those of a gateway that was replaced finish on it.
    """

    def __init__(
        self,
        store: Store,
        *,
        does_pull: bool,
        report: Callable[[Progress], None],
        tracing: Tracing = UNTRACED,
    ) -> None:
        self._tracing = tracing
        self.readiness = Readiness()
        self.under_way: Callable[[], set[asyncio.Task[None]]] = set
        self._store = store
        self._does_pull = does_pull
        self._report = report
        self._now: _Generation | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self.door = Door(_nobody)

    @property
    def gateway(self) -> Gateway:
        """The gateway that answers now."""
        return self._generation.gateway

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self._generation.settings

    async def open(self, settings: Settings) -> None:
        """Open the first gateway. Raises `SourceError` where that is not possible."""
        generation = await self._opened(settings)
        self._now = generation
        generation.watch = self._watch(generation, proven=frozenset())
        self.door.app = generation.gateway.app
        self._begin_jobs(generation)
        _spare_what_stays()

    async def replace(self, settings: Settings) -> None:
        """Have a gateway with other settings answer what comes from now on.

        Raises `SourceError` where it cannot be had, also because the end is near; then all is
        as before.
        """
        if self.readiness.is_stopping:
            raise Unavailable("gateway", "it is stopping; the next start reads the configuration")
        old, new = self._generation, await self._opened(settings)
        board, before = new.gateway.federation.board, old.gateway.federation.board
        board.tallies, board.failures = before.tallies, before.failures
        new.watch = self._watch(new, proven=old.watch.proven)
        self._now = new
        self.door.app = new.gateway.app
        await old.end_jobs()
        self._begin_jobs(new)
        retiring = asyncio.create_task(self._retire(old, set(self.under_way())))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def close(self) -> None:
        """Close what answers, and what still did."""
        for each in self._retiring:
            each.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        if self._now is not None:
            await self._now.end_jobs()
            await self._now.held.aclose()

    @property
    def _generation(self) -> _Generation:
        if self._now is None:
            raise RuntimeError("no gateway was opened yet")
        return self._now

    async def _opened(self, settings: Settings) -> _Generation:
        held = AsyncExitStack()
        try:
            opening = open_over(
                settings,
                self._store,
                readiness=self.readiness,
                tracing=self._tracing,
                report=self._report,
            )
            gateway = await held.enter_async_context(opening)
        except BaseException:
            await held.aclose()
            raise
        return _Generation(settings, gateway, held)

    def _begin_jobs(self, it: _Generation) -> None:
        gateway = it.gateway
        jobs = [
            gateway.sources.keep_fresh(gateway.store),
            it.watch.keep(),
            _keep_summing_up(gateway),
        ]
        if self._does_pull:
            every_s = {name: each.sync_every_s for name, each in it.settings.sources.items()}
            jobs.append(gateway.sync.run_forever(every_s))
        it.jobs += map(asyncio.create_task, jobs)

    def _watch(self, it: _Generation, *, proven: AbstractSet[str]) -> Watch:
        sources = it.settings.sources.items()
        return Watch(
            it.gateway.connectors,
            timeouts_s={name: each.timeout_s for name, each in sources if each.critical},
            board=it.gateway.federation.board,
            readiness=self.readiness,
            proven=proven,
        )

    async def _retire(self, old: _Generation, requests: set[asyncio.Task[None]]) -> None:
        try:
            if requests:
                await asyncio.wait(requests, timeout=old.settings.server.grace_s)
        finally:
            await old.held.aclose()
        del old
        _spare_what_stays()


async def _keep_summing_up(gateway: Gateway) -> None:
    while True:
        await asyncio.sleep(_SUM_UP_S)
        gateway.federation.board.failures.sum_up()


async def _nobody(*_: object) -> None:
    raise RuntimeError("a request came before there was a gateway to answer it")


def _spare_what_stays() -> None:
    """Have the garbage collector pass over what the start has made, such as the schema.

    Nothing of it is garbage before the next configuration, and to look through it took 40 to 350 ms
    every few seconds, in which nobody was answered. It comes as often as ever: plans that are
    dropped are in circles, and with higher thresholds a worker grew to 760 MB over 36,000 new
    documents.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
