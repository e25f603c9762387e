"""The folder that a demo keeps its data in: whose it is, what is in it, and emptying it."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.native.cluster import Cluster

MARK = "customer360-demo.lock"
DATA = "data"
STORE = "store"

_PATIENCE_S = 20.0
_POLL_S = 0.1


class FolderRefused(OSError):
    """A folder that the demo must not use."""

    def __init__(self, problem: str) -> None:
        super().__init__(0, problem)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Have the folder for this process alone, as long as the block lasts; it is made if need be.

    Raises `FolderRefused` where it holds something else, or another demo uses it.
    """
    mark = folder / MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        raise FolderRefused(
            f"{folder} holds other things than a demo; choose another folder with --data-dir"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with mark.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderRefused(
                f"another demo runs in {folder}; stop that one, or choose another folder with"
                " --data-dir"
            ) from None
        yield


def is_claimed(folder: Path) -> bool:
    """Whether a demo runs in the folder at this moment."""
    mark = folder / MARK
    if not mark.exists():
        return False
    with mark.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def empty(folder: Path, postgresql_dir: Path) -> None:
    """Remove the data and the store of a folder that was claimed."""
    cluster, until = Cluster(postgresql_dir), time.monotonic() + _PATIENCE_S
    # A PostgreSQL whose gateway was killed is on its way out; its files cannot go before it.
    while cluster.orphan() is not None and time.monotonic() < until:
        time.sleep(_POLL_S)
    for name in (DATA, STORE):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
