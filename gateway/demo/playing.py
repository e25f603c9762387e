"""Playing the systems that the demo's gateway asks: a process of their own, at free ports."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway.demo.access import CRM_TOKEN, DESK_PASSWORD, DESK_USER, VISITORS

_PATIENCE_S = 5.0


def variables(data: Path, store: Path, *, crm_url: str, desk_url: str) -> Mapping[str, str]:
    """What the configuration of the demo takes from the environment."""
    return {
        "DEMO_DATA": str(data),
        "DEMO_STORE": str(store),
        "CRM_URL": crm_url,
        "CRM_TOKEN": CRM_TOKEN,
        "DESK_URL": desk_url,
        "DESK_USER": DESK_USER,
        "DESK_PASSWORD": DESK_PASSWORD,
        **{f"DEMO_{each.role.upper()}_KEY": str(each.key) for each in VISITORS},
    }


@contextmanager
def ports() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two listening sockets at free ports of this machine: requests wait until they are served."""
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("127.0.0.1", 0)) as second,
    ):
        yield first, second


def url(listening: socket.socket) -> str:
    """The address of a socket."""
    host, port = listening.getsockname()
    return f"http://{host}:{port}"


@contextmanager
def played(data: Path, sockets: tuple[socket.socket, socket.socket]) -> Iterator[int]:
    """The process that serves the CRM and the help desk, as its id, as long as the block lasts.

    It ends with this process, however this one ends: the pipe between them closes.
    """
    descriptors = [each.fileno() for each in sockets]
    # -P: a folder `gateway` where the user happens to be must not be taken for ours. A session of
    # its own: Ctrl-C is for the gateway, which must still be able to ask while it stops.
    process = subprocess.Popen(  # noqa: S603 - our own module and numbers
        [sys.executable, "-P", "-m", "gateway.demo.sources", str(data), *map(str, descriptors)],
        stdin=subprocess.PIPE,
        pass_fds=descriptors,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
