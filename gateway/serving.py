"""Running a gateway: the HTTP server, and the jobs beside it."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import uvloop
from prometheus_client.core import Metric

from connectors.sync_pass import Progress
from gateway.app import Gateway, open_store, utc_now
from gateway.config import Settings
from gateway.config.change import Configuration
from gateway.http_server import HttpServer
from gateway.listening import listen
from gateway.metric import measured, together
from gateway.reload import Reload
from gateway.running import Running
from gateway.scraping import Collect, scraped
from gateway.tracing import opened_tracing

Ready = Callable[[Gateway, socket.socket], Awaitable[None]]
Beside = Callable[[Running], AbstractAsyncContextManager[None]]
"""What is done beside a running gateway, as long as it runs."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the event loop that the gateway is measured with."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def serve(
    settings: Settings,
    *,
    when_ready: Ready,
    configuration: Configuration | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM. `when_ready` is told when requests are answered.

    With a `configuration` it is read again on SIGHUP. `report` is told about the progress of pulls.

    Raises `OSError` where the address cannot be had and `SourceError` where the store cannot.
    """

    @asynccontextmanager
    async def beside(running: Running) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if configuration is not None:
                await stack.enter_async_context(_reload(configuration, running).at_work())
            await stack.enter_async_context(scraped(settings.telemetry, _collector(running)))
            yield

    with listen(settings.server) as listening:
        caught = await answer(
            settings, listening, when_ready=when_ready, report=report, does_pull=True, beside=beside
        )
    for number in caught[:1]:
        # Only now that everything is closed does the process end as the signal says.
        signal.raise_signal(number)


def _collector(running: Running) -> Collect:
    async def collect() -> Sequence[Metric]:
        return together([(0, measured(running, now=utc_now()))])

    return collect


def _reload(configuration: Configuration, running: Running) -> Reload:
    async def note(problems: object) -> None:
        running.readiness.is_outdated = bool(problems)

    return Reload(configuration, running.settings, take_up=running.replace, note=note)


@asynccontextmanager
async def _nothing(_running: Running) -> AsyncIterator[None]:
    yield


async def answer(
    settings: Settings,
    listening: socket.socket,
    *,
    when_ready: Ready,
    report: Callable[[Progress], None] = lambda _: None,
    does_pull: bool,
    stop: asyncio.Event | None = None,
    beside: Beside = _nothing,
) -> list[int]:
    """Answer what comes to a listening socket until SIGINT or SIGTERM, or until `stop` is set.

    The signals that came. With `does_pull` the sources are pulled meanwhile.
    """
    async with AsyncExitStack() as stack:
        store = await open_store(settings, stack)
        tracing = await stack.enter_async_context(opened_tracing(settings.telemetry))
        running = Running(store, does_pull=does_pull, report=report, tracing=tracing)
        stack.push_async_callback(running.close)
        await running.open(settings)
        server = HttpServer(
            running.door,
            settings.server,
            readiness=running.readiness,
            when_started=lambda: when_ready(running.gateway, listening),
        )
        running.under_way = lambda: server.under_way
        await stack.enter_async_context(beside(running))
        waiting = asyncio.create_task(_stop(server, stop or asyncio.Event()))
        try:
            await server.serve(sockets=[listening])
        finally:
            waiting.cancel()
    return server.caught


async def _stop(server: HttpServer, stop: asyncio.Event) -> None:
    await stop.wait()
    server.stop()
