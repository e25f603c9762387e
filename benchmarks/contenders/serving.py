"""How every contender of ours is served: one uvicorn worker on uvloop and httptools."""

import argparse
import asyncio
import socket
from collections.abc import Coroutine, Sequence
from typing import Any

import uvicorn
import uvloop


def arguments(*options: str, flags: Sequence[str] = ()) -> argparse.Namespace:
    """The command line: the database, and options with and without a value."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", help="the URL of the database with the data set")
    for each in options:
        parser.add_argument(f"--{each}")
    for each in flags:
        parser.add_argument(f"--{each}", action="store_true")
    return parser.parse_args()


async def serve(app: Any) -> None:
    """Serve an ASGI application on a free port, which is printed, until SIGTERM."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(listening.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        await uvicorn.Server(config).serve(sockets=[listening])


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a contender to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
