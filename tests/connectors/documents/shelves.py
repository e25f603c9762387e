"""A connector over a store in memory that counts what it is asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.contract import (
    Answer,
    Batch,
    ChangePage,
    Connector,
    Cursor,
    DocumentStream,
    Environment,
    Finding,
    SourceError,
)
from connectors.documents.connector import StoreConnector
from connectors.documents.options import StoreOptions
from connectors.documents.store import Opened, RemoteFile
from connectors.http.message import Run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAYOUT = "customers/{customer}/{kind}/{name}"


@dataclass
class MemoryStore:
    """Files by name. `failures` are those of single folders; `log` has every call."""

    files: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, SourceError] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0
    closed: int = 0

    async def pages(
        self, folder: str, run: Run, *, depth: int | None
    ) -> AsyncIterator[Sequence[RemoteFile]]:
        """Two files a page."""
        del depth
        await self._called(f"list {folder}", run)
        if folder in self.failures:
            raise self.failures[folder]
        names = sorted(name for name in self.files if name.startswith(folder))
        for place in range(0, len(names), 2):
            yield [self._file(name) for name in names[place : place + 2]]

    async def read(self, file: RemoteFile, run: Run) -> bytes | None:
        """A file."""
        await self._called(f"read {file.name}", run)
        return self.files.get(file.key)

    async def open(self, file: RemoteFile, name: str) -> Opened | None:
        """A file as one chunk."""
        await self._called(f"open {name}", Run())
        content = self.files.get(file.key)
        return None if content is None else Opened(body=_stream(content), size_bytes=len(content))

    async def hints(self) -> Sequence[Finding]:
        """None."""
        return ()

    async def close(self) -> None:
        """Count it."""
        self.closed += 1

    async def _called(self, what: str, run: Run) -> None:
        run.calls += 1
        self.log.append(what)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        await asyncio.sleep(0)
        self.busy -= 1

    def _file(self, name: str) -> RemoteFile:
        content = self.files[name]
        return RemoteFile(
            name=name,
            key=name,
            size_bytes=len(content),
            modified_at=NOW,
            version=f"{hash(content)}",
        )


def _stream(content: bytes) -> DocumentStream:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return chunks()  # type: ignore[return-value]  # a generator can be closed


class Shelves:
    """A source over such a store; `now` can be moved."""

    def __init__(self, files: Mapping[str, bytes] | None = None, **settings: Any) -> None:
        document = settings.pop("document", {"layout": LAYOUT})
        self.now = NOW
        self.store = MemoryStore(dict(files or {}))
        options = StoreOptions.model_validate(
            {"kind": "s3", "entities": {"document": document}, **settings}
        )
        environment = Environment(now=lambda: self.now, base_dir=Path())
        self.connector = StoreConnector("shelves", options, environment, self.store)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def ask(self, *fields: str, match: str | None = None, keys: Sequence[str] = ()) -> Answer:
        """One batch, answered."""
        return asyncio.run(self.connector.fetch(batch(*fields, match=match, keys=keys)))

    def scanned(self, since: Cursor | None = None) -> list[ChangePage]:
        """All pages of a scan."""

        async def pages() -> list[ChangePage]:
            return [page async for page in self.connector.scan("document", since=since)]

        return asyncio.run(pages())

    def findings(self) -> Sequence[Finding]:
        """What `check` says."""
        return asyncio.run(self.connector.check())


def batch(*fields: str, match: str | None = None, keys: Sequence[str] = ()) -> Batch:
    """A question about documents."""
    return Batch(
        entity="document",
        fields=fields,
        match=(match,) if match else (),
        keys=tuple((each,) for each in keys),
    )


def answered(connector: Connector, question: Batch) -> Answer:
    """The answer of a connector that is closed afterwards."""

    async def run() -> Answer:
        try:
            return await connector.fetch(question)
        finally:
            await connector.close()

    return asyncio.run(run())


def checked(connector: Connector) -> list[Finding]:
    """What `check` of a connector says that is closed afterwards."""

    async def run() -> list[Finding]:
        try:
            return list(await connector.check())
        finally:
            await connector.close()

    return asyncio.run(run())


async def text_of(connector: StoreConnector, record_id: str) -> bytes:
    """A document that is streamed."""
    content = await connector.open_document(record_id)
    assert content is not None
    stream: Any = content.body
    text = b"".join([each async for each in stream])
    await stream.aclose()
    assert content.size_bytes == len(text)
    return text
