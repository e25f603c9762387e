"""A server as a process of its own, on a free port."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

START_S = 30


def free_port() -> int:
    """A port that nobody listens at in this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextlib.contextmanager
def served(command: Callable[[int], Sequence[str]], **environment: str) -> Iterator[int]:
    """The port of a Python program that listens at it, as long as it is used."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, *command(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port)
        yield port
    finally:
        process.kill()
        process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start within {START_S} s")
