"""Stores of documents that are asked over the network."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.contract import DocumentAddress, DocumentStream, Finding
from connectors.http.message import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file in a store, as it was when it was listed.

    `name` is its path below the root, in Unicode's NFC; `key` is the path as the store writes it.
    """

    name: str
    key: str
    size_bytes: int | None
    modified_at: datetime | None
    version: str | None
    media_type: str | None = None

    @property
    def fingerprint(self) -> str:
        """What changes when the file does."""
        moment = self.modified_at.isoformat() if self.modified_at else ""
        return f"{self.version}-{self.size_bytes}-{moment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The content of a file, and its length where the store tells it."""

    body: DocumentStream | DocumentAddress
    size_bytes: int | None


class DocumentStore(Protocol):
    """A store. Making one does no I/O; whatever goes wrong is a `SourceError`."""

    def pages(
        self, folder: str, run: Run, *, depth: int | None
    ) -> AsyncIterator[Sequence[RemoteFile]]:
        """The files below a folder, such as `customers/1007/`; the empty text is the root.

        A folder that is not there has none; the root must be there. `depth` is how many steps
        below the folder files are looked for, where that is bounded.
        """
        ...

    async def read(self, file: RemoteFile, run: Run) -> bytes | None:
        """A small file whole; `None` where it has gone."""
        ...

    async def open(self, file: RemoteFile, name: str) -> Opened | None:
        """The content of a file that a client shall save as `name`; `None` where it has gone."""
        ...

    async def hints(self) -> Sequence[Finding]:
        """What may be wrong where nothing at all was found. Asks the store."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
