"""One of several processes that answer at the same address: `python -m gateway.worker`.

Its order comes through the standard input, which stays open as long as the process that started it
lives, and through which more can come; it writes a line when it answers.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, assert_never

import structlog

from connectors.contract import SourceError
from gateway import line
from gateway.app import Gateway, utc_now
from gateway.failure import told
from gateway.line import Mark, Measure, Order, Reply, TakeUp
from gateway.logs import set_up
from gateway.metric import measured
from gateway.running import Running
from gateway.serving import answer, run

log = structlog.get_logger(__name__)


def main() -> None:
    """Work as ordered, until a signal or until the process that gave the order is gone."""
    # SIGHUP is for the process that started this one; a terminal may send it to both.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    pipe = os.fdopen(0, "rb", buffering=0, closefd=False)
    order: Order = line.read(pipe)
    set_up(order.settings.telemetry)
    try:
        run(_Worker(order, _own_output()).work(pipe))
    except Exception as exc:  # noqa: BLE001 - the edge of the process: whatever it is, say it in words
        code, text = told(exc)
        sys.stderr.write(f"{text}\n")
        sys.exit(code)


def _own_output() -> int:
    """The standard output, from which nothing else that is printed can be read any more."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


class _Worker:
    def __init__(self, order: Order, output: int) -> None:
        self._order = order
        self._output = output
        self._orphaned = asyncio.Event()
        self._running: Running | None = None

    async def work(self, pipe: BinaryIO) -> None:
        order = self._order
        listener = asyncio.create_task(self._listen(pipe))
        try:
            with socket.socket(fileno=order.listening) as listening:
                caught = await answer(
                    order.settings,
                    listening,
                    when_ready=self._tell,
                    does_pull=order.does_pull,
                    stop=self._orphaned,
                    beside=self._beside,
                )
        finally:
            listener.cancel()
        for number in caught[:1]:
            signal.raise_signal(number)

    @asynccontextmanager
    async def _beside(self, running: Running) -> AsyncIterator[None]:
        self._running = running
        yield

    async def _tell(self, _gateway: Gateway, _listening: socket.socket) -> None:
        self._write(line.READY)

    async def _listen(self, pipe: BinaryIO) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        while True:
            try:
                message = await line.receive(reader)
            except EOFError:
                self._orphaned.set()
                return
            reply = await self._obeyed(message)
            # In a thread, because a pipe is soon full.
            await asyncio.to_thread(self._write, line.framed(reply))

    async def _obeyed(self, message: Any) -> Reply:
        try:
            if self._running is None:
                return Reply("the worker does not answer yet")
            return await _reply(message, self._running)
        except SourceError as exc:
            return Reply(f"{exc.source}: {exc.message}")
        except Exception as exc:
            log.exception("worker_did_not_obey", message=type(message).__name__)
            return Reply(f"unexpected {type(exc).__name__}; the log above says more")

    def _write(self, text: bytes) -> None:
        while text:
            text = text[os.write(self._output, text) :]


async def _reply(message: TakeUp | Mark | Measure, running: Running) -> Reply:
    match message:
        case TakeUp(settings):
            await running.replace(settings)
            set_up(settings.telemetry)
            return Reply()
        case Mark(is_outdated):
            running.readiness.is_outdated = is_outdated
            return Reply()
        case Measure():
            return Reply(content=measured(running, now=utc_now()))
        case _:
            assert_never(message)


if __name__ == "__main__":
    main()
