"""A write that has begun is finished, whoever waits for it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from resolvers.command import _finished


def test_a_client_that_leaves_does_not_break_off_a_write() -> None:
    """What waits is cancelled; the work goes on to its end."""
    written: list[str] = []

    async def run() -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def work() -> Mapping[str, Any]:
            begun.set()
            await may_end.wait()
            written.append("it")
            return {}

        waiting = asyncio.create_task(_finished(work()))
        await begun.wait()
        waiting.cancel()
        outcomes = await asyncio.gather(waiting, return_exceptions=True)
        assert isinstance(outcomes[0], asyncio.CancelledError)
        may_end.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())

    assert written == ["it"]
