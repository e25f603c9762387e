"""The command `./dev bench`: makes the data set, drives the contenders in turn, prints a table."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import growth
from benchmarks.contender import running as process
from benchmarks.database import CACHE, Database
from benchmarks.database import running as database
from benchmarks.lineup import ENTRANTS
from benchmarks.query import QUERIES
from benchmarks.report import Conditions, table, write
from benchmarks.rounds import Bench, Options


def main() -> None:
    """Run the benchmark from the command line."""
    queries = {each.name: each for each in QUERIES}
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="1 is 100,000 customers")
    parser.add_argument("--seconds", type=float, default=3, help="how long a measurement takes")
    parser.add_argument("--warmup", type=float, default=3, help="discarded seconds before each")
    parser.add_argument("--connections", type=int, default=16, help="how many ask at once")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where databases are kept")
    parser.add_argument("--contenders", nargs="+", choices=ENTRANTS, default=[*ENTRANTS])
    parser.add_argument("--queries", nargs="+", choices=queries, default=[*queries])
    parser.add_argument("--growth", action="store_true", help="measure how figures grow instead")
    parser.add_argument("--documents", type=int, default=100_000, help="how many, for its memory")
    parser.add_argument("--output", type=Path, help="write the results there, also of a part")
    given = parser.parse_args()
    if given.growth:
        extent = growth.Extent(
            scale=given.scale,
            seconds=given.seconds,
            documents=given.documents,
            cache=given.cache,
        )
        print(f"written: {asyncio.run(growth.run(extent))}")
        return
    options = Options(
        seconds=given.seconds,
        warmup_s=given.warmup,
        rounds=given.rounds,
        connections=given.connections,
        entrants=[ENTRANTS[name] for name in ENTRANTS if name in given.contenders],
        queries=[queries[name] for name in queries if name in given.queries],
    )
    asyncio.run(_run(options, given))


async def _run(options: Options, given: argparse.Namespace) -> None:
    async with database(scale=given.scale, cache=given.cache) as data:
        await asyncio.to_thread(_bench, data, options, given)


def _bench(data: Database, options: Options, given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as made, _desk(data, options) as desk:
        bench = Bench(data, options, Path(made), desk)
        bench.compare()
        bench.record()
        results = bench.measure()
    print(table(results, options.entrants))
    is_whole = len(options.entrants) == len(ENTRANTS) and len(options.queries) == len(QUERIES)
    if given.output or is_whole:
        conditions = Conditions(options, data.counts, bench.skipped)
        print(f"written: {write(results, conditions, file=given.output)}")
    for name, reason in bench.skipped.items():
        print(f"skipped: {name}: {reason}")


@contextmanager
def _desk(data: Database, options: Options) -> Iterator[str | None]:
    """The REST service, where somebody needs it."""
    if not any(each.is_live for each in options.entrants):
        yield None
        return
    command: Sequence[str] = [sys.executable, "-m", "benchmarks.desk", data.url]
    with process("desk", command) as service:
        yield f"http://127.0.0.1:{service.port}"


if __name__ == "__main__":
    main()
