"""A door in front of a server: while it is shut, the server is down for who comes through it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Target = tuple[str, int] | Path
"""A host and a port, or a socket in the file system."""


class Door:
    """Passes bytes between clients and a server of this machine, as long as it is open."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept, self._listener)

    def shut(self) -> None:
        """Refuse and break all connections."""
        with self._lock:
            doomed, self._open = [self._listener, *self._open], []
        for each in doomed:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def reopen(self) -> None:
        """Let clients in again, at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._spawn(self._accept, self._listener)

    def _spawn(self, work: object, *sockets: socket.socket) -> None:
        thread = threading.Thread(target=work, args=sockets, daemon=True)  # type: ignore[arg-type]  # a method
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server = _connected(self._target)
                with self._lock:
                    self._open += [client, server]
                self._spawn(self._pass, client, server)
                self._spawn(self._pass, server, client)

    def _pass(self, come: socket.socket, go: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := come.recv(65536):
                go.sendall(data)
            go.shutdown(socket.SHUT_WR)


def _connected(target: Target) -> socket.socket:
    if not isinstance(target, Path):
        tcp = socket.create_connection(target)
        # A request in two packets would wait 40 ms for the second one.
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tcp
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(target))
    return connection


@contextmanager
def door(target: Target) -> Iterator[Door]:
    """A door to a server, shut at the end."""
    made = Door(target)
    try:
        yield made
    finally:
        made.shut()
