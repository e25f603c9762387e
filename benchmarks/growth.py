"""How the gateway's figures grow: with the answer, the tables, the connections, the sources.

And its memory: after everything was asked, and over documents that are all different.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contender import Contender, running
from benchmarks.database import Database
from benchmarks.database import running as database
from benchmarks.goals import Goal, of_growth, of_memory
from benchmarks.growth_report import Series, write
from benchmarks.lineup import ENTRANTS, GATEWAY, GATEWAY_LIVE, OWN, Entrant
from benchmarks.measurement import Load, Measurement, measure
from benchmarks.query import (
    DEEP_PAGE,
    LIST,
    LIVE_WHOLE,
    STORED,
    TINY,
    WHOLE_CUSTOMER,
    Query,
    cold,
    limited,
)

_SIZES = (50, 100, 200, 500, 1000)
_CONNECTIONS = (1, 2, 4, 8, 16, 32, 64, 128, 200)
_SOURCES = (1, 2, 4, 8)
_PARTS = 10
_USUAL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured: the scale that is multiplied by ten, and how many documents differ."""

    scale: float
    seconds: float
    documents: int
    cache: Path


async def run(extent: Extent) -> Path:
    """Measure everything, and write what was found; gives the file."""
    async with database(scale=extent.scale, cache=extent.cache) as data:
        found = await asyncio.to_thread(_on, data, extent)
    async with database(scale=extent.scale * 10, cache=extent.cache) as data:
        larger = await asyncio.to_thread(_tables, data, extent)
    tables = found.pop(0)
    goals = [*_goals(tables, larger, found), *_memory_goals(found)]
    points = [each for pair in zip(tables.points, larger.points, strict=True) for each in pair]
    return write([replace(tables, points=points), *found], goals, extent.seconds)


def _goals(tables: Series, larger: Series, found: Sequence[Series]) -> Sequence[Goal]:
    connections = next(each for each in found if each.axis == "connections")
    return of_growth(
        small=tables.measurements, large=larger.measurements, crowd=connections.measurements[-1]
    )


def _memory_goals(found: Sequence[Series]) -> Sequence[Goal]:
    # What the process has right after its start is no goal.
    return of_memory([each for _, _, each in found[-1].points[1:] if isinstance(each, int)])


def _on(data: Database, extent: Extent) -> list[Series]:
    return [each(data, extent) for each in (_tables, _sizes, _connections, _sources, _memory)]


def _tables(data: Database, extent: Extent) -> Series:
    """The questions on tables of one size."""
    with _asked(data, extent) as ask:
        points = [
            (f"{query.title}, {data.customers:,} customers", data.customers, ask(query, _USUAL))
            for query in (WHOLE_CUSTOMER, LIST, TINY, DEEP_PAGE)
        ]
    return Series("Size of the tables", "customers", points)


def _sizes(data: Database, extent: Extent) -> Series:
    """The list with more and more customers."""
    with _asked(data, extent) as ask:
        points = [
            (f"{size} customers × 5 purchases, 3 tickets", size, ask(limited(size), _USUAL))
            for size in _SIZES
            if size <= data.customers
        ]
    return Series("Size of the answer", "customers in the answer", points)


def _connections(data: Database, extent: Extent) -> Series:
    """One whole customer over more and more connections."""
    with _asked(data, extent) as ask:
        points = [(f"{each} connections", each, ask(WHOLE_CUSTOMER, each)) for each in _CONNECTIONS]
    return Series("Connections, one whole customer", "connections", points)


def _sources(data: Database, extent: Extent) -> Series:
    """One whole customer with tickets from more and more live sources."""
    points = []
    command = [sys.executable, "-m", "benchmarks.desk", data.url]
    with running("desk", command) as service:
        desk = f"http://127.0.0.1:{service.port}"
        for count in _SOURCES:
            live = ENTRANTS[GATEWAY_LIVE]
            entrant = replace(live, program=[*live.program, "--sources", str(count)])
            with _asked(data, extent, entrant=entrant, desk=desk) as ask:
                points.append((f"{count} live sources", count, ask(LIVE_WHOLE, _USUAL)))
    return Series("Live sources, one whole customer", "sources of tickets", points)


def _memory(data: Database, extent: Extent) -> Series:
    """The memory of one worker: after all questions, then over ever new documents."""
    points = []
    entrant = ENTRANTS[GATEWAY]
    command = entrant.command(data, None)
    with running(entrant.name, command) as contender, tempfile.TemporaryDirectory() as made:
        points.append(("after the start", 0, contender.resident_bytes()))
        for query in STORED:
            if not query.is_once:
                file = _bodies(contender, data, query, Path(made))
                load = Load(bodies=file, seconds=extent.seconds, connections=_USUAL, seed=1)
                measure(contender, load, database=data.pid)
        points.append(("after the questions of the benchmark", 0, contender.resident_bytes()))
        part = extent.documents // _PARTS
        for number in range(_PARTS):
            _send_new(contender, data, Path(made), range(number * part, (number + 1) * part))
            sent = (number + 1) * part
            points.append((f"after {sent:,} further documents", sent, contender.resident_bytes()))
            print(points[-1], flush=True)
    return Series("Memory of one worker", "different documents", points)


def _send_new(contender: Contender, data: Database, folder: Path, seeds: range) -> None:
    """Send documents that are all different, each once."""
    file = folder / "new.txt"
    new = (cold(OWN, each % data.customers, seed=each) for each in seeds)
    file.write_bytes(b"".join(body + b"\n" for body in new))
    load = Load(bodies=file, seconds=0, connections=_USUAL, seed=1, first_line=1)
    measure(contender, load, database=data.pid)


@contextmanager
def _asked(
    data: Database,
    extent: Extent,
    *,
    entrant: Entrant = ENTRANTS[GATEWAY],
    desk: str | None = None,
) -> Iterator[Callable[[Query, int], Measurement]]:
    """A function that measures a question over so many connections, on one started gateway."""
    command = entrant.command(data, desk)
    with running(entrant.name, command) as contender, tempfile.TemporaryDirectory() as made:

        def ask(query: Query, connections: int) -> Measurement:
            file = _bodies(contender, data, query, Path(made))
            load = Load(bodies=file, seconds=extent.seconds, connections=connections, seed=1)
            measure(contender, load, database=data.pid)
            found = measure(contender, load, database=data.pid)
            print(f"{query.name}, {connections} connections: {found}", flush=True)
            return found

        yield ask


def _bodies(contender: Contender, data: Database, query: Query, folder: Path) -> Path:
    file = folder / f"{query.name}.txt"
    if not file.exists():
        bodies = query.bodies(OWN, query.numbers(data.customers), contender.answer)
        file.write_bytes(b"".join(body + b"\n" for body in bodies))
    return file
