"""The first pull of the demo: bars while it runs, and who waits for its end."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from connectors.native.store import Store
from connectors.sync_pass import Progress as Pulling
from connectors.sync_state import SyncState, read_states
from gateway.config import Settings

_POLL_S = 0.1


class Bars(AbstractContextManager["Bars"]):
    """A bar for each entity that is being pulled, shown between `start` and `stop`."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("  {task.description:<34}"), BarColumn(), MofNCompleteColumn()
        self._progress = Progress(*columns, console=console)
        self._bars: dict[tuple[str, str], TaskID] = {}
        self._stack = ExitStack()
        self._is_shown = False

    def __enter__(self) -> Self:
        self._stack.enter_context(self._progress)
        self._is_shown = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_shown = False
        self._stack.close()

    def __call__(self, pulling: Pulling) -> None:
        """Show how far one pull is; nothing once the first one is over."""
        if not self._is_shown:
            return
        key = (pulling.source, pulling.entity)
        if key not in self._bars:
            title = f"{pulling.source} {pulling.entity.removesuffix('_record')}"
            self._bars[key] = self._progress.add_task(title, total=None)
        done = pulling.record_count + pulling.skipped_count
        self._progress.update(self._bars[key], completed=done, total=pulling.total)

    def finish(self) -> None:
        """Show every bar as full: what is not counted beforehand is over now."""
        for each in self._progress.tasks:
            self._progress.update(each.id, total=each.completed)


async def first_pull(settings: Settings, store: Store) -> Sequence[str]:
    """Wait until every source was pulled once; gives the problems of those that failed."""
    wanted = {
        (name, entity)
        for name, options in settings.sources.items()
        for entity in (*options.synced, "customer_record")
    }
    while True:
        states = _by_entity(await read_states(store))
        ended = {key for key, each in states.items() if each.succeeded_at or each.problem}
        if wanted <= ended:
            return [
                f"{source}: {each.problem}" for (source, _), each in states.items() if each.problem
            ]
        await asyncio.sleep(_POLL_S)


def _by_entity(states: Mapping[str, Sequence[SyncState]]) -> dict[tuple[str, str], SyncState]:
    return {(source, each.entity): each for source, found in states.items() for each in found}
