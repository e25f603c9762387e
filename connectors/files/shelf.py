"""The documents below a folder."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from connectors.contract import DocumentContent
from connectors.documents.media import UNKNOWN
from connectors.documents.shelf import Catalogue, Listed, Made, Shelf, with_suffix
from connectors.documents.sidecar import NO_SIDECAR, Sidecar
from connectors.files.folder import DataFile, mapped_errors
from connectors.files.sidecar import Round, Sidecars
from connectors.files.walk import Candidate, walk


class FolderShelf:
    """The documents of a folder; `walks` counts how often it was looked through."""

    def __init__(self, shelf: Shelf, *, root: Path, limit: int) -> None:
        self.shelf = shelf
        self.walks = 0
        self._root = root
        self._source = shelf.translation.source
        self._lock = Lock()
        self._limit = limit
        self._sidecars = Sidecars(root, source=self._source)
        self._made: Mapping[str, Made] = {}
        self._catalogue: Catalogue[DataFile] | None = None

    def current(self, *, now: datetime, max_age: timedelta) -> Catalogue[DataFile]:
        """The documents; the folder is walked through again where the last walk is too old."""
        with self._lock:
            last = self._catalogue
            if last is None or now - last.made_at >= max_age:
                self._catalogue = last = self._walked(now)
            return last

    def content(self, catalogue: Catalogue[DataFile], record_id: str) -> DocumentContent | None:
        """A document as it is on disk now; `None` where it is not in the catalogue or has gone.

        Only paths that the walk found are opened, and only while they are inside the folder.
        """
        file = catalogue.files.get(record_id)
        if file is None or not file.path.resolve().is_relative_to(self._root.resolve()):
            return None
        row = catalogue.snapshot.record(record_id)
        with mapped_errors(self._source, file.name):
            if not file.path.is_file():
                return None
            size = file.path.stat().st_size
        return DocumentContent(
            name=with_suffix(row["name"], file.path.suffix),
            media_type=row["media_type"] or UNKNOWN,
            size_bytes=size,
            body=file.path,
        )

    def _walked(self, now: datetime) -> Catalogue[DataFile]:
        self.walks += 1
        name = self.shelf.options.sidecar
        listed = self._listed(self._sidecars.round(name), name)
        catalogue = self.shelf.catalogue(listed, now=now, earlier=self._made)
        self._made = catalogue.made
        snapshot = catalogue.snapshot
        snapshot.skipped = (*snapshot.skipped, *self._sidecars.skipped())
        return catalogue

    def _listed(self, sidecars: Round, name: str) -> Iterator[Listed[DataFile]]:
        for each in walk(self._root, source=self._source, sidecar=name, limit=self._limit):
            yield Listed(each.file, partial(_sidecars, each, sidecars))


def _sidecars(candidate: Candidate, sidecars: Round) -> tuple[Sidecar, Sidecar]:
    path = candidate.file.path
    own = sidecars.of_file(path) if candidate.has_meta else NO_SIDECAR
    return own, sidecars.of_folder(path.parent)
