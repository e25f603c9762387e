"""A client that takes its answer slowly: it holds nothing that others need."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import orjson
import uvicorn

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.stories.company import CONFIGURATION, CUSTOMERS, TICKETS, running_desk

QUERY = '{ node(id: "Ticket:desk:%d") { ... on Ticket { subject } } }'
LETTERS = 4_000_000


@asynccontextmanager
async def _listening(made: Gateway) -> AsyncIterator[int]:
    """The port of the gateway behind a real socket, in this event loop."""
    config = uvicorn.Config(made.app, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            await running


@asynccontextmanager
async def _reading_nothing(port: int, query: str) -> AsyncIterator[None]:
    """A client that asks, and does not read the answer while the block runs."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", port))
        body = orjson.dumps({"query": query})
        head = f"POST /graphql HTTP/1.1\r\nHost: g\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/json\r\n\r\n"
        await loop.sock_sendall(client, head.encode() + body)
        yield


def test_a_client_that_does_not_read_holds_no_connection_to_a_source(
    tmp_path: Path, database_url: str
) -> None:
    """The desk takes one call at a time. Three wait with their megabytes, the fourth is served."""

    async def run(port: int) -> int:
        text = CONFIGURATION.format(
            database=database_url, folder=tmp_path, port=port, precedence=[]
        )
        file = tmp_path / "customer360.yaml"
        limits = "timeout_s: 10\n    max_response_bytes: 50000000\n    limits: {concurrent: 1}"
        file.write_text(text.replace("timeout_s: 2", limits))
        async with (
            open_gateway(load(file, {})) as made,
            _listening(made) as door,
            _reading_nothing(door, QUERY % 1),
            _reading_nothing(door, QUERY % 2),
            _reading_nothing(door, QUERY % 3),
            httpx2.AsyncClient(timeout=20) as client,
        ):
            url = f"http://127.0.0.1:{door}/graphql"
            answer = await client.post(url, json={"query": QUERY % 4})
        return len(answer.json()["data"]["node"]["subject"])

    with running_desk() as (desk, port):
        desk.tickets = [TICKETS[0] | {"id": number, "about": "x" * LETTERS} for number in range(5)]
        (tmp_path / "customers.csv").write_text(CUSTOMERS)
        length = asyncio.run(run(port))

    assert length == LETTERS
    assert desk.request_count == 4
