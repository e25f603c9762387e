"""The process that plays the two HTTP systems of the demo: `python -m gateway.demo.sources`.

It gets two listening sockets and a folder, and lives as long as its standard input is open: when
whoever started it ends, in whatever way, the pipe closes and so does this. Beside the folder is a
file that says what is broken at the moment: see `gateway.demo.fault`.
"""

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from gateway.demo import crm, desk
from gateway.demo.access import CRM_TOKEN, DESK_PASSWORD, DESK_USER
from gateway.demo.crm_service import CrmService
from gateway.demo.desk_service import DeskService
from gateway.demo.door import Door
from gateway.demo.fault import SERVICES, Fault, Faults, move, read

_LOOK_S = 0.2


def applications(data_dir: Path) -> tuple[Starlette, Starlette]:
    """The CRM and the help desk, on the data in a folder."""
    crm_service = CrmService(crm.load(data_dir / "crm"), token=CRM_TOKEN)
    desk_service = DeskService(desk.load(data_dir / "desk"), user=DESK_USER, password=DESK_PASSWORD)
    return crm_service.app(), desk_service.app()


async def serve(data_dir: Path, sockets: Sequence[socket.socket]) -> None:
    """Serve both, each behind a door at its socket, until standard input ends."""
    trouble = _Trouble(data_dir)
    servers = [_Server(_config(app)) for app in applications(data_dir)]
    with ExitStack() as stack:
        inner = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in servers]
        for each in inner:
            # asyncio leaves it out for such sockets, and answers of two packets took 44 ms more.
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        jobs = [
            asyncio.create_task(server.serve(sockets=[listening]))
            for server, listening in zip(servers, inner, strict=True)
        ]
        watching = asyncio.create_task(trouble.watch())
        for name, listening, behind in zip(SERVICES, sockets, inner, strict=True):
            door = Door(behind.getsockname()[1], partial(trouble.of, name))
            await asyncio.start_server(door.connect, sock=listening)
        await asyncio.to_thread(sys.stdin.buffer.read)
        watching.cancel()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*jobs)


class _Trouble:
    """What is broken at the moment, as the file beside the data says."""

    def __init__(self, data_dir: Path) -> None:
        self._data = data_dir
        self._faults: Faults = {}

    def of(self, name: str) -> Fault:
        """The fault of a source."""
        return self._faults.get(name, Fault.NONE)

    async def watch(self) -> None:
        """Look at the file again and again."""
        while True:
            self._faults = read(self._data.parent)
            move(self._data, self._faults)
            await asyncio.sleep(_LOOK_S)


class _Server(uvicorn.Server):
    """A server that leaves signals alone: the pipe says when it is over."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.sources")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("sockets", type=int, nargs=2, help="file descriptors that listen")
    given = parser.parse_args()
    asyncio.run(serve(given.data_dir, [socket.socket(fileno=each) for each in given.sockets]))


if __name__ == "__main__":
    main()
