"""What a connector gives of a document that is downloaded: its bytes, or where they are."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


class DocumentStream(Protocol):
    """The bytes of a document, read once. It may hold a connection until it is closed."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def __anext__(self) -> Awaitable[bytes]: ...

    async def aclose(self) -> None:
        """Give back what it holds; it need not have been read."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentAddress:
    """An address, good for a short while, at which clients get a document from its source."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent:
    """The content of a document: a file of this machine, a stream of its bytes, or where it is.

    `size_bytes` is missing where a stream's length is not known beforehand.
    """

    name: str
    media_type: str
    size_bytes: int | None
    body: Path | DocumentStream | DocumentAddress


@runtime_checkable
class DocumentReader(Protocol):
    """A connector whose documents can be downloaded."""

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The content of a document, `None` where there is none; raises `SourceError`."""
        ...
