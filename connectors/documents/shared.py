"""Work that several askers share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Something slow: whoever asks while it runs gets its outcome instead of starting it again.

    It goes on when those who asked have given up, so that a file too slow for one deadline is
    there for the next question.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None

    async def outcome(self) -> T:
        """What the work gives, or raises."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(_seen)
        return await asyncio.shield(self._task)


def _seen(task: asyncio.Task[T]) -> None:
    """Look at the failure that nobody waited for, so that asyncio does not report it as lost."""
    if not task.cancelled():
        task.exception()
