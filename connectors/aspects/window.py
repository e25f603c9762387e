"""A sliding window over the calls of this process: never more than so many in any such time.

A call counts from its start until the time of the window after its *end*: nobody knows when in
between it reached the source, and a burst that a slow network holds up must not be followed by
another one.
"""

from collections import deque
from collections.abc import Callable

_GRAINS = 1000
"""Ends that are so close together (a thousandth of the window) are kept as one, the last."""

_MARGIN_S = 0.001
"""Clocks and timers are not finer than this."""


class Window:
    """The calls in one window of `per_s` seconds. `clock` gives seconds that only grow."""

    def __init__(self, per_s: float, *, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._clock = clock
        self._under_way = 0
        self._ended_count = 0
        # The first and last end, and how many calls ended between them.
        self._ended: deque[tuple[float, float, int]] = deque()

    def wait_s(self, calls: int) -> float:
        """How long to wait, at least, until one more keeps the limit of `calls`; 0 for none.

        Where all of them are under way nobody knows: then it is the time of the window.
        """
        now = self._clock()
        self._forget(now)
        if self._under_way + self._ended_count < calls:
            return 0.0
        if not self._ended:
            return self._per_s
        return self._ended[0][1] + self._per_s + _MARGIN_S - now

    def begin(self) -> None:
        """Count a call that begins now."""
        self._under_way += 1

    def end(self) -> None:
        """Note that one that began has ended."""
        now = self._clock()
        self._under_way -= 1
        self._ended_count += 1
        if self._ended and now - self._ended[-1][0] < self._per_s / _GRAINS:
            first, _, count = self._ended.pop()
            self._ended.append((first, now, count + 1))
        else:
            self._ended.append((now, now, 1))

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0][1] + self._per_s + _MARGIN_S <= now:
            self._ended_count -= self._ended.popleft()[2]
