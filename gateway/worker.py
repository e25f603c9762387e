"""One of several processes that answer at the same address: `python -m gateway.worker`.

Its order comes through the standard input, which stays open as long as the process that started it
lives; it writes a line when it answers.
"""

import asyncio
import pickle
import signal
import socket
import sys
from dataclasses import dataclass
from typing import BinaryIO

from gateway.app import Gateway
from gateway.config import Settings
from gateway.failure import told
from gateway.logs import set_up
from gateway.serving import answer, run

READY = b"ready\n"
"""What a worker writes when it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is to do: answer at an inherited socket, and perhaps pull the sources."""

    settings: Settings
    listening: int
    does_pull: bool


def main() -> None:
    """Work as ordered, until a signal or until the process that gave the order is gone."""
    # Only the process that started this one can write here.
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301
    set_up(order.settings.telemetry)
    try:
        run(_work(order))
    except Exception as exc:  # noqa: BLE001 - the edge of the process: whatever it is, say it in words
        code, text = told(exc)
        sys.stderr.write(f"{text}\n")
        sys.exit(code)


async def _work(order: Order) -> None:
    orphaned = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, _read, sys.stdin.buffer, orphaned)
    with socket.socket(fileno=order.listening) as listening:
        caught = await answer(
            order.settings,
            listening,
            when_ready=_tell,
            does_pull=order.does_pull,
            stop=orphaned,
        )
    for number in caught:
        signal.raise_signal(number)


def _read(pipe: BinaryIO, orphaned: asyncio.Event) -> None:
    if not pipe.read1(1):  # type: ignore[attr-defined]  # the standard input is buffered
        asyncio.get_running_loop().remove_reader(pipe)
        orphaned.set()


async def _tell(_gateway: Gateway, _listening: socket.socket) -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
