"""A contender while it runs: a process of its own, what it answers, and the CPU that it takes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson

GATEWAY, STRAWBERRY, HELLO = "gateway", "strawberry_loaders", "hello"
CONTENDERS = (GATEWAY, STRAWBERRY, HELLO)
"""The programs in `benchmarks.contenders`."""

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Contender:
    """A contender that answers at a port."""

    name: str
    pid: int
    port: int

    def answer(self, body: bytes) -> Any:
        """What it answers to a request, read as JSON."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        request = Request(f"http://127.0.0.1:{self.port}/graphql", body, headers)
        with urlopen(request, timeout=30) as response:  # noqa: S310 - a server of ours
            return orjson.loads(response.read())

    def cpu_s(self) -> float:
        """The CPU time that it has taken so far, in seconds."""
        text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS_PER_S


@contextmanager
def running(name: str, database: str) -> Iterator[Contender]:
    """Start a contender, and end it when the block does."""
    command = [sys.executable, "-m", f"benchmarks.contenders.{name}", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:  # noqa: S603 - ours
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise RuntimeError(f"{name} did not start: see what it wrote above")
            yield Contender(name, process.pid, int(line))
        finally:
            process.terminate()
