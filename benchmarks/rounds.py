"""The order of things: first everybody's answers are compared, then rounds are driven in turn."""

import asyncio
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from benchmarks.comparison import data_of, first_difference
from benchmarks.contender import Contender, running
from benchmarks.database import Database
from benchmarks.lineup import COMPARED, ENTRANTS, GATEWAY, STATEMENT, Entrant
from benchmarks.measurement import Load, Measurement, measure
from benchmarks.peers import MissingError, environment
from benchmarks.query import DEEP_PAGE, Query
from benchmarks.recording import record
from benchmarks.roles import RECORDED

Results: TypeAlias = dict[tuple[str, str], list[Measurement]]
"""The measurements of every round, by the names of query and contender."""

_COMPARED = 20
_RECORDED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured, and of whom."""

    seconds: float
    warmup_s: float
    rounds: int
    connections: int
    entrants: Sequence[Entrant]
    queries: Sequence[Query]


@dataclass(slots=True)
class Bench:
    """A benchmark on a database; `folder` is for its files, `desk` the address of the service.

    `skipped` says who could not take part, and why.
    """

    database: Database
    options: Options
    folder: Path
    desk: str | None
    skipped: dict[str, str] = field(default_factory=dict)

    def compare(self) -> None:
        """Start everybody once, and compare the answers with those of the first who gives any.

        Raises `ValueError` where somebody answers otherwise.
        """
        expected: dict[tuple[str, int], Any] = {}
        for entrant in self.options.entrants:
            if entrant.is_floor:
                continue
            try:
                with self._running(entrant) as contender:
                    for query in self._queries(entrant):
                        self._compare(entrant, contender, query, expected)
            except (MissingError, RuntimeError) as error:
                self.skipped[entrant.name] = str(error)
                print(f"skipped: {entrant.name}: {error}", flush=True)
            else:
                print(f"compared: {entrant.name}", flush=True)

    def record(self) -> None:
        """Record what the gateway asks PostgreSQL, where the floor of statements takes part."""
        if STATEMENT not in {each.name for each in self.options.entrants}:
            return
        gateway = ENTRANTS[GATEWAY]
        command = [*gateway.command(self.database, None)]
        command[command.index(self.database.url)] = self.database.url_of(RECORDED)
        with running(gateway.name, command) as contender:
            for query in set(COMPARED) & set(self.options.queries):
                bodies = self._file(gateway, contender, query).read_bytes().splitlines()
                asked = asyncio.run(record(self.database, contender, bodies[:_RECORDED]))
                self._recorded(query).write_bytes(orjson.dumps(asked))
                print(f"{query.name}: {len(asked[0])} statements a request", flush=True)

    def measure(self) -> Results:
        """Drive everybody in turn, in each round anew."""
        results: Results = defaultdict(list)
        for number in range(self.options.rounds):
            for entrant in self.options.entrants:
                if entrant.name in self.skipped:
                    continue
                try:
                    self._measure(entrant, number, results)
                except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                    self.skipped[entrant.name] = f"it failed in round {number + 1}: {error}"
                    print(f"skipped: {entrant.name}: {error}", flush=True)
        # Half of the rounds cannot be compared with all of them.
        return {key: found for key, found in results.items() if key[1] not in self.skipped}

    def _measure(self, entrant: Entrant, number: int, results: Results) -> None:
        with self._running(entrant) as contender:
            for query in self._queries(entrant):
                found = self._measured(entrant, contender, query, number)
                results[query.name, entrant.name].append(found)
                print(f"{number + 1}: {entrant.name}, {query.name}: {found}", flush=True)

    def _queries(self, entrant: Entrant) -> Sequence[Query]:
        return [each for each in entrant.queries if each in self.options.queries]

    @contextmanager
    def _running(self, entrant: Entrant) -> Iterator[Contender]:
        command = entrant.command(self.database, self.desk)
        env = environment() if entrant.peer else None
        with running(entrant.name, command, env=env) as contender:
            yield contender

    def _compare(
        self,
        entrant: Entrant,
        contender: Contender,
        query: Query,
        expected: dict[tuple[str, int], Any],
    ) -> None:
        with self._file(entrant, contender, query).open("rb") as file:
            for number, body in zip(range(_COMPARED), file, strict=False):
                answer = contender.answer(body.rstrip())
                other = expected.setdefault((query.name, number), answer)
                pair = [data_of(each, without=entrant.without) for each in (answer, other)]
                if difference := first_difference(*pair):
                    raise ValueError(
                        f"{entrant.name} answers otherwise than the first contender to"
                        f" {query.name}: {difference}; it was asked {body!r}"
                    )

    def _measured(
        self, entrant: Entrant, contender: Contender, query: Query, number: int
    ) -> Measurement:
        bodies = self._file(entrant, contender, query)
        options, half = self.options, query.requests // 2
        warmup, real = (
            Load(
                bodies=bodies,
                seconds=seconds,
                connections=options.connections,
                seed=seed,
                first_line=first_line if query.is_once else 0,
            )
            for seconds, seed, first_line in (
                # For caches and compilers: documents, plans, prepared statements, pages, code.
                (options.warmup_s, number + 100, 1),
                (options.seconds, number, half + 1),
            )
        )
        measure(contender, warmup, database=self.database.pid)
        return measure(contender, real, database=self.database.pid)

    def _file(self, entrant: Entrant, contender: Contender, query: Query) -> Path:
        """The bodies of a question, made when somebody is there to be asked for cursors."""
        if entrant.name == STATEMENT:
            return self._recorded(query)
        # Cursors are everybody's own.
        whose = entrant.name if query == DEEP_PAGE else type(entrant.dialect).__name__
        file = self.folder / f"{query.name}-{whose}.txt"
        if not file.exists():
            numbers = query.numbers(self.database.customers)
            bodies = query.bodies(entrant.dialect, numbers, contender.answer)
            file.write_bytes(b"\n".join(bodies) + b"\n")
        return file

    def _recorded(self, query: Query) -> Path:
        return self.folder / f"{query.name}-recorded.json"
