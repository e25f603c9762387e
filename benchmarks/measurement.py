"""One measurement: a contender under load from another process for some seconds."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.contender import Contender
from benchmarks.processes import cpu_s

_LUA = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Requests a second, latencies, and microseconds of CPU per request.

    `cpu_us` is the contender's with all its processes, `database_us` that of all of PostgreSQL's.
    """

    per_s: float
    cpu_us: float
    database_us: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def total_us(self) -> float:
        """The CPU of both."""
        return self.cpu_us + self.database_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: the file of bodies, for how long, over how many connections.

    With `first_line` bodies are sent in their order from there on, once each; else by chance. With
    0 `seconds` that ends with the file.
    """

    bodies: Path
    seconds: float
    connections: int
    seed: int
    first_line: int = 0


def driver() -> str:
    """What makes the load here."""
    return "wrk" if shutil.which("wrk") else "benchmarks.client"


def measure(contender: Contender, load: Load, *, database: int) -> Measurement:
    """Put a contender under load; `database` is the main process of PostgreSQL."""
    before, database_before = contender.cpu_s(), cpu_s(database)
    found = _drive(contender, load)
    taken_s, database_s = contender.cpu_s() - before, cpu_s(database) - database_before
    requests = max(1, found["requests"])
    return Measurement(
        per_s=found["requests"] / found["seconds"],
        cpu_us=taken_s / requests * 1e6,
        database_us=database_s / requests * 1e6,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        failures=found["failures"],
    )


def _drive(contender: Contender, load: Load) -> Any:
    if not contender.port:
        line = f"{load.bodies} {load.seconds} {load.connections} {load.seed}"
        return contender.say(line)
    command = _command(contender.port, load)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return orjson.loads(done.stdout.splitlines()[-1])


def _command(port: int, load: Load) -> Sequence[str]:
    end = [str(load.bodies), str(load.seed), str(load.first_line)]
    wrk = shutil.which("wrk")
    # It can only be told for how long.
    if wrk is None or not load.seconds:
        own = [sys.executable, "-m", "benchmarks.client", str(port)]
        return [*own, *end, str(load.seconds), str(load.connections)]
    options = ["-t1", f"-c{load.connections}", f"-d{max(1, round(load.seconds))}s"]
    url = f"http://127.0.0.1:{port}"
    return [wrk, *options, "--timeout", "30s", "-s", str(_LUA), url, "--", *end]
