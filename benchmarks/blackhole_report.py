"""The figures of a black-holed source: percentiles by phase, and what was to be reached."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.goals import Goal
from benchmarks.goals import table as goals

_LATER = 1.1


@dataclass(frozen=True, slots=True)
class Figures:
    """What one phase showed: milliseconds of who asks the source, and of who does not."""

    phase: str
    asking_ms: Sequence[float]
    other_ms: Sequence[float]
    incomplete_count: int
    without_tickets_count: int

    @property
    def count(self) -> int:
        """How many answers there were."""
        return len(self.asking_ms) + len(self.other_ms)


def table(figures: Sequence[Figures], *, timeout_s: float) -> str:
    """All phases, and which goals were reached."""
    head = (
        "| phase | answers | asking: p50 ms | p99 ms | not asking: p50 ms | p99 ms"
        " | without tickets | other fields missing |\n|---|---|---|---|---|---|---|---|"
    )
    rows = [
        f"| {each.phase} | {each.count:,} | {_percentile(each.asking_ms, 50):,.1f}"
        f" | {_percentile(each.asking_ms, 99):,.1f} | {_percentile(each.other_ms, 50):,.1f}"
        f" | {_percentile(each.other_ms, 99):,.1f} | {each.without_tickets_count:,}"
        f" | {each.incomplete_count:,} |"
        for each in figures
    ]
    return "\n".join([head, *rows, "", goals(_goals(figures, timeout_s))])


def write(
    file: Path, figures: Sequence[Figures], *, rate: int, seconds: float, timeout_s: float
) -> None:
    """Keep the figures in a file, with what they were made on."""
    text = f"""# A source that swallows everything

One of the demo's five sources, the help desk over HTTP, takes requests and answers nothing. {rate}
requests a second come all the time, half of them ask for tickets; a phase lasts {seconds:g} s. The
source's `timeout_s` is {timeout_s:g}. A request counts from the moment at which it was due.

Made by `python -m benchmarks.blackhole` on {datetime.now(UTC):%Y-%m-%d}, Python
{platform.python_version()}, uvicorn {version("uvicorn")}, {platform.machine()}.

{table(figures, timeout_s=timeout_s)}
"""
    file.write_text(text, encoding="utf-8")


def _goals(figures: Sequence[Figures], timeout_s: float) -> Sequence[Goal]:
    well, swallowed, open_, *_ = figures
    failed = sum(each.incomplete_count for each in figures)
    others = _percentile([*swallowed.other_ms, *open_.other_ms], 99)
    return [
        Goal(
            "p99 of who does not ask, times that of before",
            others / _percentile(well.other_ms, 99),
            _LATER,
        ),
        Goal(
            "p99 of who asks, of the timeout",
            _percentile(swallowed.asking_ms, 99) / timeout_s / 1000,
            _LATER,
        ),
        Goal(
            "p99 of who asks once the breaker is open, times that of before",
            _percentile(open_.asking_ms, 99) / _percentile(well.asking_ms, 99),
            _LATER,
        ),
        Goal("answers in which something else is missing", failed, 0),
    ]


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
