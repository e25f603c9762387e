"""Data sets: an entity in table files, held in memory as long as the files do not change."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from connectors.contract import Refused, Skipped, Unavailable
from connectors.documents.snapshot import Rows, Snapshot
from connectors.files.folder import DataFile, matching
from connectors.files.options import TableOptions
from connectors.files.reading import Found, records
from connectors.mapping import Translation

ATTEMPTS = 3
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one file held when it had this fingerprint."""

    fingerprint: str
    rows: Rows
    skipped: tuple[Skipped, ...]


class DataSet:
    """One entity of a folder; `reads` counts how many files were read."""

    def __init__(
        self, options: TableOptions, translation: Translation, *, root: Path, max_bytes: int
    ) -> None:
        self.options = options
        self.translation = translation
        self.fields = ("record_id", *sorted(translation.provided_fields))
        self.reads = 0
        self._root = root
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._loaded: dict[str, Loaded] = {}
        self._snapshot: Snapshot | None = None

    def files(self) -> Sequence[DataFile]:
        """The files as they are now; raises `Unavailable` where there is none."""
        return matching(self._root, self.options.file, source=self.translation.source)

    def digest(self) -> str:
        """What changes when records would be read in another way."""
        text = f"{self.options.model_dump_json()} {self.translation.setting}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def current(self, *, now: datetime) -> Snapshot:
        """The rows as they are now; only files that have changed are read.

        A file that is written while it is read is read again, at most three times.
        """
        with self._lock:
            for _ in range(ATTEMPTS - 1):
                with suppress(Unavailable):
                    return self._current(now)
            return self._current(now)

    def check_size(self, files: Sequence[DataFile]) -> None:
        """Raise `Refused` where the files are too large to be held in memory."""
        size = sum(each.size_bytes for each in files)
        if size > self._max_bytes:
            raise Refused(
                self.translation.source,
                f"{self.options.file}: {size / MIB:.1f} MiB are more than the"
                f" {self._max_bytes / MIB:.1f} MiB that a live entity may hold in memory: set"
                " 'mode: synced' for the entity, raise 'max_bytes', or load the data into a"
                " database and use the kind 'sql'",
            )

    def _current(self, now: datetime) -> Snapshot:
        files = self.files()
        self.check_size(files)
        prints = {each.name: each.fingerprint for each in files}
        known = {name: each.fingerprint for name, each in self._loaded.items()}
        if self._snapshot is None or prints != known:
            loaded = {each.name: self._load(each, now) for each in files}
            self._loaded, self._snapshot = loaded, self._joined(list(loaded.values()))
        return self._snapshot

    def _load(self, file: DataFile, now: datetime) -> Loaded:
        known = self._loaded.get(file.name)
        if known is not None and known.fingerprint == file.fingerprint:
            return known
        self.reads += 1
        reader = self.translation.reader(self.fields, observed_at=now)
        lines: dict[str, int] = {}
        rows: Rows = {}
        skipped: list[Skipped] = []
        with records(
            file, self.options, translation=self.translation, reader=reader
        ) as found_records:
            for found in found_records:
                _take(found, file, rows, lines, skipped)
        return Loaded(file.fingerprint, rows, tuple(skipped))

    def _joined(self, loaded: Sequence[Loaded]) -> Snapshot:
        if len(loaded) == 1:
            return Snapshot(self.fields, loaded[0].rows, loaded[0].skipped)
        rows: dict[str, tuple[Any, ...]] = {}
        for each in loaded:
            rows |= each.rows
        skipped = tuple(skipped for each in loaded for skipped in each.skipped)
        return Snapshot(self.fields, rows, skipped)


def _take(
    found: Found, file: DataFile, rows: Rows, lines: dict[str, int], skipped: list[Skipped]
) -> None:
    if found.row is None or found.record_id is None:
        skipped.append(found.skipped(file))
        return
    if found.record_id in lines:
        skipped.append(repeated(found, file, lines[found.record_id]))
    rows[found.record_id] = found.row
    lines[found.record_id] = found.line


def repeated(found: Found, file: DataFile, earlier: int) -> Skipped:
    """The earlier one of two records of a file with the same key."""
    return Skipped(
        found.record_id,
        f"{file.name}, line {earlier}: record '{found.record_id}' stands again in line"
        f" {found.line}, which is used; make the key unique",
    )
