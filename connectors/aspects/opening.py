"""Opening a source: its connector, with all that its settings wrap around it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors import registry
from connectors.aspects.ability import guarded
from connectors.aspects.allowance import Allowance
from connectors.aspects.breaker import CircuitBreaker
from connectors.aspects.gate import SourceGate
from connectors.aspects.guard import Guard
from connectors.aspects.guarded import Guarded
from connectors.contract import Environment, Kind
from connectors.options import Options, Rate

Share = Callable[[str, Rate], Allowance | None]
"""What all processes share of a rate of a source, by its name; `None` shares nothing."""


def share_nothing(_source: str, _rate: Rate) -> None:
    """Let every process keep the rates alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens sources: `now` is the clock, `base_dir` where relative paths start.

    `kinds` are all that there are, if not given. `share` is how rates are kept by all processes
    together; without it each keeps them alone. `clock` gives seconds that only grow.
    """

    now: Callable[[], datetime]
    base_dir: Path
    kinds: Mapping[str, Kind] | None = None
    share: Share = share_nothing
    clock: Callable[[], float] = time.monotonic

    def open(self, name: str, options: Options) -> Guarded:
        """The connector of a source; nothing is asked yet. Raises `SourceError`."""
        kinds = registry.kinds() if self.kinds is None else self.kinds
        gate = SourceGate(
            name,
            options.limits,
            allowance_of=lambda rate: self.share(name, rate),
            clock=self.clock,
        )
        environment = Environment(now=self.now, base_dir=self.base_dir, gate=gate)
        breaker = CircuitBreaker(name, options.breaker, clock=self.clock)
        guard = Guard(source=name, options=options, gate=gate, breaker=breaker, clock=self.clock)
        return guarded(kinds[options.kind].open(name, options, environment), guard)
