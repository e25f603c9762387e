"""Lets long computations pass one by one, so that requests that need none go on between them."""

import asyncio
from collections.abc import Hashable

from resolvers.problem import UserError
from resolvers.result import ErrorCode

MAX_WAITING = 256
"""How many different computations may wait. At 5 ms each the last one waits for a second and more;
who comes later is better told so at once than kept waiting for an answer that comes too late."""


class Turnstile:
    """Lets one computation pass in each turn of the event loop.

    Reading and planning a document takes milliseconds in which nothing else runs. Were a hundred
    new documents all read in the turn in which they arrive, everybody would wait for all of them;
    so each takes a turn of its own, and in between the loop serves its sockets and whoever else is
    ready. More than `max_waiting` are refused: a flood of new documents costs its senders, and not
    those whose documents are known.
    """

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._is_taken = False
        self._waiting: dict[Hashable, asyncio.Future[None]] = {}

    async def enter(self, key: Hashable) -> None:
        """Wait for a turn. Those with the same key share one, since one computes for all.

        Raises:
            UserError: too many are waiting.
        """
        if not self._is_taken:
            self._is_taken = True
            asyncio.get_running_loop().call_soon(self._next)
            return
        turn = self._waiting.get(key)
        if turn is None:
            if len(self._waiting) >= self._max_waiting:
                raise UserError(
                    "The gateway is busy with documents that it has not seen before. Send this one"
                    " again in a second.",
                    code=ErrorCode.SERVICE_OVERLOADED,
                )
            turn = self._waiting[key] = asyncio.get_running_loop().create_future()
        # The turn is shared: who gives up waiting must not take it from the others.
        await asyncio.shield(turn)

    def _next(self) -> None:
        if not self._waiting:
            self._is_taken = False
            return
        turn = self._waiting.pop(next(iter(self._waiting)))
        turn.set_result(None)
        asyncio.get_running_loop().call_soon(self._next)
