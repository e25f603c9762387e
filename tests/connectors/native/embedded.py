"""What the tests of the embedded PostgreSQL share: asking it, finding it, owning it elsewhere."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.native.store import Store
from tests.connectors.native import owner_process

QUICK = {"fsync": "off"}
"""Settings for a server whose data are thrown away."""

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
"""For our own Python in another process, or another Python with our packages."""


async def answer(url: str, statement: str = "SELECT 1 AS answer") -> object:
    """The first value that a statement gives."""
    store = await Store.open(url)
    try:
        rows = await store.fetch(statement)
        return rows[0][0] if rows else None
    finally:
        await store.close()


def account(folder: Path) -> int:
    """The user, by number, whom the server runs as."""
    return Path(f"/proc/{postmaster(folder)}/status").stat().st_uid


def postmaster(folder: Path) -> int:
    """The process of the server."""
    return int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])


@contextmanager
def owner(
    folder: Path, *, python: Sequence[str] = (sys.executable,)
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process that owns the server, and the URL that it says."""
    command = [*python, "-W", "error", str(Path(owner_process.__file__)), str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.terminate()
