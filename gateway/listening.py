"""The socket that the gateway listens at, opened before anything else is started."""

import errno
import socket

from gateway.config.settings import Server


def listen(server: Server) -> socket.socket:
    """A listening socket. Raises `OSError` with what to do where the address cannot be had."""
    is_v6 = ":" in server.host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    try:
        return socket.create_server((server.host, server.port), family=family, backlog=2048)
    except OSError as exc:
        raise OSError(exc.errno, _advice(exc, server)) from exc


def address(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared, not listened at
    return f"http://{here}:{port}"


def _advice(exc: OSError, server: Server) -> str:
    if exc.errno == errno.EADDRINUSE:
        return (
            f"port {server.port} of {server.host} is taken by another program; stop that one, or"
            " choose another port with --port or server.port"
        )
    if exc.errno == errno.EACCES:
        return f"port {server.port} is only for root; choose one above 1023"
    return f"cannot listen at {server.host}, port {server.port}: {exc.strerror or exc}"
