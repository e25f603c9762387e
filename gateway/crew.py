"""The workers of one gateway: started, replaced where they die, told things, and ended."""

import asyncio
import errno
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from connectors.contract import Unavailable
from gateway import line
from gateway.config import Settings
from gateway.line import Mark, Measure, Order, Reply, TakeUp

_PAUSE_S = 1.0
_KILL_AFTER_S = 15.0
_REPLY_S = 60.0

log = structlog.get_logger(__name__)


class Member:
    """One worker that answers: its process, and the settings that it answers with."""

    def __init__(self, process: Process, settings: Settings) -> None:
        self.process = process
        self.settings = settings
        self._turn = asyncio.Lock()

    async def begin(self, order: Order) -> None:
        """Give the order; it answers when this returns. `OSError` where it does not come up."""
        stdin, stdout = self._pipes
        async with self._turn:
            stdin.write(line.framed(order))
            with suppress(ConnectionError):
                await stdin.drain()
            if await stdout.readline() == line.READY:
                return
        code = await self.process.wait()
        words = f"worker {order.number} ended with code {code} before it answered; see above why"
        raise ChildProcessError(errno.ECHILD, words)

    @property
    def is_gone(self) -> bool:
        """Whether its process has ended."""
        return self.process.returncode is not None

    @property
    def _pipes(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("a worker was started without pipes")
        return stdin, stdout

    async def ask(self, message: TakeUp | Mark | Measure) -> Reply:
        """What it replies. Raises `OSError` or `EOFError` where it is gone or says nothing."""
        stdin, stdout = self._pipes
        async with self._turn, asyncio.timeout(_REPLY_S):
            stdin.write(line.framed(message))
            await stdin.drain()
            reply: Reply = await line.receive(stdout)
        return reply


class Crew:
    """All workers of a gateway at one socket. The first of them pulls the sources."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._members: dict[int, Member] = {}
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> Settings:
        """What workers that are started from now on answer with."""
        return self._settings

    async def start(self) -> None:
        """Start all. `OSError` where one does not come up."""
        await asyncio.gather(*map(self._start, range(self._settings.server.workers)))

    def keep(self) -> None:
        """From now on start anew what dies."""
        self._keepers = [asyncio.create_task(self._keep(number)) for number in self._members]

    async def end(self) -> None:
        """Let all finish what they are at, but not for ever."""
        # They have it too. As long as one process has, connections are taken, by nobody in the end.
        self._listening.close()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        server = self._settings.server
        kill_after_s = server.drain_s + server.grace_s + _KILL_AFTER_S
        processes = [each.process for each in self._members.values()]
        await asyncio.gather(*(_end(each, kill_after_s=kill_after_s) for each in processes))

    def hurry(self) -> None:
        """Have those that are ending end at once."""
        for each in self._members.values():
            with suppress(ProcessLookupError):
                each.process.send_signal(signal.SIGTERM)

    async def take_up(self, settings: Settings) -> None:
        """Have one worker after the other answer with other settings.

        Raises `Unavailable` where one cannot; then all go back to what was before.
        """
        before, self._settings = self._settings, settings
        # Again and again, because one that dies meanwhile may come back with the old ones.
        while late := self._late(settings):
            reply = await _asked(late[0], TakeUp(settings))
            if reply.problem is not None:
                self._settings = before
                await self._go_back(settings, before)
                raise Unavailable("worker", reply.problem)
            late[0].settings = settings

    def _late(self, settings: Settings) -> list[Member]:
        """Those that live and answer with other settings."""
        members = self._members.values()
        return [each for each in members if each.settings is not settings and not each.is_gone]

    async def _go_back(self, refused: Settings, before: Settings) -> None:
        for each in self._members.values():
            if each.settings is refused:
                await _asked(each, TakeUp(before))
                each.settings = before

    async def tell(self, message: Mark | Measure) -> Sequence[tuple[int, Any]]:
        """What every worker that can replies to a message, by the number of the worker."""
        members = list(self._members.items())
        replies = await asyncio.gather(*(_asked(each, message) for _, each in members))
        return [
            (number, reply.content)
            for (number, _), reply in zip(members, replies, strict=True)
            if reply.problem is None
        ]

    async def _start(self, number: int) -> None:
        """Start a worker; it answers when this returns. `OSError` where it does not come up."""
        settings, socket_number = self._settings, self._listening.fileno()
        order = Order(
            number=number, settings=settings, listening=socket_number, does_pull=number == 0
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without the current folder in the path: nothing there must pass for a part of ours.
            "-P",
            "-m",
            "gateway.worker",
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=[socket_number],
            # Out of the terminal's reach: Ctrl-C would come from there and from us.
            start_new_session=True,
        )
        member = self._members[number] = Member(process, settings)
        await member.begin(order)

    async def _keep(self, number: int) -> None:
        while True:
            code = await self._members[number].process.wait()
            log.error("worker_died", worker=number, code=code)
            await asyncio.sleep(_PAUSE_S)
            try:
                await self._start(number)
            except OSError as exc:
                log.warning("worker_does_not_start", worker=number, error=str(exc))


async def _asked(member: Member, message: TakeUp | Mark | Measure) -> Reply:
    try:
        return await member.ask(message)
    except (OSError, EOFError, TimeoutError) as exc:
        return Reply(f"a worker does not reply ({type(exc).__name__})")


async def _end(process: Process, *, kill_after_s: float) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(kill_after_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
