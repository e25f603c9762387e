"""The budget of a source that counts points: how many are left, and how long to wait for more.

Such a source says in `extensions.cost` what a question costs, how many points there are, and how
fast they come back (a leaky bucket).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

_KEPT_COSTS = 1024


@dataclass(slots=True)
class Budget:
    """What is known of the points of one source. Times are seconds of one clock."""

    available: float | None = None
    most: float = 0.0
    restored_per_s: float = 0.0
    seen_at_s: float = 0.0
    costs: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def cost_of(self, text: str) -> float:
        """The points that a document took when it was asked last; 0 where that is not known."""
        return self.costs.get(text, 0.0)

    def is_beyond(self, text: str) -> bool:
        """Whether a document costs more than there can ever be."""
        return self.available is not None and self.cost_of(text) > self.most

    def wait_s(self, text: str, *, at_s: float) -> float:
        """How long until there are enough points for a document."""
        if self.available is None or self.restored_per_s <= 0:
            return 0.0
        lacking = self.cost_of(text) - self._left(at_s)
        return max(0.0, lacking / self.restored_per_s)

    def spend(self, text: str, *, at_s: float) -> None:
        """Count a document that is being sent, until its answer tells how many points are left."""
        if self.available is not None:
            self.available = self._left(at_s) - self.cost_of(text)
            self.seen_at_s = at_s

    def learn(self, text: str, extensions: object, *, at_s: float) -> None:
        """Take what an answer tells; nothing where it tells nothing."""
        cost = _mapping(_mapping(extensions).get("cost"))
        requested = _number(cost.get("requestedQueryCost"))
        if requested is not None:
            self.costs[text] = requested
            self.costs.move_to_end(text)
            if len(self.costs) > _KEPT_COSTS:
                self.costs.popitem(last=False)
        status = _mapping(cost.get("throttleStatus"))
        available = _number(status.get("currentlyAvailable"))
        most = _number(status.get("maximumAvailable"))
        rate = _number(status.get("restoreRate"))
        if available is None or most is None or rate is None:
            return
        self.available, self.most, self.restored_per_s = available, most, rate
        self.seen_at_s = at_s

    def _left(self, at_s: float) -> float:
        restored = (at_s - self.seen_at_s) * self.restored_per_s
        return min(self.most, (self.available or 0.0) + restored)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and isinstance(value, int | float) else None
