"""Fixtures that every room's tests may use."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.gateway.demo.running import Demo, running
from tests.postgres import Server, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL for the whole session."""
    with running_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: Server) -> Iterator[str]:
    """The URL of a fresh database with the store's tables, dropped after the test."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: Server) -> Iterator[str]:
    """The URL of a fresh database with nothing in it, dropped after the test."""
    with postgres.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo, started once in a folder with a short path: those of sockets are limited."""
    with (
        TemporaryDirectory(prefix="c360-", ignore_cleanup_errors=True) as folder,
        running(Path(folder) / "demo") as started,
    ):
        yield started
