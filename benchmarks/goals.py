"""What the gateway should reach, and whether it did in a run."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.lineup import COMPARED, GATEWAY, GATEWAY_LIVE, HELLO, STATEMENT
from benchmarks.measurement import Measurement
from benchmarks.query import COLD, LIST, LIVE_LIST, TINY, WHOLE_CUSTOMER
from benchmarks.rounds import Results

_TIMES_AS_FAST = (
    (WHOLE_CUSTOMER, {"postgraphile": 4.0, "mercurius": 5.5, "strawberry": 17.0}),
    (LIST, {"postgraphile": 3.0, "mercurius": 3.6, "strawberry": 27.0}),
    (TINY, {"postgraphile": 4.5, "mercurius": 2.2, "strawberry": 13.0}),
    *(
        (query, {f"{name}_generic": least for name in ("postgraphile", "mercurius", "strawberry")})
        for query, least in ((WHOLE_CUSTOMER, 3.0), (LIST, 3.0), (TINY, 2.0))
    ),
    (LIVE_LIST, {"hive": 2.0}),
    (COLD, {"mercurius": 1.0, "apollo": 1.0}),
)
_MOST_CPU_US = ((WHOLE_CUSTOMER, 90.0), (LIST, 210.0), (TINY, 55.0))
_MOST_OF_FLOOR = 1.25


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with its bound, which is the least or the most that it may be."""

    title: str
    found: float
    bound: float
    is_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether the figure is within its bound."""
        return self.found >= self.bound if self.is_least else self.found <= self.bound


def table(goals: Sequence[Goal]) -> str:
    """The goals as a table."""
    rows = [
        f"| {each.title} | {'≥' if each.is_least else '≤'} {each.bound:g} | {each.found:,.2f} |"
        f" {'yes' if each.is_reached else 'no'} |"
        for each in goals
    ]
    return "\n".join(["| figure | goal | found | reached |", "|---|---|---|---|", *rows])


def reached(results: Results) -> Sequence[Goal]:
    """The goals of the contenders and questions that were measured."""
    return [*_rates(results), *_totals(results), *_own(results)]


def _rates(results: Results) -> Iterator[Goal]:
    for query, peers in _TIMES_AS_FAST:
        mine = results.get((query.name, GATEWAY)) or results.get((query.name, GATEWAY_LIVE), [])
        for name, least in peers.items():
            others = results.get((query.name, name), [])
            pairs = zip(mine, others, strict=False)
            ratios = [one.per_s / other.per_s for one, other in pairs if other.per_s]
            if ratios:
                title = f"{query.title}: times as fast as {name}"
                yield Goal(title, statistics.median(ratios), least, is_least=True)


def _totals(results: Results) -> Iterator[Goal]:
    for query in COMPARED:
        if ratios := of_floor(results, query.name):
            title = f"{query.title}: total CPU, of that of the floors"
            yield Goal(title, statistics.median(ratios), _MOST_OF_FLOOR)


def _own(results: Results) -> Iterator[Goal]:
    for query, most in _MOST_CPU_US:
        if found := results.get((query.name, GATEWAY)):
            cpu_us = statistics.median(each.cpu_us for each in found)
            yield Goal(f"{query.title}: gateway CPU µs", cpu_us, most)


def of_floor(results: Results, query: str) -> Sequence[float]:
    """In each round, how often the gateway's CPU contains that of statements and hello."""
    mine, asked, hello = (
        results.get(key, []) for key in ((query, GATEWAY), (query, STATEMENT), (TINY.name, HELLO))
    )
    return [
        one.total_us / (other.total_us + each.total_us)
        for one, other, each in zip(mine, asked, hello, strict=False)
    ]


def of_growth(
    *, small: Sequence[Measurement], large: Sequence[Measurement], crowd: Measurement
) -> Sequence[Goal]:
    """The goals of growth: tables ten times as large, and the load of the most connections."""
    pairs = zip(small, large, strict=True)
    slower = [one.per_s / other.per_s for one, other in pairs if other.per_s]
    return [
        Goal("time per request on tables ten times as large, the worst question", max(slower), 1.3),
        Goal("one whole customer over the most connections, p99 ms", crowd.p99_ms, 100),
    ]


def of_memory(resident: Sequence[int]) -> Sequence[Goal]:
    """The goals of memory: bytes after the questions, then after ever more documents."""
    after, *documents = resident
    # Caches fill at first; flat is what comes after.
    half = documents[len(documents) // 2 :]
    return [
        Goal("memory of one worker after the questions, MiB", after / 2**20, 150),
        Goal("growth of memory over the second half of the documents, %", _grown(half), 5),
    ]


def _grown(resident: Sequence[int]) -> float:
    return (max(resident) / resident[0] - 1) * 100
