"""The documents of a store: of some customers by their folders, or all of them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connectors.contract import Refused
from connectors.documents.neighbour import Neighbours, SidecarReader
from connectors.documents.options import StoreOptions
from connectors.documents.place import needs_folder_sidecars, places
from connectors.documents.shelf import Catalogue, Listed, Shelf
from connectors.documents.sidecar import META_SUFFIX
from connectors.documents.store import DocumentStore, RemoteFile
from connectors.http.message import Run
from connectors.mapping import Translation

_NO_DOCUMENTS = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(slots=True)
class Listing:
    """Files that may be documents, and the sidecars among them."""

    files: list[RemoteFile] = field(default_factory=list)
    sidecars: list[RemoteFile] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.files) + len(self.sidecars)


class RemoteShelf:
    """The documents of a store; `walks` counts how often all of it was listed."""

    def __init__(
        self,
        store: DocumentStore,
        options: StoreOptions,
        translation: Translation,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self.shelf = Shelf(options.document, translation)
        self.places = places(options.document, translation)
        self.walks = 0
        self._store = store
        self._options = options
        self._source = translation.source
        self.now = now
        self._needs_folders = needs_folder_sidecars(options.document, translation)
        self._reader = SidecarReader(store, concurrent=options.limits.concurrent)
        self._last: Catalogue[RemoteFile] | None = None

    async def of_folder(self, folder: str, run: Run) -> Catalogue[RemoteFile]:
        """The documents below a folder. Raises `SourceError`."""
        listing = await self.listing(folder, run)
        listed, neighbours = await self.listed(listing, run)
        found = self.shelf.catalogue(listed, now=self.now(), earlier={})
        found.snapshot.skipped += tuple(neighbours.skipped())
        return found

    async def current(self, max_age: timedelta) -> Catalogue[RemoteFile]:
        """All documents; the store is listed again where the last list is too old."""
        last = self._last
        if last is None or self.now() - last.made_at >= max_age:
            self._last = last = await self._walked(last)
        return last

    async def listing(self, folder: str, run: Run) -> Listing:
        """What is below a folder. Raises `Refused` where that is more than may be looked at."""
        found = Listing()
        limit = self._options.max_documents
        async for page in self._store.pages(folder, run, depth=self.places.depth(folder)):
            self.sort(page, found)
            if found.count > limit:
                where = f"below {folder}" if folder else "in the store"
                text = f"there are more than {limit} files {where}; raise 'max_documents' or"
                raise Refused(self._source, f"{text} make the root a narrower folder")
        return found

    def sort(self, page: Sequence[RemoteFile], listing: Listing) -> None:
        """Put the files of a page where they belong; hidden ones are left out."""
        folder_name = self._options.document.sidecar
        for file in page:
            *folders, name = file.name.split("/")
            if name == folder_name or name.endswith(META_SUFFIX):
                if name != folder_name or self._needs_folders:
                    listing.sidecars.append(file)
            elif name.lower() not in _NO_DOCUMENTS and not _is_hidden([*folders, name]):
                listing.files.append(file)

    async def listed(
        self, listing: Listing, run: Run
    ) -> tuple[Iterator[Listed[RemoteFile]], Neighbours]:
        """The files with their sidecars, which are read for it. Raises `SourceError`."""
        neighbours = Neighbours(
            folder_name=self._options.document.sidecar,
            floor=self.places.floor,
            ignores_customer=self.places.head is not None,
            read=await self._reader.read(listing.sidecars, run),
        )
        listed = (Listed(each, partial(neighbours.of, each.name)) for each in listing.files)
        return listed, neighbours

    async def _walked(self, last: Catalogue[RemoteFile] | None) -> Catalogue[RemoteFile]:
        self.walks += 1
        run = Run()
        now = self.now()
        listed, neighbours = await self.listed(await self.listing("", run), run)
        found = await asyncio.to_thread(
            self.shelf.catalogue, listed, now=now, earlier=last.made if last else {}
        )
        found.snapshot.skipped += tuple(neighbours.skipped())
        return found


def _is_hidden(steps: Sequence[str]) -> bool:
    return any(each.startswith((".", "~$")) for each in steps)
