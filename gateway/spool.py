"""Documents on their way from a source to a client.

What a source gives is written to a file that has no name, as fast as it comes, and read from there
as fast as the client takes it. So a slow client holds a file of ours and no connection of the
source, and memory holds no more than a piece of each document.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from connectors.contract import DocumentStream, Malformed, Refused, SourceError, Unavailable
from gateway.config import Settings

PIECE_BYTES = 256 * 1024
_FULL_RETRY_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may be on its way in one process.

    `folder`: where the files are. `max_bytes`: the largest document. `room_bytes`: all together.
    `source_timeout_s`: how long a source may take for a whole document; `client_timeout_s`: how
    long a client may take nothing of it.
    """

    folder: Path
    max_bytes: int
    room_bytes: int
    source_timeout_s: float
    client_timeout_s: float


def room_of(settings: Settings) -> Room:
    """The room that the settings give, with its folder among what the gateway makes itself."""
    downloads = settings.downloads
    return Room(
        folder=settings.data_dir / "downloads",
        max_bytes=downloads.max_bytes,
        room_bytes=downloads.room_bytes,
        source_timeout_s=downloads.source_timeout_s,
        client_timeout_s=downloads.client_timeout_s,
    )


@dataclass(slots=True)
class Spools:
    """The documents that are on their way in this process; `taken_bytes` are spoken for."""

    room: Room
    taken_bytes: int = field(default=0, init=False)

    async def spooled(
        self, stream: DocumentStream, *, source: str, size_bytes: int | None
    ) -> "Spool":
        """A document whose beginning is there. The stream is closed, whatever happens.

        Raises `Refused` for one that is too large, `Unavailable` where there is no room, and what
        the source raises at once.
        """
        limit = self.room.max_bytes if size_bytes is None else size_bytes
        try:
            self._take(limit, source)
        except SourceError:
            await stream.aclose()
            raise
        spool = Spool(self, source=source, limit=limit, size_bytes=size_bytes)
        try:
            await spool.begin(stream)
        except BaseException:
            await spool.close()
            raise
        return spool

    def give_back(self, count: int) -> None:
        """Speak no longer for so many bytes."""
        self.taken_bytes -= count

    def _take(self, count: int, source: str) -> None:
        if count > self.room.max_bytes:
            raise too_large(source, self.room.max_bytes)
        if self.taken_bytes + count > self.room.room_bytes:
            text = "there is no room for a further download: raise `downloads.room_bytes`"
            raise Unavailable(source, text, retry_after_s=_FULL_RETRY_S)
        self.taken_bytes += count


class Spool:
    """One document on its way. `failure` is what its source failed with, once it did."""

    def __init__(self, spools: Spools, *, source: str, limit: int, size_bytes: int | None) -> None:
        self.failure: SourceError | None = None
        self._spools = spools
        self._source = source
        self._limit = limit
        self._size_bytes = size_bytes
        self._file: BinaryIO | None = None
        self._task: asyncio.Task[None] | None = None
        self._written = 0
        self._is_whole = False
        self._news = asyncio.Event()

    async def begin(self, stream: DocumentStream) -> None:
        """Start to write, and wait until there is something, or the failure is known."""
        self._task = asyncio.create_task(self._fill(stream))
        while not (self._written or self._is_whole or self.failure):
            await self._new()
        if self.failure:
            raise self.failure

    async def pieces(self) -> AsyncIterator[bytes]:
        """The document, piece by piece as it comes; raises what its source failed with."""
        place = 0
        while True:
            if self.failure:
                raise self.failure
            if place < self._written:
                count = min(PIECE_BYTES, self._written - place)
                piece = await asyncio.to_thread(os.pread, self._number, count, place)
                place += len(piece)
                yield piece
            elif self._is_whole:
                return
            else:
                await self._new()

    async def close(self) -> None:
        """Stop, and give back the file and its room. It may be called again."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        if self._file is not None:
            await asyncio.to_thread(self._file.close)
        self._spools.give_back(self._limit)

    @property
    def _number(self) -> int:
        if self._file is None:
            raise ValueError("nothing was written yet")
        return self._file.fileno()

    async def _fill(self, stream: DocumentStream) -> None:
        try:
            async with asyncio.timeout(self._spools.room.source_timeout_s):
                await self._copied(stream)
            self._is_whole = True
        except SourceError as error:
            self.failure = error
        except TimeoutError as exc:
            self.failure = self._failed("took too long to give a whole document", exc)
        except OSError as exc:
            self.failure = self._failed(f"could not be written to disk: {exc.strerror}", exc)
        except Exception as exc:  # noqa: BLE001  # whatever a connector of somebody else raises
            self.failure = self._failed(f"failed unexpectedly ({type(exc).__name__})", exc)
        finally:
            await stream.aclose()
            self._news.set()

    def _failed(self, text: str, exc: Exception) -> SourceError:
        error = Unavailable(self._source, f"a download {text}")
        error.__cause__ = exc
        return error

    async def _copied(self, stream: DocumentStream) -> None:
        self._file = await asyncio.to_thread(_new_file, self._spools.room.folder)
        async for chunk in stream:
            if self._written + len(chunk) > self._limit:
                raise self._surplus()
            await asyncio.to_thread(_write, self._number, chunk, self._written)
            self._written += len(chunk)
            self._news.set()
        if self._size_bytes is not None and self._written != self._size_bytes:
            text = f"a document of {self._size_bytes} bytes ended after {self._written}"
            raise Malformed(self._source, text)

    def _surplus(self) -> SourceError:
        if self._size_bytes is None:
            return too_large(self._source, self._limit)
        return Malformed(self._source, f"a document of {self._size_bytes} bytes did not end there")

    async def _new(self) -> None:
        await self._news.wait()
        self._news.clear()


def too_large(source: str, max_bytes: int) -> Refused:
    """A document that is larger than may be passed on."""
    return Refused(
        source, f"a document has more than {max_bytes} bytes: raise `downloads.max_bytes`"
    )


def _new_file(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder, buffering=0)


def _write(number: int, chunk: bytes, place: int) -> None:
    rest = memoryview(chunk)
    while rest:
        count = os.pwrite(number, rest, place)
        rest, place = rest[count:], place + count
