"""The shelf: all documents below a folder, as records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from connectors.contract import DocumentContent, Malformed, Skipped
from connectors.files.facts import facts
from connectors.files.folder import DataFile, mapped_errors
from connectors.files.media import UNKNOWN
from connectors.files.options import DocumentEntity
from connectors.files.sidecar import NOTHING, Round, Sidecars
from connectors.files.snapshot import Snapshot
from connectors.files.walk import Candidate, walk
from connectors.mapping import Translation

Made: TypeAlias = tuple[tuple[str, ...], tuple[Any, ...] | Skipped]
"""What was made of a file, and of which fingerprints."""


@dataclass(slots=True)
class Catalogue:
    """The documents at one moment: their rows, and where each is.

    `unmatched` counts the files that the layout does not fit, `example` is one of them.
    """

    made_at: datetime
    snapshot: Snapshot
    files: dict[str, DataFile] = field(default_factory=dict)
    unmatched: int = 0
    example: str | None = None


@dataclass(slots=True)
class Shelving:
    """One walk: what earlier ones made of each file, and what this one makes."""

    now: datetime
    sidecars: Round
    earlier: Mapping[str, Made]
    rows: dict[str, Made] = field(default_factory=dict)


class Shelf:
    """The documents of a folder; `walks` counts how often it was looked through.

    `version` is made of the time of the last change and the length: it tells changes without
    reading the content.
    """

    def __init__(
        self, options: DocumentEntity, translation: Translation, *, root: Path, limit: int
    ) -> None:
        self.translation = translation
        self.fields = ("record_id", *sorted(translation.provided_fields))
        self.walks = 0
        self._options = options
        self._root = root
        self._lock = Lock()
        self._limit = limit
        self._sidecars = Sidecars(root, source=translation.source)
        self._rows: Mapping[str, Made] = {}
        self._catalogue: Catalogue | None = None

    def current(self, *, now: datetime, max_age: timedelta) -> Catalogue:
        """The documents; the folder is walked through again where the last walk is too old."""
        with self._lock:
            last = self._catalogue
            if last is None or now - last.made_at >= max_age:
                self._catalogue = last = self._walked(now)
            return last

    def content(self, catalogue: Catalogue, record_id: str) -> DocumentContent | None:
        """A document as it is on disk now; `None` where it is not in the catalogue or has gone.

        Only paths that the walk found are opened, and only while they are inside the folder.
        """
        file = catalogue.files.get(record_id)
        if file is None or not file.path.resolve().is_relative_to(self._root.resolve()):
            return None
        row = dict(zip(self.fields, catalogue.snapshot.rows[record_id], strict=True))
        with mapped_errors(self.translation.source, file.name):
            if not file.path.is_file():
                return None
            size = file.path.stat().st_size
        return DocumentContent(
            name=_with_suffix(row["name"], file.path.suffix),
            media_type=row["media_type"] or UNKNOWN,
            size_bytes=size,
            body=file.path,
        )

    def _walked(self, now: datetime) -> Catalogue:
        self.walks += 1
        catalogue = Catalogue(now, Snapshot(self.fields, {}))
        skipped: list[Skipped] = []
        shelving = Shelving(now, self._sidecars.round(self._options.sidecar), self._rows)
        source = self.translation.source
        for candidate in walk(
            self._root, source=source, sidecar=self._options.sidecar, limit=self._limit
        ):
            problem = self._shelved(candidate, catalogue, shelving)
            if problem is not None:
                skipped.append(problem)
        self._rows = shelving.rows
        catalogue.snapshot.skipped = (*skipped, *self._sidecars.skipped())
        return catalogue

    def _shelved(
        self, candidate: Candidate, catalogue: Catalogue, shelving: Shelving
    ) -> Skipped | None:
        """Put a document into the catalogue, or say why it cannot be."""
        file = candidate.file
        layout = self._options.layout.parts(file.name)
        if layout is None:
            catalogue.unmatched += 1
            catalogue.example = catalogue.example or file.name
            return None
        if not _is_text(file.name):
            shown = file.name.encode("utf-8", "backslashreplace").decode()
            return Skipped(None, f"{shown}: its name is not UTF-8; rename it")
        row = self._row(candidate, layout, shelving)
        if isinstance(row, Skipped):
            return row
        if row[0] in catalogue.files:
            return _same_id(row[0], file)
        catalogue.snapshot.rows[row[0]], catalogue.files[row[0]] = row, file
        return None

    def _row(
        self, candidate: Candidate, layout: Mapping[str, str], shelving: Shelving
    ) -> tuple[Any, ...] | Skipped:
        """The row of a document, made anew only where the file or one of its sidecars changed."""
        file, none = candidate.file, ("", NOTHING)
        meta_print, meta = shelving.sidecars.of_file(file.path) if candidate.has_meta else none
        side_print, sidecar = shelving.sidecars.of_folder(file.path.parent)
        state = (file.fingerprint, meta_print, side_print)
        known = shelving.earlier.get(file.name)
        if known is None or known[0] != state:
            raw = facts(file, layout=layout, meta=meta, sidecar=sidecar, kinds=self._options.kinds)
            known = (state, self._translated(file, raw, shelving.now))
        shelving.rows[file.name] = known
        return known[1]

    def _translated(
        self, file: DataFile, raw: Mapping[str, Any], now: datetime
    ) -> tuple[Any, ...] | Skipped:
        try:
            return self.translation.reader(self.fields, observed_at=now)(raw)
        except Malformed as problem:
            return Skipped(file.name, f"{file.name}: {problem.message}")


def _is_text(name: str) -> bool:
    """Names that are no UTF-8 come from the system with stray surrogates."""
    return name.isascii() or not any("\ud800" <= each <= "\udfff" for each in name)


def _with_suffix(name: str, suffix: str) -> str:
    return name if name.lower().endswith(suffix.lower()) else name + suffix


def _same_id(record_id: str, file: DataFile) -> Skipped:
    return Skipped(
        record_id, f"{file.name}: another document has the id '{record_id}'; rename one of them"
    )
