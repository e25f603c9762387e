"""The walk through a folder: every file that may be a document, in the order of paths."""

import os
from collections.abc import Iterator
from pathlib import Path

from connectors.contract import Refused
from connectors.files.folder import DataFile, looked_at, mapped_errors
from connectors.files.sidecar import META_SUFFIX

_NO_DOCUMENTS = frozenset({"thumbs.db", "desktop.ini"})


def walk(root: Path, *, source: str, sidecar: str, limit: int) -> Iterator[DataFile]:
    """The files below a folder, without hidden ones, sidecars, and links that leave the folder.

    Links to folders are not followed. Raises `Refused` beyond `limit` files, and `Unavailable`
    where the folder is not there.
    """
    real = root.resolve()
    waiting = [root]
    count = 0
    while waiting:
        folders, files = _listed(waiting.pop(), source)
        waiting += reversed(folders)
        for path in files:
            if not _may_be_document(path, real, sidecar):
                continue
            count += 1
            if count > limit:
                raise Refused(
                    source,
                    f"there are more than {limit} files below {root}; raise 'max_documents' or"
                    " make 'path' a narrower folder",
                )
            if found := looked_at(path, root, source=source):
                yield found


def _listed(folder: Path, source: str) -> tuple[list[Path], list[Path]]:
    folders, files = [], []
    with mapped_errors(source, folder.name), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            else:
                files.append(Path(entry.path))
    return folders, files


def _may_be_document(path: Path, real: Path, sidecar: str) -> bool:
    if path.name == sidecar or path.name.endswith(META_SUFFIX):
        return False
    if path.name.lower() in _NO_DOCUMENTS:
        return False
    return not path.is_symlink() or path.resolve().is_relative_to(real)
