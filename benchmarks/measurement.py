"""One measurement: a contender under load from another process for some seconds."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.contender import Contender

_LUA = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Requests a second, latencies, and microseconds of the server process's CPU per request."""

    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    failures: int


def driver() -> str:
    """What makes the load here."""
    return "wrk" if shutil.which("wrk") else "benchmarks.client"


def measure(
    contender: Contender, bodies: Path, *, seconds: float, connections: int, seed: int
) -> Measurement:
    """Put a contender under load with the bodies in a file."""
    before = contender.cpu_s()
    command = _command(contender.port, bodies, seconds, connections, seed)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    cpu_s = contender.cpu_s() - before
    found = orjson.loads(done.stdout.splitlines()[-1])
    return Measurement(
        per_s=found["requests"] / found["seconds"],
        cpu_us=cpu_s / found["requests"] * 1e6,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        failures=found["failures"],
    )


def _command(port: int, bodies: Path, seconds: float, connections: int, seed: int) -> list[str]:
    if (wrk := shutil.which("wrk")) is None:
        own = [sys.executable, "-m", "benchmarks.client"]
        return [*own, *map(str, (port, bodies, seed, seconds, connections))]
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"]
    url = f"http://127.0.0.1:{port}"
    return [wrk, *options, "-s", str(_LUA), url, "--", str(bodies), str(seed)]
