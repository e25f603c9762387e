"""Folders for the embedded PostgreSQL."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.native.server import EmbeddedServer
from tests.connectors.native.embedded import QUICK


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, whose server is stopped."""
    folder = tmp_path_factory.mktemp("server")

    async def make() -> None:
        async with EmbeddedServer(folder, settings=QUICK):
            pass

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(made_once: Path) -> Iterator[Path]:
    """A short folder with data; what is `new` in it has none yet.

    Every account may pass through it, which it may not through pytest's own.
    """
    made = Path(tempfile.mkdtemp(prefix="c360-"))
    for name in ("data", "password"):
        subprocess.run(["cp", "-a", str(made_once / name), str(made)], check=True)  # noqa: S603, S607
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)
