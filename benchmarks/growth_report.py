"""The tables and the picture of how figures grow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from benchmarks.chart import Chart, Line, draw
from benchmarks.goals import Goal, table
from benchmarks.measurement import Measurement
from benchmarks.report import machine

FILE = Path(__file__).with_name("GROWTH.md")
PICTURE = FILE.with_name("growth.svg")

Point: TypeAlias = tuple[str, float, Measurement | int]
"""What was measured, where it stands on the axis, and what was found: a measurement, or bytes."""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures along one axis."""

    title: str
    axis: str
    points: Sequence[Point]

    @property
    def measurements(self) -> Sequence[Measurement]:
        """What was found where it is a measurement."""
        return [each for _, _, each in self.points if isinstance(each, Measurement)]


def write(found: Sequence[Series], goals: Sequence[Goal], seconds: float) -> Path:
    """Write the tables and the picture beside the benchmark."""
    PICTURE.write_text(draw([_chart(each) for each in found]), encoding="utf-8")
    tables = "\n\n".join(f"## {each.title}\n\n{_table(each)}" for each in found)
    FILE.write_text(
        f"""# Growth

Made by `./dev bench --growth` on {datetime.now(UTC):%Y-%m-%d}: one worker of this gateway,
{seconds:g} s a figure after as long a warm-up, 16 connections unless said otherwise.

- Machine: {machine()}

![Figures along their axes](growth.svg)

{table(goals)}

{tables}
""",
        encoding="utf-8",
    )
    return FILE


def _table(series: Series) -> str:
    measured = [(name, each) for name, _, each in series.points if isinstance(each, Measurement)]
    if not measured:
        rows = [f"| {name} | {each / 2**20:.1f} |" for name, _, each in _sizes(series)]
        return "\n".join(["| when | MiB |", "|---|---|", *rows])
    head = (
        "| what | requests/s | gateway CPU µs | database CPU µs | p50 ms | p99 ms | failures |\n"
        "|---|---|---|---|---|---|---|"
    )
    rows = [
        f"| {name} | {each.per_s:,.0f} | {each.cpu_us:,.0f} | {each.database_us:,.0f} |"
        f" {each.p50_ms:.2f} | {each.p99_ms:.2f} | {each.failures} |"
        for name, each in measured
    ]
    return "\n".join([head, *rows])


def _sizes(series: Series) -> Sequence[tuple[str, float, int]]:
    return [(name, place, each) for name, place, each in series.points if isinstance(each, int)]


def _chart(series: Series) -> Chart:
    sizes = [(place, each / 2**20) for _, place, each in _sizes(series)]
    if sizes:
        # Before and after the questions of the benchmark there are no documents yet.
        return Chart(series.title, series.axis, [Line("MiB", sizes[1:])])
    lines = _lines(series)
    return Chart(series.title, series.axis, lines)


def _lines(series: Series) -> Sequence[Line]:
    """Milliseconds of half and of 99 % of the requests; where questions are more, a line each."""
    groups: dict[str, list[tuple[float, Measurement]]] = {}
    for name, place, each in series.points:
        if isinstance(each, Measurement):
            key = name.rpartition(", ")[0] if series.axis == "customers" else ""
            groups.setdefault(key, []).append((place, each))
    if len(groups) > 1:
        return [
            Line(f"{key}, p50 ms", [(place, each.p50_ms) for place, each in found])
            for key, found in groups.items()
        ]
    found = groups.get("", [])
    return [
        Line("p50 ms", [(place, each.p50_ms) for place, each in found]),
        Line("p99 ms", [(place, each.p99_ms) for place, each in found]),
    ]
