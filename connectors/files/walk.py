"""The walk through a folder: every file that may be a document, folder by folder."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.contract import Refused
from connectors.documents.sidecar import META_SUFFIX
from connectors.files.folder import DataFile, mapped_errors, seen

_NO_DOCUMENTS = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a document, and whether it has a sidecar of its own."""

    file: DataFile
    has_meta: bool


def walk(root: Path, *, source: str, sidecar: str, limit: int) -> Iterator[Candidate]:
    """The files below a folder, without hidden ones, sidecars, and links that leave the folder.

    Links to folders are not followed. Raises `Refused` beyond `limit` files, and `Unavailable`
    where the folder is not there.
    """
    real = root.resolve()
    waiting = [("", root)]
    count = 0
    while waiting:
        below, folder = waiting.pop()
        entries = _listed(folder, source)
        inner = [each for each in entries if each.is_dir(follow_symlinks=False)]
        waiting += [(f"{below}{each.name}/", Path(each.path)) for each in reversed(inner)]
        for found in _candidates(entries, below, real, source=source, sidecar=sidecar):
            count += 1
            if count > limit:
                raise Refused(
                    source,
                    f"there are more than {limit} files below {root}; raise 'max_documents' or"
                    " make 'path' a narrower folder",
                )
            yield found


def _listed(folder: Path, source: str) -> list[os.DirEntry[str]]:
    with mapped_errors(source, folder.name), os.scandir(folder) as entries:
        shown = [each for each in entries if not each.name.startswith((".", "~$"))]
    return sorted(shown, key=lambda each: each.name)


def _candidates(
    entries: list[os.DirEntry[str]], below: str, real: Path, *, source: str, sidecar: str
) -> Iterator[Candidate]:
    names = {each.name for each in entries}
    for entry in entries:
        name = entry.name
        if name == sidecar or name.endswith(META_SUFFIX) or name.lower() in _NO_DOCUMENTS:
            continue
        # A file that goes in this moment, or a link to nowhere, is no document.
        with suppress(FileNotFoundError):
            if entry.is_file() and _is_inside(entry, real):
                path = Path(entry.path)
                file = seen(path, below + name, entry.stat(), source=source)
                yield Candidate(file, name + META_SUFFIX in names)


def _is_inside(entry: os.DirEntry[str], real: Path) -> bool:
    return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(real)
