"""The floor without HTTP: asks PostgreSQL what the gateway asks it, and nothing around it.

    python -m benchmarks.contenders.statement DATABASE

Prints 0 for its port; then each line `FILE SECONDS CONNECTIONS SEED` makes it ask the recorded
statements of requests by chance for so long, and print one line of JSON.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias

import asyncpg
import orjson

from benchmarks.contenders.serving import arguments, run
from connectors.native.store import driver_url

# As the gateway's sessions.
_SETTINGS = {"jit": "off", "plan_cache_mode": "force_generic_plan", "TimeZone": "UTC"}

Request: TypeAlias = Sequence[tuple[str, Sequence[object]]]


async def main(url: str) -> None:
    """Do what the lines on standard input say."""
    print(0, flush=True)
    known: dict[str, Sequence[Request]] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        file, seconds, connections, seed = line.split()
        random.seed(int(seed))
        if file not in known:
            content = await asyncio.to_thread(Path(file).read_bytes)
            known[file] = await _typed(url, orjson.loads(content))
        result = await _ask(url, known[file], float(seconds), int(connections))
        print(orjson.dumps(result).decode(), flush=True)


async def _typed(
    url: str, recorded: Sequence[Sequence[tuple[str, Sequence[str | None]]]]
) -> Sequence[Request]:
    """The recorded requests with values as Python's: PostgreSQL knows how to read its own text."""
    connection = await asyncpg.connect(driver_url(url), server_settings=_SETTINGS)
    types: dict[str, Sequence[str]] = {}
    try:
        found = []
        for request in recorded:
            typed = []
            for text, values in request:
                if text not in types:
                    parameters = (await connection.prepare(text)).get_parameters()
                    types[text] = [each.name for each in parameters]
                typed.append((text, await _values(connection, types[text], values)))
            found.append(typed)
    finally:
        await connection.close()
    return found


async def _values(
    connection: asyncpg.Connection, types: Sequence[str], values: Sequence[str | None]
) -> Sequence[object]:
    if not values:
        return []
    wanted = ", ".join(f"${place}::text::{name}" for place, name in enumerate(types, start=1))
    return [*await connection.fetchrow(f"SELECT {wanted}", *values)]


async def _ask(
    url: str, requests: Sequence[Request], seconds: float, connections: int
) -> dict[str, float]:
    async with AsyncExitStack() as held:
        opened = []
        for _ in range(connections):
            connection = await asyncpg.connect(driver_url(url), server_settings=_SETTINGS)
            held.push_async_callback(connection.close)
            opened.append(connection)
        started = time.perf_counter()
        times: list[float] = []
        await asyncio.gather(*(_loop(each, requests, started + seconds, times) for each in opened))
        taken = time.perf_counter() - started
    times.sort()
    return {
        "requests": len(times),
        "seconds": taken,
        "failures": 0,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


async def _loop(
    connection: asyncpg.Connection, requests: Sequence[Request], ends_at: float, times: list[float]
) -> None:
    while (started := time.perf_counter()) < ends_at:
        for text, values in random.choice(requests):
            await connection.fetch(text, *values)
        times.append(time.perf_counter() - started)


if __name__ == "__main__":
    run(main(arguments().database))
