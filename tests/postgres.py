"""A PostgreSQL for tests, and databases in it that cost milliseconds.

The server is the one named by `CUSTOMER360_TEST_POSTGRES`, else an embedded one that lives as long
as the test session. A database is a copy of a template with the tables of the store.
"""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg

from connectors.native.migration import migrate
from connectors.native.server import EmbeddedServer
from connectors.native.store import driver_url

VARIABLE = "CUSTOMER360_TEST_POSTGRES"
"""The environment variable that may name a server: the URL of a role that may make databases."""

_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the name of a template in it. `url` leads to its own database."""

    url: str
    template: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database with the store's tables."""
        with fresh_database(self.url, f'TEMPLATE "{self.template}"') as url:
            yield url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a fresh database with nothing in it."""
        with fresh_database(self.url, "TEMPLATE template0 ENCODING 'UTF8'") as url:
            yield url


@contextmanager
def running_server() -> Iterator[Server]:
    """The server for a test session."""
    with _server_url() as url, fresh_database(url, "TEMPLATE template0 ENCODING 'UTF8'") as made:
        asyncio.run(migrate(made))
        yield Server(url, urlsplit(made).path.removeprefix("/"))


@contextmanager
def fresh_database(url: str, options: str) -> Iterator[str]:
    """The URL of a database of its own on the server of `url`; dropped whoever is still in it."""
    name = f"customer360_test_{secrets.token_hex(8)}"
    execute(url, f'CREATE DATABASE "{name}" {options}')
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(url: str, statement: str) -> None:
    """Run one statement, outside a transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(driver_url(url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@contextmanager
def _server_url() -> Iterator[str]:
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    with TemporaryDirectory(prefix="c360-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedServer(Path(folder), settings=_VOLATILE)
        try:
            yield asyncio.run(server.start())
        finally:
            asyncio.run(server.stop())
