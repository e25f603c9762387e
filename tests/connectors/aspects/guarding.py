"""Connectors as the gateway opens them, with a clock that tests move."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.aspects.guarded import Guarded
from connectors.aspects.opening import Opener, Share, share_nothing
from connectors.contract import Connector, Kind
from connectors.options import Options


class Clock:
    """Seconds that grow only when a test says so, or when somebody sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The seconds."""
        return self.now

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.tick(seconds)


def opened(
    connector: Connector,
    *,
    clock: Callable[[], float] | None = None,
    share: Share = share_nothing,
    **settings: Any,
) -> Guarded:
    """A connector with what the settings of its source wrap around it."""
    options = Options(kind="given", **settings)
    kind = Kind(name="given", options=Options, open=lambda _name, _options, _environment: connector)
    opener = Opener(
        now=lambda: datetime(2026, 5, 1, 12, tzinfo=UTC),
        base_dir=Path(),
        kinds={"given": kind},
        share=share,
    )
    if clock is not None:
        opener = Opener(
            now=opener.now, base_dir=opener.base_dir, kinds=opener.kinds, share=share, clock=clock
        )
    return opener.open(connector.name, options)
