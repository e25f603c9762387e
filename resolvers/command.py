"""The step of a mutation: run its command, then let the payload be read like any other row."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from connectors.contract import SourceError
from resolvers.argument import Arguments
from resolvers.context import Context
from resolvers.place import Place
from resolvers.problem import UserError
from resolvers.run import Run
from resolvers.scope import Step, ValueScope

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
    doing.add_done_callback(_forget)
    return await asyncio.shield(doing)


def _forget(done: asyncio.Future[Any]) -> None:
    _running.discard(done)
    if not done.cancelled():
        # Looked at, or the loop would complain where nobody waits any more.
        done.exception()
