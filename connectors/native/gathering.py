"""Gathering: questions for single keys that come while others are under way go out together.

The first question goes out at once. Those of the same lane that come before it is answered wait,
and go out as one with all their keys. So a statement is shared only when the database is busy with
the same one, and under load the more, the more there is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
"""What is looked up."""

V = TypeVar("V")
"""What is found at a key."""

Run = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]
"""Asks for several keys at once; a key that has nothing may be left out."""


@dataclass(slots=True, eq=False)
class _Batch(Generic[K, V]):
    run: Run[K, V]
    keys: dict[K, None] = field(default_factory=dict)
    # One for each caller: cheaper than one that all of them shield from their cancellation.
    answers: "list[asyncio.Future[Mapping[K, V]]]" = field(default_factory=list)
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class _Lane(Generic[K, V]):
    running_count: int = 0
    waiting: list[_Batch[K, V]] = field(default_factory=list)


class Gathering(Generic[K, V]):
    """Asks for keys, together where that is worth it.

    A lane is all that may share an answer: the statement, its values besides the keys, and whose
    rights the answer is filtered by. At most `max_keys` go out together, and of a lane at most
    `max_running` statements are under way.
    """

    def __init__(self, *, max_keys: int = 100, max_running: int = 1) -> None:
        self._max_keys = max_keys
        self._max_running = max_running
        self._lanes: dict[Hashable, _Lane[K, V]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, lane: Hashable, keys: Collection[K], run: Run[K, V]) -> Mapping[K, V]:
        """What `run` finds at these keys, and perhaps at others that were asked for with them.

        What `run` raises is raised for everybody who waited for it. Who is cancelled leaves the
        others their answer; where nobody is left, `run` is cancelled too.
        """
        state = self._lanes.get(lane)
        if state is None:
            state = self._lanes[lane] = _Lane()
        if state.running_count < self._max_running:
            return await self._alone(lane, state, keys, run)
        return await self._together(lane, state, keys, run)

    async def _alone(
        self, lane: Hashable, state: _Lane[K, V], keys: Collection[K], run: Run[K, V]
    ) -> Mapping[K, V]:
        state.running_count += 1
        try:
            return await run(list(keys))
        finally:
            self._finished(lane, state)

    async def _together(
        self, lane: Hashable, state: _Lane[K, V], keys: Collection[K], run: Run[K, V]
    ) -> Mapping[K, V]:
        batch = self._batch(state, keys, run)
        batch.keys.update(dict.fromkeys(keys))
        answer: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()
        batch.answers.append(answer)
        try:
            return await answer
        except asyncio.CancelledError:
            if all(each.cancelled() for each in batch.answers):
                self._forget(lane, state, batch)
            raise

    def _batch(self, state: _Lane[K, V], keys: Collection[K], run: Run[K, V]) -> _Batch[K, V]:
        last = state.waiting[-1] if state.waiting else None
        if last is not None and len(last.keys) + len(keys) <= self._max_keys:
            return last
        batch = _Batch(run)
        state.waiting.append(batch)
        return batch

    def _forget(self, lane: Hashable, state: _Lane[K, V], batch: _Batch[K, V]) -> None:
        if batch.task is not None:
            batch.task.cancel()
        elif batch in state.waiting:
            state.waiting.remove(batch)
            self._tidy(lane, state)

    def _finished(self, lane: Hashable, state: _Lane[K, V]) -> None:
        state.running_count -= 1
        if state.waiting:
            batch = state.waiting.pop(0)
            state.running_count += 1
            batch.task = task = asyncio.create_task(_go(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # Not at the end of the task's own work, which one that is cancelled early never begins.
            task.add_done_callback(lambda _: self._finished(lane, state))
        self._tidy(lane, state)

    def _tidy(self, lane: Hashable, state: _Lane[K, V]) -> None:
        if not state.running_count and not state.waiting:
            del self._lanes[lane]


async def _go(batch: _Batch[K, V]) -> None:
    try:
        found = await batch.run(list(batch.keys))
    except asyncio.CancelledError:
        for each in batch.answers:
            each.cancel()
        raise
    except Exception as exc:  # noqa: BLE001 - it is raised where the answers are awaited
        for each in _open(batch):
            each.set_exception(exc)
    else:
        for each in _open(batch):
            each.set_result(found)


def _open(batch: _Batch[K, V]) -> "Sequence[asyncio.Future[Mapping[K, V]]]":
    return [each for each in batch.answers if not each.done()]
