"""The files of a folder: found by pattern, known by fingerprint, opened without surprises."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from connectors.contract import Misconfigured, Refused, SourceError, Unavailable

MAX_MATCHES = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as it was when it was looked at.

    `name` is its path below the folder, with `/` and in Unicode's NFC; `fingerprint` changes when
    the file is replaced or written: it holds the time of its last change, its length and its inode.
    """

    source: str
    name: str
    path: Path
    fingerprint: str
    size_bytes: int
    modified_ns: int

    @property
    def modified_at(self) -> datetime:
        """The time of the last change."""
        return _EPOCH + timedelta(microseconds=self.modified_ns // 1000)

    @property
    def version(self) -> str:
        """The time of the last change and the length: it is told without reading the content."""
        return f"{self.modified_ns // 1000:x}-{self.size_bytes:x}"

    @property
    def media_type(self) -> None:
        """Nothing: a folder does not tell it."""
        return

    def problem(self, error: type[SourceError], text: str) -> SourceError:
        """An error about this file."""
        return error(self.source, f"{self.name}: {text}")


def matching(root: Path, pattern: str, *, source: str) -> Sequence[DataFile]:
    """The files below `root` that fit a pattern, in the order of their names; hidden ones do not.

    Raises `Unavailable` where there is none: it may yet appear. Links that leave the folder are
    ignored.
    """
    with mapped_errors(source, root.name):
        found = [each for each in _found(root, pattern, source) if _is_inside(each, root)]
        files = [each for path in found if (each := looked_at(path, root, source=source))]
    if not files:
        raise Unavailable(
            source, f"no file fits '{pattern}' in {root}; it is read as soon as one appears"
        )
    return sorted(files, key=lambda each: each.name)


def looked_at(path: Path, root: Path, *, source: str) -> DataFile | None:
    """A file as it is now; `None` where it has just gone, or is no ordinary file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    name = path.relative_to(root).as_posix()
    return seen(path, name, status, source=source) if S_ISREG(status.st_mode) else None


def seen(path: Path, name: str, status: os.stat_result, *, source: str) -> DataFile:
    """A file whose status is known; `name` is its path below the folder, as the system has it.

    Names are normalised, so that they are the same on every system: macOS decomposes accents.
    """
    return DataFile(
        source=source,
        name=name if name.isascii() else unicodedata.normalize("NFC", name),
        path=path,
        fingerprint=fingerprint(status),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )


def fingerprint(status: os.stat_result) -> str:
    """What changes when a file does."""
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"


@contextmanager
def opened(file: DataFile) -> Iterator[BinaryIO]:
    """The bytes of a file, if it still is as it was looked at.

    Raises `Unavailable` where it is being replaced or written, before or while it is read: the
    next look finds it whole.
    """
    with mapped_errors(file.source, file.name), file.path.open("rb") as handle:
        _compare(file, os.fstat(handle.fileno()))
        yield handle
        _compare(file, os.fstat(handle.fileno()))


def _compare(file: DataFile, status: os.stat_result) -> None:
    if fingerprint(status) != file.fingerprint:
        raise file.problem(Unavailable, "it is being written; try again when that is done")


@contextmanager
def mapped_errors(source: str, name: str) -> Iterator[None]:
    """Errors of the operating system, as ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise Unavailable(source, f"{name}: it is not there; it is read once it is") from error
    except PermissionError as error:
        raise Refused(
            source, f"{name}: the gateway may not read it; give its user the permission"
        ) from error
    except OSError as error:
        raise Unavailable(source, f"{name}: it cannot be read: {error.strerror}") from error


def _found(root: Path, pattern: str, source: str) -> Iterator[Path]:
    for count, path in enumerate(root.glob(pattern)):
        if count >= MAX_MATCHES:
            raise Misconfigured(
                source, f"'{pattern}' fits more than {MAX_MATCHES} files; write a narrower pattern"
            )
        if not any(part.startswith(".") for part in path.relative_to(root).parts):
            yield path


def _is_inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())
