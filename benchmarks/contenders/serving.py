"""How every contender is served: one uvicorn worker on uvloop and httptools."""

import argparse
import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import uvicorn
import uvloop


def database_url() -> str:
    """The database from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", help="the URL of the database with the data set")
    url: str = parser.parse_args().database
    return url


async def serve(app: Any) -> None:
    """Serve an ASGI application on a free port, which is printed, until SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        print(listening.getsockname()[1], flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a contender to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
