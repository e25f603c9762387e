"""Several processes at one address: started, replaced where they die, and stopped together."""

import asyncio
import errno
import pickle
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog

from gateway.app import open_store
from gateway.config import Settings
from gateway.listening import listen
from gateway.serving import GRACE_S
from gateway.worker import READY, Order

_PAUSE_S = 1.0
_KILL_AFTER_S = GRACE_S + 15.0

log = structlog.get_logger(__name__)


async def supervise(settings: Settings, *, when_ready: Callable[[socket.socket], None]) -> None:
    """Serve with `server.workers` processes until SIGINT or SIGTERM.

    `when_ready` is told when all of them answer. This process holds the embedded PostgreSQL and the
    socket; it answers nothing itself. Only the first worker pulls the sources.

    Raises `OSError` where the address cannot be had, or a worker ends before it answers, and
    `SourceError` where the store cannot be had.
    """
    with listen(settings.server) as listening:
        async with AsyncExitStack() as stack:
            # Here, so that it outlives every worker; it also makes the tables once for all.
            await open_store(settings, stack)
            caught = await _Crew(settings, listening).work(when_ready)
    signal.raise_signal(caught)


class _Crew:
    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._processes: dict[int, Process] = {}
        self._signal: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work(self, when_ready: Callable[[socket.socket], None]) -> int:
        """Keep all workers alive until a signal; the signal."""
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.getsignal(number) for number in handled}
        for number in handled:
            loop.add_signal_handler(number, self._stop, number)
        numbers = range(self._settings.server.workers)
        keepers: list[asyncio.Task[None]] = []
        try:
            await self._until_signal(asyncio.gather(*map(self._start, numbers)))
            if not self._signal.done():
                when_ready(self._listening)
                keepers = [asyncio.create_task(self._keep(number)) for number in numbers]
            return await self._signal
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*map(_end, self._processes.values()))
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def _stop(self, number: int) -> None:
        if not self._signal.done():
            self._signal.set_result(number)

    async def _until_signal(self, starting: "asyncio.Future[list[None]]") -> None:
        awaited: set[asyncio.Future[Any]] = {starting, self._signal}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
        else:
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting

    async def _start(self, number: int) -> None:
        """Start a worker; it answers when this returns. `OSError` where it does not come up."""
        socket_number = self._listening.fileno()
        order = Order(settings=self._settings, listening=socket_number, does_pull=number == 0)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without the current folder in the path: nothing there must pass for a part of ours.
            "-P",
            "-m",
            "gateway.worker",
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=[socket_number],
        )
        self._processes[number] = process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker was started without pipes")
        process.stdin.write(pickle.dumps(order))
        with suppress(ConnectionError):
            await process.stdin.drain()
        if await process.stdout.readline() != READY:
            code = await process.wait()
            words = f"worker {number} ended with code {code} before it answered; see above why"
            raise ChildProcessError(errno.ECHILD, words)

    async def _keep(self, number: int) -> None:
        while True:
            code = await self._processes[number].wait()
            log.error("worker_died", worker=number, code=code)
            await asyncio.sleep(_PAUSE_S)
            try:
                await self._start(number)
            except OSError as exc:
                log.warning("worker_does_not_start", worker=number, error=str(exc))


async def _end(process: Process) -> None:
    """Let a worker finish what it is at, but not for ever."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_KILL_AFTER_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
