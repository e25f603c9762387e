"""Several processes at one address: started, replaced where they die, and stopped together."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

from prometheus_client.core import Metric

from gateway.app import open_store
from gateway.config import Settings
from gateway.config.change import Configuration
from gateway.crew import Crew
from gateway.line import Mark, Measure
from gateway.listening import listen
from gateway.metric import together
from gateway.reload import Reload
from gateway.scraping import scraped

_ENDING = (signal.SIGINT, signal.SIGTERM)


async def supervise(
    settings: Settings,
    *,
    when_ready: Callable[[socket.socket], None],
    configuration: Configuration | None = None,
) -> None:
    """Serve with `server.workers` processes until SIGINT or SIGTERM.

    `when_ready` is told when all of them answer. This process holds the embedded PostgreSQL and the
    socket; it answers nothing itself. Only the first worker pulls the sources. With a
    `configuration` it is read again on SIGHUP, and the workers take it up one after the other.

    Raises `OSError` where the address cannot be had, or a worker ends before it answers, and
    `SourceError` where the store cannot be had.
    """
    with listen(settings.server) as listening:
        async with AsyncExitStack() as stack:
            # Here, so that it outlives every worker; it also makes the tables once for all.
            await open_store(settings, stack)
            crew = Crew(settings, listening)
            with _signals(crew) as came:
                caught = await _work(
                    crew, came, configuration, when_ready=lambda: when_ready(listening)
                )
    signal.raise_signal(caught)


async def _work(
    crew: Crew,
    came: "asyncio.Future[int]",
    configuration: Configuration | None,
    *,
    when_ready: Callable[[], None],
) -> int:
    """Keep all workers alive until a signal; the signal."""

    async def collect() -> Sequence[Metric]:
        return together(await crew.tell(Measure()))

    try:
        await _until_signal(asyncio.ensure_future(crew.start()), came)
        if came.done():
            return came.result()
        async with AsyncExitStack() as stack:
            if configuration is not None:
                await stack.enter_async_context(_reload(configuration, crew).at_work())
            await stack.enter_async_context(scraped(crew.settings.telemetry, collect))
            when_ready()
            crew.keep()
            return await came
    finally:
        await crew.end()


def _reload(configuration: Configuration, crew: Crew) -> Reload:
    async def note(problems: object) -> None:
        await crew.tell(Mark(is_outdated=bool(problems)))

    return Reload(configuration, crew.settings, take_up=crew.take_up, note=note)


@contextmanager
def _signals(crew: Crew) -> "Iterator[asyncio.Future[int]]":
    """The first signal to end; a second one has the workers end at once."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[int] = loop.create_future()

    def note(number: int) -> None:
        if came.done():
            crew.hurry()
        else:
            came.set_result(number)

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number in _ENDING:
        loop.add_signal_handler(number, note, number)
    try:
        yield came
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


async def _until_signal(starting: "asyncio.Future[None]", came: "asyncio.Future[int]") -> None:
    awaited: set[asyncio.Future[Any]] = {starting, came}
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        await starting
    else:
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
