"""What a supervisor and its workers say to each other, through pipes that nobody else has."""

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from gateway.config import Settings

READY = b"ready\n"
"""What a worker writes when it answers; after it come replies only, one for each message."""

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is to do: answer at an inherited socket, and perhaps pull the sources."""

    number: int
    settings: Settings
    listening: int
    does_pull: bool


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Answer with other settings from now on."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether the configuration in the file was refused."""

    is_outdated: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """Give the figures for Prometheus."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a message: a problem in words, or what was wanted."""

    problem: str | None = None
    content: Any = None


def framed(message: object) -> bytes:
    """A message as it goes through a pipe."""
    text = pickle.dumps(message)
    return _LENGTH.pack(len(text)) + text


def read(pipe: BinaryIO) -> Any:
    """The next message, waited for. Raises `EOFError` where the other side is gone."""
    length = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    # Only the process that started this one, or was started by it, can write here.
    return pickle.loads(_exactly(pipe, length))  # noqa: S301


async def receive(reader: asyncio.StreamReader) -> Any:
    """The next message. Raises `EOFError` where the other side is gone."""
    length = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))[0]
    return pickle.loads(await reader.readexactly(length))  # noqa: S301 - as above


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        piece = pipe.read(size)
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
