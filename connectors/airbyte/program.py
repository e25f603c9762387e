"""The program: started with its files, read line by line as fast as its lines are taken, ended."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import structlog

from connectors.airbyte.discretion import discreet, secrets
from connectors.airbyte.files import private_files
from connectors.airbyte.options import FILES, AirbyteOptions
from connectors.airbyte.protocol import Garbage, Log, Message, Told, Trouble, message
from connectors.contract import Gate, Misconfigured, SourceError, TimedOut, Unavailable

log = structlog.get_logger(__name__)

_GRACE_S = 5.0
_THROWN_BYTES = 65_536
_GRAVE = frozenset({"ERROR", "FATAL"})
"""Levels of a program's log that are worth a line of ours."""
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "DOCKER_HOST",
)


class Program:
    """An Airbyte source as a program. `close` ends whatever of it runs."""

    def __init__(self, source: str, options: AirbyteOptions, gate: Gate) -> None:
        self.source = source
        self._options = options
        self._gate = gate
        self._config: Mapping[str, Any] = options.config
        self._hidden = secrets(options.config)
        self._running: set[asyncio.subprocess.Process] = set()

    async def say(self, verb: str, **files: Any) -> AsyncGenerator[Message, None]:
        """Run a command of the protocol; `files` are its further files. Raises `SourceError`.

        What is not taken is not read: the program waits. It is ended with the iteration.
        """
        given = {"config": dict(self._config), **files} if verb != "spec" else {}
        async with self._gate.turn(self._options.silence_s):
            with private_files(given) as folder:
                command = [each.replace(FILES, str(folder)) for each in self._options.command]
                told = [(f"--{name}", str(folder / f"{name}.json")) for name in given]
                words = [*command, verb, *(word for pair in told for word in pair)]
                process = await self._start(words)
                try:
                    async with aclosing(self._messages(process)) as messages:
                        async for each in messages:
                            yield each
                finally:
                    await self._end(process)

    def discreet(self, words: str) -> str:
        """One line of the program's words, without the secrets of its configuration."""
        return discreet(words, self._hidden)

    async def close(self) -> None:
        """End all that runs. Who is reading it sees its end."""
        running = [*self._running]
        for each in running:
            _send(each, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                for each in running:
                    await each.wait()
        for each in running:
            _send(each, signal.SIGKILL)

    async def _start(self, words: list[str]) -> asyncio.subprocess.Process:
        names = (*_PASSED_ON, *self._options.environment)
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in names if name in os.environ},
                limit=self._options.max_line_bytes,
                start_new_session=True,
            )
        except OSError as exc:
            text = f"the program '{words[0]}' of `command` cannot be started: {exc.strerror}"
            raise Misconfigured(self.source, text) from exc
        self._running.add(process)
        return process

    async def _messages(self, process: asyncio.subprocess.Process) -> AsyncGenerator[Message, None]:
        """All messages to the end; then what the program itself says about how it ended."""
        trouble: Trouble | None = None
        garbage_count = 0
        while line := await self._line(process):
            each = Garbage(len(line)) if line is _TOO_LONG else message(line)
            match each:
                case None:
                    continue
                case Trouble():
                    trouble = trouble if trouble and trouble.kind == "config_error" else each
                case Log(level, words):
                    if level in _GRAVE:
                        log.warning("airbyte_says", source=self.source, words=self.discreet(words))
                case Told("config", config):
                    self._reconfigured(config)
                case Garbage() if line is not _TOO_LONG:
                    garbage_count += 1
                case _:
                    yield each
        code = await self._ended(process)
        if garbage_count:
            log.warning("airbyte_garbage", source=self.source, line_count=garbage_count)
        if trouble is not None or code:
            raise self._failure(trouble, code)

    async def _line(self, process: asyncio.subprocess.Process) -> bytes:
        """The next line; nothing at the end. One that is too long is read over."""
        out = process.stdout
        if out is None:
            return b""
        is_too_long = False
        while True:
            try:
                async with asyncio.timeout(self._options.silence_s):
                    line = await out.readuntil()
            except asyncio.LimitOverrunError as exc:
                await out.readexactly(exc.consumed)
                is_too_long = True
                continue
            except asyncio.IncompleteReadError as exc:
                line = exc.partial
            except TimeoutError as exc:
                text = f"the program said nothing for {self._options.silence_s:g} s"
                raise TimedOut(self.source, text) from exc
            return _TOO_LONG if is_too_long else line

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        try:
            async with asyncio.timeout(_GRACE_S):
                return await process.wait()
        except TimeoutError:
            return 0  # It has said everything, and is ended by us.

    def _failure(self, trouble: Trouble | None, code: int) -> SourceError:
        if trouble is None:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            return Unavailable(self.source, f"the program {how} and said nothing about why")
        words = self.discreet(trouble.words)
        if trouble.kind == "config_error":
            return Misconfigured(self.source, f"the source says: {words}; check `config`")
        return Unavailable(self.source, f"the source says: {words}")

    def _reconfigured(self, config: Mapping[str, Any]) -> None:
        """Take a changed configuration, such as a new refresh token, for as long as we run."""
        self._config = config
        self._hidden |= secrets(config)
        log.warning(
            "airbyte_changed_its_config",
            source=self.source,
            problem="it is kept in memory only: after a restart the configured one counts again",
        )

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End the program with all that it has started."""
        self._running.discard(process)
        try:
            _send(process, signal.SIGTERM)
            await _gone(process)
        finally:
            _send(process, signal.SIGKILL)
            await _gone(process)


def _send(process: asyncio.subprocess.Process, what: signal.Signals) -> None:
    """Send a signal to the program and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, what)


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Wait until nobody is left who could write; what is still written is thrown away."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            while process.stdout is not None and await process.stdout.read(_THROWN_BYTES):
                pass
            await process.wait()


_TOO_LONG = b"too long"
