"""The command `./dev bench`: makes the data set, drives the contenders in turn, prints a table."""

import argparse
import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.comparison import data_of
from benchmarks.contender import CONTENDERS, GATEWAY, HELLO, Contender, running
from benchmarks.data import fill
from benchmarks.measurement import Measurement, driver, measure
from benchmarks.query import QUERIES, Query
from benchmarks.report import Conditions, Results, table, write
from connectors.native.server import EmbeddedServer

_BODIES = 2000
_COMPARED = 20


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000, help="the size of the data set")
    parser.add_argument("--seconds", type=float, default=5, help="how long each measurement takes")
    parser.add_argument("--connections", type=int, default=16, help="how many ask at once")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=CONTENDERS,
        help="only these; RESULTS.md is written when all took part",
    )
    asyncio.run(_run(parser.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as made:
        folder = Path(made)
        async with EmbeddedServer(folder / "db", settings=_settings()) as server:
            print(f"making {options.customers} customers …", flush=True)
            counts = await fill(server.url, customers=options.customers)
            print(", ".join(f"{count} × {name}" for name, count in counts.items()))
            files = _bodies(folder, options)
            results = await asyncio.to_thread(_rounds, server.url, files, options)
    print(table(results))
    if set(options.contenders) == set(CONTENDERS):
        conditions = Conditions(vars(options), counts, driver())
        print(f"written: {write(results, conditions)}")


def _settings() -> dict[str, str]:
    """The database is the same for all; its memory holds the data set."""
    return {"shared_buffers": "1GB", "max_connections": "50"}


def _bodies(folder: Path, options: argparse.Namespace) -> dict[Query, Path]:
    files = {}
    for number, query in enumerate(QUERIES):
        bodies = query.bodies(customers=options.customers, count=_BODIES, seed=number)
        files[query] = folder / f"{number}.txt"
        files[query].write_bytes(b"\n".join(bodies))
    return files


def _rounds(database: str, files: dict[Query, Path], options: argparse.Namespace) -> Results:
    results: Results = defaultdict(list)
    expected: dict[bytes, object] = {}
    for number in range(options.rounds):
        for name in options.contenders:
            with running(name, database) as contender:
                if name != HELLO and number == 0:
                    _compare(contender, files, expected)
                for query in QUERIES[-1:] if name == HELLO else QUERIES:
                    found = _measured(contender, files[query], options, seed=number)
                    results[query.name, name].append(found)
                    print(f"{number + 1}: {name}, {query.name}: {found}", flush=True)
    return results


def _measured(
    contender: Contender, bodies: Path, options: argparse.Namespace, *, seed: int
) -> Measurement:
    connections: int = options.connections
    # The first seconds are for the caches: documents, plans, prepared statements, pages.
    measure(contender, bodies, seconds=3, connections=connections, seed=seed + 100)
    return measure(contender, bodies, seconds=options.seconds, connections=connections, seed=seed)


def _compare(contender: Contender, files: dict[Query, Path], expected: dict[bytes, object]) -> None:
    for file in files.values():
        for body in file.read_bytes().splitlines()[:_COMPARED]:
            data = data_of(contender.answer(body))
            if expected.setdefault(body, data) != data:
                raise ValueError(f"{contender.name} answers otherwise than {GATEWAY}: {body!r}")


if __name__ == "__main__":
    main()
