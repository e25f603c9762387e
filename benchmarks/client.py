"""The load without wrk: a client of raw sockets. It costs more itself, so wrk is preferred.

    python -m benchmarks.client PORT FILE SEED FIRST SECONDS CONNECTIONS

Sends the bodies in the file, one a line: in random order where FIRST is 0, else from that line on
once each, and what goes beyond the end counts as a failure. With SECONDS of 0 it ends with the
file. Prints one line of JSON.
"""

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import orjson
import uvloop

_HEAD = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
_LENGTH = b"content-length: "


async def main(
    port: int, bodies: list[bytes], *, first: int, seconds: float, connections: int
) -> None:
    """Ask over so many connections for so long, and print how it went."""
    requests = _requests(bodies, first, is_endless=seconds > 0)
    started = time.perf_counter()
    ends_at = started + seconds if seconds else inf
    times: list[float] = []
    failures = await asyncio.gather(
        *(_ask(port, requests, ends_at, times) for _ in range(connections))
    )
    taken = time.perf_counter() - started
    times.sort()
    result = {
        "requests": len(times),
        "seconds": taken,
        "failures": sum(failures),
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }
    print(orjson.dumps(result).decode())


def _requests(bodies: list[bytes], first: int, *, is_endless: bool) -> Iterator[bytes]:
    """Requests; without end unless only those that are sent once are wanted."""
    made = [_HEAD + b"Content-Length: %d\r\n\r\n" % len(each) + each for each in bodies]
    if first:
        yield from made[first - 1 :]
        # No request at all, so that it fails.
        made = [_HEAD + b"Content-Length: 0\r\n\r\n"]
    while is_endless:
        yield random.choice(made)


async def _ask(port: int, requests: Iterator[bytes], ends_at: float, times: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failures = 0
    for request in requests:
        if (started := time.perf_counter()) >= ends_at:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        times.append(time.perf_counter() - started)
        failures += not head.startswith(b"HTTP/1.1 200 ") or b'"errors":' in body
    writer.close()
    return failures


if __name__ == "__main__":
    _, port_, file_, seed_, first_, seconds_, connections_ = sys.argv
    random.seed(int(seed_))
    work = main(
        int(port_),
        Path(file_).read_bytes().splitlines(),
        first=int(first_),
        seconds=float(seconds_),
        connections=int(connections_),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
