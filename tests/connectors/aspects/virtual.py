"""An event loop whose time passes at once: who waits for an hour in it waits no time at all."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Hurried(selectors.DefaultSelector):
    """Waits for nothing: the time that it should wait is added to the clock instead."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `time` is the clock of everything in it."""

    def __init__(self) -> None:
        self._hurried = _Hurried()
        super().__init__(self._hurried)

    def time(self) -> float:
        """Seconds that only grow."""
        return self._hurried.now


def hurried(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)


def clock() -> float:
    """The virtual time of the running loop."""
    return asyncio.get_running_loop().time()
