"""The connector of a folder: table files and documents, read in threads."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    DocumentContent,
    Environment,
    Finding,
    Misconfigured,
    Skipped,
)
from connectors.documents import changes as document_changes
from connectors.documents.entity import DocumentEntity
from connectors.documents.shared import Shared
from connectors.documents.shelf import Catalogue, Shelf
from connectors.documents.snapshot import Snapshot
from connectors.files import changes
from connectors.files.checking import check_documents, check_table
from connectors.files.dataset import DataSet
from connectors.files.discovering import discovered
from connectors.files.folder import DataFile
from connectors.files.options import FilesOptions
from connectors.files.shelf import FolderShelf
from connectors.mapping import Translation


class Part(Protocol):
    """One entity of a folder."""

    translation: Translation

    async def snapshot(self) -> Snapshot:
        """The rows as they are now."""
        ...

    def pages(self, since: Cursor | None) -> Iterator[ChangePage]:
        """Changes since a cursor; called in threads, one at a time."""
        ...

    def findings(self) -> Iterator[Finding]:
        """What does not fit; called in a thread."""
        ...


class TablePart:
    """An entity in table files."""

    def __init__(self, name: str, data: DataSet, environment: Environment) -> None:
        self.data = data
        self.translation = data.translation
        self._name = name
        self._now = environment.now
        self._current = Shared(partial(asyncio.to_thread, self._load))

    def _load(self) -> Snapshot:
        return self.data.current(now=self._now())

    async def snapshot(self) -> Snapshot:
        """The rows of the files as they are now."""
        return await self._current.outcome()

    def pages(self, since: Cursor | None) -> Iterator[ChangePage]:
        """The changes of the files."""
        return changes.pages(self.data, since=since, now=self._now())

    def findings(self) -> Iterator[Finding]:
        """What does not fit in the files."""
        return check_table(self._name, self.data, now=self._now())


class ShelfPart:
    """The entity `document`, where files are documents."""

    def __init__(self, shelf: FolderShelf, environment: Environment, max_age: timedelta) -> None:
        self.shelf = shelf
        self.translation = shelf.shelf.translation
        self._now = environment.now
        self._recent = Shared(partial(asyncio.to_thread, self._walked, max_age))
        self._fresh = Shared(partial(asyncio.to_thread, self._walked, timedelta(0)))

    async def snapshot(self) -> Snapshot:
        """The documents, as the last walk found them."""
        return (await self._recent.outcome()).snapshot

    def pages(self, since: Cursor | None) -> Iterator[ChangePage]:
        """The changes of the folder."""
        now = self._now()
        found = self.shelf.current(now=now, max_age=timedelta(0)).snapshot
        rows: list[tuple[Any, ...] | Skipped] = [*found.rows.values(), *found.skipped]
        yield from document_changes.pages(self.shelf.shelf, rows, since=since, now=now)

    def findings(self) -> Iterator[Finding]:
        """What does not fit in the folder."""
        return check_documents(self.shelf, now=self._now())

    async def content(self, record_id: str) -> DocumentContent | None:
        """A document's content; one that is not known may be new, so the folder is walked again."""
        for catalogue in (self._recent, self._fresh):
            known = await catalogue.outcome()
            if record_id in known.files:
                return await asyncio.to_thread(self.shelf.content, known, record_id)
        return None

    def _walked(self, max_age: timedelta) -> Catalogue[DataFile]:
        return self.shelf.current(now=self._now(), max_age=max_age)


class FilesConnector:
    """A source that is a folder of files."""

    def __init__(self, name: str, options: FilesOptions, environment: Environment) -> None:
        self.name = name
        self._options = options
        self._environment = environment
        self._root = environment.base_dir / options.path
        self._parts = {
            part.translation.entity.name: part
            for part in (self._part(each) for each in options.entities)
        }

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Lookups by key and by reference, lists, and changes with deletions; nothing pushed down.

        What is not looked up is filtered and sorted by the federation, in memory as the rows are.
        """
        return {name: _capability(part.translation) for name, part in self._parts.items()}

    async def check(self) -> Sequence[Finding]:
        """Whether the files are there, can be read, and have what the mappings name."""
        parts = list(self._parts.values())
        return await asyncio.to_thread(lambda: [f for part in parts for f in part.findings()])

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The table files in the folder, with their columns."""
        limit = self._options.max_documents
        return await asyncio.to_thread(
            lambda: list(discovered(self._root, source=self.name, limit=limit))
        )

    async def fetch(self, batch: Batch) -> Answer:
        """The rows of a batch; reads only files that have changed since the last one."""
        async with self._environment.gate.turn(batch.timeout_s):
            snapshot = await self._of(batch.entity).snapshot()
            return await asyncio.to_thread(snapshot.answer, batch, now=self._environment.now())

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """Changes of an entity: see `changes` here and in `connectors.documents`."""
        pages = await asyncio.to_thread(self._of(entity).pages, since)
        while True:
            async with self._environment.gate.turn(self._options.timeout_s):
                page = await asyncio.to_thread(next, pages, None)
            if page is None:
                return
            yield page

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The content of a document, where files are documents."""
        part = self._parts.get("document")
        if not isinstance(part, ShelfPart):
            return None
        async with self._environment.gate.turn(self._options.timeout_s):
            return await part.content(record_id)

    async def close(self) -> None:
        """Nothing is held open."""

    def _of(self, entity: str) -> Part:
        if entity not in self._parts:
            raise Misconfigured(self.name, f"it has no entity '{entity}'; add it to 'entities'")
        return self._parts[entity]

    def _part(self, name: str) -> Part:
        options, mapping = self._options, self._options.entities[name]
        translation = Translation(
            mapping,
            source=self.name,
            time_zone=options.time_zone,
            phone_region=options.phone_region,
        )
        if isinstance(mapping, DocumentEntity):
            limit = options.max_documents
            shelf = FolderShelf(Shelf(mapping, translation), root=self._root, limit=limit)
            return ShelfPart(shelf, self._environment, timedelta(seconds=options.refresh_s))
        data = DataSet(mapping, translation, root=self._root, max_bytes=options.max_bytes)
        return TablePart(name, data, self._environment)


def _capability(translation: Translation) -> Capability:
    references = {(f"{name}_ref",) for name in translation.mapping.references}
    return Capability(
        entity=translation.entity.name,
        fields=translation.provided_fields,
        matches=frozenset({("record_id",), *references}),
        tells_changes=True,
        tells_deletions=True,
        references=translation.references,
    )


def open_files(name: str, options: FilesOptions, environment: Environment) -> FilesConnector:
    """The connector of a configured folder; nothing is read yet."""
    return FilesConnector(name, options, environment)
