"""What the gateway asks PostgreSQL: read from the server's log, one request after the other."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import asyncpg
import orjson

from benchmarks.contender import Contender
from benchmarks.database import Database
from benchmarks.roles import RECORDED
from connectors.native.store import driver_url

_PREPARED = re.compile(r"execute [^:]*: ")
_PARAMETER = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")
_PATIENCE_S = 10.0


Statement: TypeAlias = tuple[str, Sequence[str | None]]
"""A statement and its parameters as PostgreSQL writes them."""


async def record(
    database: Database, contender: Contender, bodies: Sequence[bytes]
) -> Sequence[Sequence[Statement]]:
    """The statements of each request. The contender must be connected as `RECORDED`."""
    for body in bodies:
        # Whatever is prepared or looked up once is no part of a request.
        contender.answer(body)
    connection = await asyncpg.connect(driver_url(database.url_of(RECORDED)))
    try:
        mark = f"bench {time.time_ns()}"
        for number, body in enumerate(bodies):
            await connection.execute(f"SELECT '{mark} {number}'")
            contender.answer(body)
        await connection.execute(f"SELECT '{mark} end'")
    finally:
        await connection.close()
    return between(_lines(database.log, f"{mark} end"), mark)


def _lines(log: Path, last: str) -> Sequence[bytes]:
    """What the log says, once it has come so far."""
    ends_at = time.monotonic() + _PATIENCE_S
    while last.encode() not in (content := log.read_bytes()):
        if time.monotonic() > ends_at:
            raise RuntimeError(f"PostgreSQL does not log statements into {log}")
        time.sleep(0.1)
    return content.splitlines()


def between(lines: Sequence[bytes], mark: str) -> Sequence[Sequence[Statement]]:
    """The statements behind each mark in the lines of a log in JSON, up to the last mark."""
    found: list[list[Statement]] = []
    for line in lines:
        if mark.encode() in line:
            found.append([])
        elif found and (statement := _statement(orjson.loads(line))):
            found[-1].append(statement)
    return found[:-1]


def _statement(entry: dict[str, str]) -> Statement | None:
    message = entry.get("message", "")
    prefix = _PREPARED.match(message)
    if prefix is None or "pg_catalog" in message:
        return None
    values = _PARAMETER.findall(entry.get("detail", ""))
    return message[prefix.end() :], [_value(each) for each in values]


def _value(text: str) -> str | None:
    return None if text == "NULL" else text[1:-1].replace("''", "'")
