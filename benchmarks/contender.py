"""A contender while it runs: a process of its own, what it answers, and the CPU that it takes."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson

from benchmarks.processes import cpu_s, resident_bytes

ROOT = Path(__file__).parent.parent
"""Where contenders are started."""

_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A contender that runs, and answers at a port unless it is a floor without HTTP."""

    name: str
    process: "subprocess.Popen[str]"
    port: int

    def answer(self, body: bytes) -> Any:
        """What it answers to a request, read as JSON."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        request = Request(f"http://127.0.0.1:{self.port}/graphql", body, headers)
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310 - a server of ours
                return orjson.loads(response.read())
        except HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise ValueError(f"{self.name} answers {error.code}: {said}") from error

    def cpu_s(self) -> float:
        """The CPU time that it has taken so far, in seconds."""
        return cpu_s(self.process.pid)

    def resident_bytes(self) -> int:
        """The memory that it has now."""
        return resident_bytes(self.process.pid)

    def say(self, line: str) -> Any:
        """Tell a floor without HTTP what to do, and read what it says to that."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError(f"{self.name} has no pipes")
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return orjson.loads(self.process.stdout.readline())


@contextmanager
def running(
    name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None
) -> Iterator[Contender]:
    """Start a contender, and end it when the block does. It prints its port, 0 for none."""
    with subprocess.Popen(  # noqa: S603 - ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env
    ) as process:
        try:
            line = _first_line(process)
            if not line:
                raise RuntimeError(f"{name} did not start: see what it wrote above")
            contender = Contender(name, process, int(line))
            if contender.port:
                _wait(contender)
            yield contender
        finally:
            process.terminate()
            _bury(process)


def _first_line(process: "subprocess.Popen[str]") -> str:
    """What it says first; nothing where it ends or says nothing in time."""
    patience = Timer(_START_S, process.kill)
    patience.start()
    try:
        return process.stdout.readline() if process.stdout else ""
    finally:
        patience.cancel()


def _bury(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait(contender: Contender) -> None:
    """Until it answers: a socket may be open before what reads from it is there."""
    ends_at = time.monotonic() + _START_S
    while True:
        try:
            contender.answer(b'{"query":"{ __typename }"}')
        except (OSError, ValueError) as error:
            if isinstance(error, ValueError):
                return
            if time.monotonic() > ends_at or contender.process.poll() is not None:
                raise RuntimeError(f"{contender.name} does not answer: {error}") from error
            time.sleep(0.05)
        else:
            return
