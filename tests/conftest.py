"""Fixtures that every room's tests may use."""

from collections.abc import Iterator

import pytest

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
