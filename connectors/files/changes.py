"""Changes of table files since a cursor, file by file.

The cursor holds of every file its fingerprint and the keys of its records, compressed. A file with
the same fingerprint is not read; another one is read whole. Where the configuration of the entity
is another than the cursor's, every file is read. A record that was in a file and is no
longer in any is a deletion; where a later file lost it and an earlier one has it, the earlier one's
holds again. A file with lines whose key cannot be read deletes nothing until that is mended.

While a file is being read, the cursor also holds how many of its records are done: a scan that was
stopped goes on there, if the file is still the same. What small files hold goes into one page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.contract import Change, ChangePage, Cursor, Skipped, SourceError
from connectors.documents.packing import packed_keys, unpacked_keys
from connectors.files.dataset import DataSet, repeated
from connectors.files.folder import DataFile
from connectors.files.reading import Found, records
from connectors.mapping import Reader

PAGE_RECORDS = 2_000


@dataclass(frozen=True, slots=True)
class FileState:
    """What is remembered of a file: its fingerprint and its keys."""

    fingerprint: str
    keys: frozenset[str]


@dataclass(slots=True)
class FileRead:
    """What has come up while a file is read: keys with their lines, and what the page gathers."""

    changes: list[Change]
    skipped: list[Skipped]
    lines: dict[str, int] = field(default_factory=dict)
    has_unknown_keys: bool = False


def pages(data: DataSet, *, since: Cursor | None, now: datetime) -> Iterator[ChangePage]:
    """Pages of changes; no page where nothing changed."""
    scan = Scan(data, since or {}, now)
    files = data.files()
    try:
        for file in files:
            if scan.has_changed(file):
                yield from scan.file_pages(file, files)
        for name in sorted(scan.state.keys() - {each.name for each in files}):
            scan.note_gone(name, files)
    except SourceError:
        # The files before the one that cannot be read are as good as ever.
        yield from scan.rest()
        raise
    yield from scan.rest()


class Scan:
    """One scan: the state of all files, as the cursor says and as it becomes."""

    def __init__(self, data: DataSet, since: Cursor, now: datetime) -> None:
        self._mapping = data.digest()
        is_same = since.get("mapping") == self._mapping
        self._packed: dict[str, Any] = {
            name: [fingerprint if is_same else "", keys]
            for name, (fingerprint, keys) in since.get("files", {}).items()
        }
        self.state = {
            name: FileState(fingerprint, frozenset(unpacked_keys(keys)))
            for name, (fingerprint, keys) in self._packed.items()
        }
        self._at: Sequence[Any] = since.get("at", ()) if is_same else ()
        self._data = data
        self._fields = data.translation.scan_fields
        self._reader: Reader = data.translation.reader(self._fields, observed_at=now)
        self._changes: list[Change] = []
        self._skipped: list[Skipped] = []
        self._has_news = False

    def has_changed(self, file: DataFile) -> bool:
        """Whether a file is not the one that was read."""
        known = self.state.get(file.name)
        return known is None or known.fingerprint != file.fingerprint

    def file_pages(self, file: DataFile, files: Sequence[DataFile]) -> Iterator[ChangePage]:
        """All records of a changed file, then what it lost."""
        read = FileRead(changes=self._changes, skipped=self._skipped)
        hidden = self._keys_after(file.name)
        done = self._done(file)
        with self._records(file) as found_records:
            for count, found in enumerate(found_records, start=1):
                _note(found, file, read, is_done=count <= done, hidden=hidden)
                if self._is_full:
                    yield self._page(at=[file.name, file.fingerprint, count])
        self._finish(file, read, files)
        if self._is_full:
            yield self._page()

    def note_gone(self, name: str, files: Sequence[DataFile]) -> None:
        """Gather what a file that was removed leaves behind."""
        self._changes += self._losses(name, frozenset(), files)
        del self.state[name], self._packed[name]
        self._has_news = True

    def rest(self) -> Iterator[ChangePage]:
        """The page of what was gathered and not given yet, if there is anything."""
        if self._has_news:
            yield self._page()

    @property
    def _is_full(self) -> bool:
        return len(self._changes) + len(self._skipped) >= PAGE_RECORDS

    def _finish(self, file: DataFile, read: FileRead, files: Sequence[DataFile]) -> None:
        keys = frozenset(read.lines)
        if read.has_unknown_keys:
            keys |= self._known(file.name)
        self._changes += self._losses(file.name, keys, files)
        self.state[file.name] = FileState(file.fingerprint, keys)
        self._packed[file.name] = [file.fingerprint, packed_keys(keys)]
        self._has_news = True

    def _losses(self, name: str, keys: frozenset[str], files: Sequence[DataFile]) -> list[Change]:
        lost = self._known(name) - keys
        changes: list[Change] = []
        for file in sorted(files, key=lambda each: each.name, reverse=True):
            here = lost & self._known(file.name) if file.name != name else frozenset()
            if here and file.name < name:
                changes += self._again(file, here)
            lost -= here
        return changes + [Change(key, None) for key in sorted(lost)]

    def _again(self, file: DataFile, keys: frozenset[str]) -> list[Change]:
        with self._records(file) as found_records:
            return [
                Change(found.record_id, found.row)
                for found in found_records
                if found.record_id in keys and found.record_id and found.row is not None
            ]

    def _records(self, file: DataFile) -> Any:
        return records(
            file, self._data.options, translation=self._data.translation, reader=self._reader
        )

    def _known(self, name: str) -> frozenset[str]:
        return self.state[name].keys if name in self.state else frozenset()

    def _keys_after(self, name: str) -> frozenset[str]:
        later = (each.keys for other, each in self.state.items() if other > name)
        return frozenset().union(*later)

    def _done(self, file: DataFile) -> int:
        """How many records of the file an earlier scan, which was stopped, has given."""
        if list(self._at[:2]) != [file.name, file.fingerprint]:
            return 0
        return int(self._at[2])

    def _page(self, *, at: Sequence[Any] = ()) -> ChangePage:
        cursor: dict[str, Any] = {"mapping": self._mapping, "files": dict(self._packed)}
        if at:
            cursor["at"] = at
        page = ChangePage(
            fields=self._fields,
            changes=tuple(self._changes),
            cursor=cursor,
            skipped=tuple(self._skipped),
        )
        self._changes.clear()
        self._skipped.clear()
        self._has_news = False
        return page


def _note(
    found: Found, file: DataFile, read: FileRead, *, is_done: bool, hidden: frozenset[str]
) -> None:
    """Remember the key of a record, and give it unless it was given or a later file replaces it."""
    key = found.record_id
    earlier = read.lines.get(key) if key else None
    if key:
        read.lines[key] = found.line
    else:
        read.has_unknown_keys = True
    if is_done:
        return
    if earlier is not None:
        read.skipped.append(repeated(found, file, earlier))
    if found.row is None or key is None:
        read.skipped.append(found.skipped(file))
    elif key not in hidden:
        read.changes.append(Change(key, found.row))
