"""The store in a real PostgreSQL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.contract import Connector
from connectors.native.connector import NativeConnector
from connectors.native.store import Store
from tests.conformance.canonical import RECORDS
from tests.conformance.proxy import Target, door
from tests.conformance.source import Connect, Source
from tests.connectors.native.filled import fill
from tests.postgres import Server


def _connect(url: str) -> Connect:
    async def connect() -> Connector:
        return NativeConnector(await Store.open(url, min_connections=0))

    return connect


async def _fill(url: str) -> None:
    store = await Store.open(url)
    try:
        for entity, records in RECORDS.items():
            await fill(store, entity, *records)
    finally:
        await store.close()


def _target(url: str) -> Target:
    parts = urlsplit(url)
    if parts.hostname:
        return parts.hostname, parts.port or 5432
    query = parse_qs(parts.query)
    return Path(query["host"][0]) / f".s.PGSQL.{query.get('port', ['5432'])[0]}"


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="").geturl()


@contextmanager
def store(request: pytest.FixtureRequest) -> Iterator[Source]:
    """A database of its own on the server of the tests."""
    server: Server = request.getfixturevalue("postgres")
    with server.database() as url, server.empty_database() as empty, door(_target(url)) as entrance:
        asyncio.run(_fill(url))
        yield Source(
            records=RECORDS,
            connect=_connect(_through(url, entrance.port)),
            connect_wrongly=_connect(empty),
            stop=entrance.shut,
            start=entrance.reopen,
            is_store=True,
        )


SOURCES = {"native": store}
