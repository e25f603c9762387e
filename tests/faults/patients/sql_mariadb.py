"""A help desk's tables in MariaDB."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from secrets import token_hex
from urllib.parse import urlsplit

from tests.connectors.sql.database import MARIADB, database, mariadb_connection, server
from tests.faults.company import TICKETS, mapped_tickets
from tests.faults.fault import SQL_FAULTS, Fault
from tests.faults.patient import Admission, Break, Patient, Ward, proxied
from tests.faults.proxy import TCP_FAULTS, proxy

_TABLE = (
    "CREATE TABLE the_tickets"
    " (id int, about varchar(99), state varchar(9), at datetime, who char(2))"
)
PASSWORD = "s3cret-of-the-desk"


@contextmanager
def desk(ward: Ward) -> Iterator[Patient]:
    """A table and a user who may read it, in a database of its own."""
    user = f"desk_{token_hex(6)}"
    parts = urlsplit(server(MARIADB))
    script = [
        _TABLE,
        _rows(),
        f"CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}'",
        f"GRANT SELECT ON the_tickets TO '{user}'@'%'",
    ]
    leave = [f"DROP USER '{user}'@'%'"]
    with (
        database("mariadb", ward.folder, script, afterwards=leave) as url,
        proxy(f"{parts.hostname}:{parts.port or 3306}") as before,
    ):
        yield Patient(
            source="desk",
            settings={
                "kind": "sql",
                "url": f"mysql://{user}:{PASSWORD}@127.0.0.1:{before.port}{urlsplit(url).path}",
                "connect_timeout_s": 0.2,
                "entities": mapped_tickets(table="the_tickets"),
            },
            faults=proxied(before, TCP_FAULTS) | _faults(url, user),
            secrets=(str(before.port), PASSWORD, user, "the_tickets", "SELECT"),
        )


def _rows() -> str:
    names = ("id", "about", "state", "at", "who")
    rows = ", ".join(
        "(" + ", ".join(f"'{str(each[n]).removesuffix('Z')}'" for n in names) + ")"
        for each in TICKETS
    )
    return f"INSERT INTO the_tickets VALUES {rows}"  # noqa: S608 - the test's own values


def _faults(url: str, user: str) -> dict[Fault, Break]:
    statements = {
        Fault.PASSWORD: (
            f"ALTER USER '{user}'@'%' IDENTIFIED BY 'another'",
            f"KILL USER '{user}'",
            f"ALTER USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}'",
        ),
        Fault.COLUMN: (
            "ALTER TABLE the_tickets RENAME COLUMN about TO subject",
            "ALTER TABLE the_tickets RENAME COLUMN subject TO about",
        ),
        Fault.TABLE: (
            "RENAME TABLE the_tickets TO the_old_tickets",
            "RENAME TABLE the_old_tickets TO the_tickets",
        ),
        Fault.LOCK: ("LOCK TABLES the_tickets WRITE", "UNLOCK TABLES"),
    }
    faults: dict[Fault, Break] = {
        fault: partial(_altered, url, each) for fault, each in statements.items()
    }
    return faults | {Fault.CONNECTIONS: partial(_crowded, url, user)}


@asynccontextmanager
async def _altered(url: str, statements: tuple[str, ...]) -> AsyncIterator[None]:
    """All statements but the last; at the end the last one, which undoes them."""
    async with mariadb_connection(url) as run:
        try:
            for statement in statements[:-1]:
                await run(statement)
            yield
        finally:
            await run(statements[-1])


@asynccontextmanager
async def _crowded(url: str, user: str) -> AsyncIterator[None]:
    """Somebody else has the only connection that the user may have."""
    parts = urlsplit(url)
    own = parts._replace(netloc=f"{user}:{PASSWORD}@{parts.hostname}:{parts.port or 3306}")
    alone = f"ALTER USER '{user}'@'%' WITH MAX_USER_CONNECTIONS 1"
    together = f"ALTER USER '{user}'@'%' WITH MAX_USER_CONNECTIONS 0"
    async with (
        _altered(url, (alone, f"KILL USER '{user}'", together)),
        mariadb_connection(own.geturl()),
    ):
        yield


PATIENTS = {"sql (MariaDB)": Admission(desk, TCP_FAULTS | SQL_FAULTS)}
