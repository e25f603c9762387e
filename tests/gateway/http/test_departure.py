"""Clients that leave: what is done for them ends, and what is written is finished."""

import asyncio
from typing import Any

from starlette.types import Message

from gateway.http.departure import Departures
from gateway.http.door import GraphQL
from resolvers.request import Request
from resolvers.result import Result, ResultKind

BODY = b'{"query": "{ x }"}'
SCOPE = {
    "type": "http",
    "method": "POST",
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"18")],
    "query_string": b"",
}


class Slow:
    """An engine that answers when it is told to."""

    def __init__(self) -> None:
        self.is_done = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.is_cancelled = False

    async def execute(self, request: Request, context: Any) -> Result:
        """The answer, in time."""
        del request, context
        self.is_asked.set()
        try:
            await self.is_done.wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise
        return Result(ResultKind.EXECUTED, b'{"data":{}}')


class Client:
    """The client's end of a request."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.sent: list[Message] = []
        self.received = 0

    async def receive(self) -> Message:
        """The body, and then its leaving."""
        self.received += 1
        if self.received == 1:
            return {"type": "http.request", "body": BODY, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Something for it."""
        self.sent.append(message)


def door(engine: Slow) -> GraphQL:
    """A door that listens soon."""
    return GraphQL(engine=engine, departures=Departures(patience_s=0.005))


def test_the_work_for_a_client_that_left_ends_and_nothing_is_sent() -> None:
    """The engine is cancelled, and with it what it asks."""

    async def run() -> None:
        engine, client = Slow(), Client()
        answering = asyncio.create_task(door(engine)(SCOPE, client.receive, client.send))
        await engine.is_asked.wait()
        client.left.set()
        async with asyncio.timeout(5):
            await answering
        assert engine.is_cancelled
        assert client.sent == []

    asyncio.run(run())


def test_a_client_that_waits_is_answered() -> None:
    """It was listened to, and nobody listens any more afterwards."""

    async def run() -> None:
        engine, client = Slow(), Client()
        answering = asyncio.create_task(door(engine)(SCOPE, client.receive, client.send))
        await engine.is_asked.wait()
        while client.received < 2:  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.001)
        engine.is_done.set()
        await answering
        assert [each["type"] for each in client.sent] == [
            "http.response.start",
            "http.response.body",
        ]
        await asyncio.sleep(0.02)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_quick_answer_listens_to_nobody() -> None:
    """It would cost more than the answer."""

    async def run() -> None:
        engine, client = Slow(), Client()
        engine.is_done.set()
        await door(engine)(SCOPE, client.receive, client.send)
        assert client.received == 1
        assert client.sent[0]["status"] == 200

    asyncio.run(run())


def test_who_cancels_the_request_itself_is_not_taken_for_its_client() -> None:
    """A server that stops: the cancellation goes on outwards."""

    async def run() -> None:
        engine, client = Slow(), Client()
        answering = asyncio.create_task(door(engine)(SCOPE, client.receive, client.send))
        await engine.is_asked.wait()
        answering.cancel()
        (outcome,) = await asyncio.gather(answering, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)

    asyncio.run(run())
