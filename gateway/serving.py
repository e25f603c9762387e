"""Running a gateway: the HTTP server, and the jobs beside it."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

import uvicorn
import uvloop

from connectors.sync_pass import Progress
from gateway.app import Gateway, open_gateway
from gateway.config import Settings
from gateway.listening import listen

GRACE_S = 10
"""How long requests that are under way may take after the signal to stop, in seconds."""

Ready = Callable[[Gateway, socket.socket], Awaitable[None]]


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the event loop that the gateway is measured with."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def serve(
    settings: Settings,
    *,
    when_ready: Ready,
    report: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM. `when_ready` is told when requests are answered.

    `report` is told about the progress of pulls.

    Raises `OSError` where the address cannot be had and `SourceError` where the store cannot.
    """
    with listen(settings.server) as listening:
        caught = await answer(
            settings, listening, when_ready=when_ready, report=report, does_pull=True
        )
    for number in caught:
        # Only now that everything is closed does the process end as the signal says.
        signal.raise_signal(number)


async def answer(
    settings: Settings,
    listening: socket.socket,
    *,
    when_ready: Ready,
    report: Callable[[Progress], None] = lambda _: None,
    does_pull: bool,
    stop: asyncio.Event | None = None,
) -> list[int]:
    """Answer what comes to a listening socket until SIGINT or SIGTERM, or until `stop` is set.

    The signals that came. With `does_pull` the sources are pulled meanwhile.
    """
    async with (
        open_gateway(settings, report=report) as gateway,
        _jobs(settings, gateway, does_pull=does_pull),
    ):
        config = uvicorn.Config(
            gateway.app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
        )
        server = _Server(config, lambda: when_ready(gateway, listening))
        _spare_what_stays()
        waiting = asyncio.create_task(_stop(server, stop or asyncio.Event()))
        try:
            await server.serve(sockets=[listening])
        finally:
            waiting.cancel()
    return server.caught


def _spare_what_stays() -> None:
    """Have the garbage collector pass over what the start has made, such as the schema.

    Nothing of it is ever garbage, and to look through it took 40 to 350 ms every few seconds, in
    which nobody was answered. It comes as often as ever: plans that are dropped are in circles, and
    with higher thresholds a worker grew to 760 MB over 36,000 new documents.
    """
    gc.collect()
    gc.freeze()


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    """A server that says when it has begun to answer, and leaves signals to its caller.

    uvicorn raises the signals that it caught again while the store is still open, which would end
    the process there and leave PostgreSQL to recover at the next start.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.caught: list[int] = []
        self._announce = announce

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Note signals while the server runs; what handled them before does so afterwards."""
        loop = asyncio.get_running_loop()
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self.caught.append(sig)
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._announce()


@asynccontextmanager
async def _jobs(settings: Settings, gateway: Gateway, *, does_pull: bool) -> AsyncIterator[None]:
    """The background jobs: pulling the sources, and looking how the pulls went."""
    every_s = {name: options.sync_every_s for name, options in settings.sources.items()}
    jobs = [asyncio.create_task(gateway.sources.keep_fresh(gateway.store))]
    if does_pull:
        jobs.append(asyncio.create_task(gateway.sync.run_forever(every_s)))
    try:
        yield
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
