"""A help desk's tables in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

import asyncpg

from connectors.native.store import driver_url
from tests.faults.company import TICKETS, mapped_tickets
from tests.faults.fault import SQL_FAULTS, Fault
from tests.faults.patient import Admission, Break, Patient, Ward, proxied
from tests.faults.proxy import TCP_FAULTS, proxy
from tests.postgres import execute

_TABLE = "CREATE TABLE the_tickets (id int, about text, state text, at timestamptz, who text)"
PASSWORD = "s3cret-of-the-desk"


@contextmanager
def desk(ward: Ward) -> Iterator[Patient]:
    """A table and a role that may read it, in a database of its own."""
    role = f"desk_{token_hex(6)}"
    with ward.postgres.empty_database() as url:
        execute(url, f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        try:
            for statement in (_TABLE, _rows(), f"GRANT SELECT ON the_tickets TO {role}"):
                execute(url, statement)
            with proxy(target(url)) as before:
                name = urlsplit(url).path
                yield Patient(
                    source="desk",
                    settings={
                        "kind": "sql",
                        "url": f"postgresql://{role}:{PASSWORD}@127.0.0.1:{before.port}{name}",
                        "connect_timeout_s": 0.2,
                        "entities": mapped_tickets(table="the_tickets"),
                    },
                    faults=proxied(before, TCP_FAULTS) | _faults(url, role),
                    secrets=(str(before.port), PASSWORD, role, "the_tickets", "SELECT"),
                )
        finally:
            execute(url, f"DROP OWNED BY {role}")
            execute(url, f"DROP ROLE {role}")


def target(url: str) -> str:
    """Where the server of a URL listens, as HAProxy writes it."""
    parts = urlsplit(url)
    if parts.hostname:
        return f"{parts.hostname}:{parts.port or 5432}"
    query = parse_qs(parts.query)
    return f"unix@{Path(query['host'][0]) / '.s.PGSQL.'}{query.get('port', ['5432'])[0]}"


def _rows() -> str:
    names = ("id", "about", "state", "at", "who")
    rows = ", ".join("(" + ", ".join(f"'{each[n]}'" for n in names) + ")" for each in TICKETS)
    return f"INSERT INTO the_tickets VALUES {rows}"  # noqa: S608 - the test's own values


def _faults(url: str, role: str) -> dict[Fault, Break]:
    leave = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"  # noqa: S608
    statements = {
        Fault.PASSWORD: (f"ALTER ROLE {role} NOLOGIN", leave, f"ALTER ROLE {role} LOGIN"),
        Fault.CONNECTIONS: (
            f"ALTER ROLE {role} CONNECTION LIMIT 0",
            leave,
            f"ALTER ROLE {role} CONNECTION LIMIT -1",
        ),
        Fault.COLUMN: (
            "ALTER TABLE the_tickets RENAME COLUMN about TO subject",
            "ALTER TABLE the_tickets RENAME COLUMN subject TO about",
        ),
        Fault.TABLE: (
            "ALTER TABLE the_tickets RENAME TO the_old_tickets",
            "ALTER TABLE the_old_tickets RENAME TO the_tickets",
        ),
    }
    faults: dict[Fault, Break] = {
        fault: partial(_altered, url, each) for fault, each in statements.items()
    }
    return faults | {Fault.LOCK: partial(_locked, url)}


@asynccontextmanager
async def _altered(url: str, statements: tuple[str, ...]) -> AsyncIterator[None]:
    """All statements but the last; at the end the last one, which undoes them."""
    connection = await asyncpg.connect(driver_url(url))
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        yield
    finally:
        await connection.execute(statements[-1])
        await connection.close()


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(driver_url(url))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE the_tickets IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


PATIENTS = {"sql (PostgreSQL)": Admission(desk, TCP_FAULTS | SQL_FAULTS)}
