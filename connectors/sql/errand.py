"""Work for which nobody waits longer than it may take, not even to tidy up behind it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Errands:
    """Runs work that is left behind when its time is over.

    A driver that is cancelled says good-bye to its server first, and asyncpg waits 2 s for one that
    does not answer: six times as long as a question with a timeout of 0.4 s.
    """

    def __init__(self) -> None:
        self._left: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """What the work gives. Raises `TimeoutError` after `timeout_s`, and cancels it."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait({task}, timeout=timeout_s)
        except asyncio.CancelledError:
            self._leave(task)
            raise
        if task.done():
            return task.result()
        self._leave(task)
        raise TimeoutError

    async def close(self) -> None:
        """Wait for what was left behind; it has to hurry now."""
        left = list(self._left)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._left.add(task)
        task.add_done_callback(self._forget)
        task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            # What went wrong while it was given up is of no interest: the question has failed.
            task.exception()
