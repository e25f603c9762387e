"""Sidecars in a folder, read again only when they have changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from connectors.contract import Skipped
from connectors.documents.sidecar import (
    MAX_BYTES,
    META_SUFFIX,
    NO_SIDECAR,
    Sidecar,
    content,
    too_large,
    unreadable,
)
from connectors.files.folder import DataFile, looked_at

Read: TypeAlias = tuple[str, Mapping[str, Any], str | None]
"""A fingerprint, a content, and why it could not be read."""


class Sidecars:
    """The sidecars below a folder, read again only when they have changed.

    One that cannot be read counts as not there, and is told in `skipped`.
    """

    def __init__(self, root: Path, *, source: str) -> None:
        self._root = root
        self._source = source
        self._read: dict[Path, Read] = {}
        self._earlier: dict[Path, Read] = {}

    def at(self, path: Path) -> Sidecar:
        """The fingerprint and the content of a sidecar; both empty where there is none."""
        file = looked_at(path, self._root, source=self._source)
        if file is None or not path.resolve().is_relative_to(self._root.resolve()):
            return NO_SIDECAR
        known = self._earlier.get(path)
        if known is None or known[0] != file.fingerprint:
            known = (file.fingerprint, *_content(file))
        self._read[path] = known
        return known[0], known[1]

    def round(self, name: str) -> "Round":
        """The sidecars for one walk; `name` is that of the folders' sidecars."""
        self._earlier, self._read = self._read, {}
        return Round(self, self._root, name)

    def skipped(self) -> list[Skipped]:
        """Those that could not be read in the last walk, and why."""
        return [Skipped(None, reason) for *_, reason in self._read.values() if reason]


class Round:
    """The sidecars during one walk: those of folders are looked at once."""

    def __init__(self, sidecars: Sidecars, root: Path, name: str) -> None:
        self._sidecars = sidecars
        self._name = name
        self._folders: dict[Path, Sidecar] = {root.parent: NO_SIDECAR}

    def of_file(self, path: Path) -> Sidecar:
        """The sidecar of a file itself."""
        return self._sidecars.at(path.with_name(path.name + META_SUFFIX))

    def of_folder(self, folder: Path) -> Sidecar:
        """The sidecar of a folder, else of the nearest folder around it."""
        if folder not in self._folders:
            own = self._sidecars.at(folder / self._name)
            self._folders[folder] = own if own[0] else self.of_folder(folder.parent)
        return self._folders[folder]


def _content(file: DataFile) -> tuple[Mapping[str, Any], str | None]:
    if file.size_bytes > MAX_BYTES:
        return too_large(file.name)
    try:
        return content(file.name, file.path.read_bytes())
    except OSError as error:
        return unreadable(file.name, f"it cannot be read as JSON ({error})")
