"""The connector of a store of documents, whatever its protocol."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import PurePosixPath

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
    Key,
    SourceError,
    TimedOut,
)
from connectors.documents import changes
from connectors.documents.checking import check
from connectors.documents.discovering import discovered
from connectors.documents.media import UNKNOWN
from connectors.documents.options import StoreOptions
from connectors.documents.remote import RemoteShelf
from connectors.documents.shared import Shared
from connectors.documents.shelf import Catalogue, with_suffix
from connectors.documents.snapshot import Snapshot
from connectors.documents.store import DocumentStore, RemoteFile
from connectors.http.message import Run
from connectors.mapping import Translation


class StoreConnector:
    """A source that is a store of documents."""

    def __init__(
        self, name: str, options: StoreOptions, environment: Environment, store: DocumentStore
    ) -> None:
        self.name = name
        self._options = options
        self._now = environment.now
        self._store = store
        self._translation = Translation(
            options.document,
            source=name,
            time_zone=options.time_zone,
            phone_region=options.phone_region,
        )
        self.shelf = RemoteShelf(store, options, self._translation, now=environment.now)
        max_age = timedelta(seconds=options.refresh_s)
        self._recent = Shared(partial(self.shelf.current, max_age))
        self._fresh = Shared(partial(self.shelf.current, timedelta(0)))

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Lookups by key and by customer, lists, and changes with deletions."""
        references = {(f"{name}_ref",) for name in self._options.document.references}
        capability = Capability(
            entity="document",
            fields=self._translation.provided_fields,
            matches=frozenset({("record_id",), *references}),
            tells_changes=True,
            tells_deletions=True,
            # Each customer has a folder of its own, which takes a listing of its own.
            keys_per_call=dict.fromkeys(
                references if self.shelf.places.head is not None else (), 1
            ),
            references=self._translation.references,
        )
        return {"document": capability}

    async def check(self) -> Sequence[Finding]:
        """Whether the store can be reached, lets us in, and holds files that fit the layout."""
        return await check(self.shelf, self._store)

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The folders at the top of the store, with what is known of the files below them."""
        return await discovered(self._store)

    async def fetch(self, batch: Batch) -> Answer:
        """The rows of a batch: by the folders of customers, where the layout has them."""
        if batch.match and self.shelf.places.head is not None:
            return await self._by_folder(batch)
        snapshot = (await self._recent.outcome()).snapshot
        return await asyncio.to_thread(snapshot.answer, batch, now=self._now())

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """Changes of documents: the whole store is listed, and compared with the cursor."""
        del entity
        now, run = self._now(), Run()
        listed, _ = await self.shelf.listed(await self.shelf.listing("", run), run)
        shelf = self.shelf.shelf
        pages = changes.pages(shelf, shelf.rows(listed, now=now), since=since, now=now)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            yield page

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The content of a document; one that is not in the last list may be new."""
        catalogue = await self._catalogue_with(record_id)
        if catalogue is None:
            return None
        row = catalogue.snapshot.record(record_id)
        file = catalogue.files[record_id]
        name = with_suffix(row["name"], PurePosixPath(file.name).suffix)
        opened = await self._store.open(file, name)
        if opened is None:
            return None
        size = opened.size_bytes
        return DocumentContent(
            name=name, media_type=row["media_type"] or UNKNOWN, size_bytes=size, body=opened.body
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._store.close()

    async def _catalogue_with(self, record_id: str) -> Catalogue[RemoteFile] | None:
        places = self.shelf.places
        if places.head is not None:
            folder = places.of_document(record_id)
            found = await self.shelf.of_folder(folder, Run()) if folder else None
            return found if found and record_id in found.files else None
        for some in (self._recent, self._fresh):
            catalogue = await some.outcome()
            if record_id in catalogue.files:
                return catalogue
        return None

    async def _by_folder(self, batch: Batch) -> Answer:
        places = self.shelf.places
        find = places.of_document if batch.match == ("record_id",) else places.of_customer
        folders = {key: find(key[0]) for key in batch.keys}
        run, slots = Run(), asyncio.Semaphore(self._options.limits.concurrent)
        until = asyncio.get_running_loop().time() + batch.timeout_s
        async with asyncio.TaskGroup() as group:
            tasks = {
                folder: group.create_task(self._below(folder, run, slots, until))
                for folder in dict.fromkeys(folders.values())
                if folder is not None
            }
        found = {folder: task.result() for folder, task in tasks.items()}
        answer = self._joined(found).answer(batch, now=self._now())
        failures: dict[Key, SourceError] = {}
        for key, folder in folders.items():
            outcome = found[folder] if folder else None
            if isinstance(outcome, SourceError):
                failures[key] = outcome
        if failures and len(failures) == len(folders):
            raise next(iter(failures.values()))
        return Answer(answer.rows, failures, answer.skipped, calls=run.calls)

    async def _below(
        self, folder: str, run: Run, slots: asyncio.Semaphore, until: float
    ) -> Catalogue[RemoteFile] | SourceError:
        try:
            async with asyncio.timeout_at(until), slots:
                return await self.shelf.of_folder(folder, run)
        except SourceError as error:
            return error
        except TimeoutError:
            return TimedOut(self.name, "there was no time left to list the folder of a customer")

    def _joined(self, found: Mapping[str, Catalogue[RemoteFile] | SourceError]) -> Snapshot:
        joined = Snapshot(self.shelf.shelf.fields, {})
        for each in found.values():
            if not isinstance(each, SourceError):
                joined.rows |= each.snapshot.rows
                joined.skipped += each.snapshot.skipped
        return joined
