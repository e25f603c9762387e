"""The step of a mutation: run its command, then let the payload be read like any other row."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog

from connectors.contract import SourceError
from resolvers.argument import Arguments
from resolvers.context import Context
from resolvers.place import Place
from resolvers.problem import UserError
from resolvers.run import Run
from resolvers.scope import Step, ValueScope

log = structlog.get_logger(__name__)

Command: TypeAlias = Callable[[Context, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Does what a mutation asks; takes its `input`, gives its payload by Python field name."""


class CommandStep(Step):
    """One mutation. What it changed is committed before its payload is read."""

    def __init__(
        self, index: int, scope: ValueScope, arguments: Arguments, command: Command
    ) -> None:
        super().__init__(index, {index: scope})
        self._arguments = arguments
        self._command = command

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """Run the command once; its payload is the one row."""
        try:
            values = self._arguments.values(run.variables)
            payload: Any = await _finished(self._command(run.context, values["input"]))
        except (UserError, SourceError) as exc:
            return [exc] * len(parents)
        finally:
            run.context.session.forget()
        run.rows[self.index].append(payload)
        return [0] * len(parents)


_running: set[asyncio.Future[Any]] = set()


async def _finished(work: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What a command gives. A client that leaves does not break off what is being written."""
    doing = asyncio.ensure_future(work)
    _running.add(doing)
    doing.add_done_callback(_running.discard)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        doing.add_done_callback(_tell)
        raise


def _tell(done: asyncio.Future[Any]) -> None:
    """Log what went wrong after nobody waited any more."""
    failure = None if done.cancelled() else done.exception()
    if failure is not None:
        log.warning("mutation_failed_after_its_client_left", exc_info=failure)
