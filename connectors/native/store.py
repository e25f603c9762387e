"""The connections to the PostgreSQL of the native store, and what its failures mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Self

import asyncpg
import orjson

from connectors.deadline import Deadline, Deadlines
from connectors.errors import Misconfigured, Refused, SourceError, TimedOut, Unavailable
from connectors.native.lanes import Lanes
from connectors.native.moment import use_times

SOURCE = "native"
"""The name of the built-in source, and of the source in its errors."""

OLDEST_SERVER = 15
"""The oldest PostgreSQL that the store supports, by its major version."""

# Measured: jit costs more than it saves on short statements, and `= ANY($1)` is planned anew on
# every execution unless a generic plan is forced (530 against 140 µs of the server's CPU).
_SETTINGS = {
    "application_name": "customer360",
    "client_encoding": "UTF8",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "TimeZone": "UTC",
}

KEPT_STATEMENTS = 100
"""How many prepared statements a connection keeps, the most recently used ones.

PostgreSQL keeps 0.75 MB for that of a whole customer: 75 MB for a connection that is asked a
hundred such documents, and 1.2 GB for sixteen of them.
"""

MAX_KEPT_STATEMENT_BYTES = 65_536
"""The longest statement that is kept prepared: one for a whole customer has some 10,000 bytes."""

_SETUP_ERRORS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
)
_DOWN_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
FAILURES = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientPrivilegeError,
    *_SETUP_ERRORS,
    *_DOWN_ERRORS,
)
"""The failures that have a translation. Others are about the values of a statement."""


class Store:
    """Connections that are lent and given back; dead ones are replaced.

    A connection comes back without a reset, which costs a round trip: an open transaction is rolled
    back, but who sets anything for a session (`SET`, `LISTEN`, advisory locks) takes it back.
    Prefer `SET LOCAL` and `pg_advisory_xact_lock`.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._deadlines = Deadlines()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        min_connections: int = 1,
        max_connections: int = 16,
        connect_timeout_s: float = 10.0,
    ) -> Self:
        """A store at `url` (`postgresql://…`) with `min_connections` made; 0 asks nothing yet.

        Raises `Unavailable` where PostgreSQL cannot be reached, `Misconfigured` where it does not
        let us in.
        """
        lanes = Lanes(partial(_connect, driver_url(url), connect_timeout_s), limit=max_connections)
        with translated():
            try:
                warm = [await lanes.take() for _ in range(min_connections)]
            except BaseException:
                lanes.terminate()
                raise
        for connection in warm:
            lanes.give(connection)
        return cls(lanes)

    @asynccontextmanager
    async def connection(self, *, timeout_s: float = 30.0) -> AsyncIterator[asyncpg.Connection]:
        """A connection for a few statements; `timeout_s` is how long to wait for a free one.

        Failures of PostgreSQL inside the block are raised as `SourceError`, except those that are
        about the values of a statement, which only the caller can understand: `asyncpg.DataError`,
        `asyncpg.IntegrityConstraintViolationError` and `asyncpg.ProgramLimitExceededError` (a text
        that is too long for an index).
        """
        with translated():
            async with asyncio.timeout(timeout_s):
                connection = await self._lanes.take()
            is_settled = False
            try:
                yield connection
                is_settled = not (connection.is_closed() or connection.is_in_transaction())
            finally:
                give = self._lanes.give if is_settled else self._lanes.give_unsettled
                give(connection)

    async def apart(self) -> asyncpg.Connection:
        """A connection of one's own, beside those that are lent. Who takes it closes it.

        Raises what asyncpg raises.
        """
        return await self._lanes.apart()

    @asynccontextmanager
    async def transaction(self, *, timeout_s: float = 30.0) -> AsyncIterator[asyncpg.Connection]:
        """A connection in a transaction that commits at the end of the block."""
        async with self.connection(timeout_s=timeout_s) as connection, connection.transaction():
            yield connection

    def within(self, timeout_s: float) -> Deadline:
        """A context in which the current task is for so long; raises `TimeoutError`."""
        return self._deadlines.within(timeout_s)

    async def fetch(
        self, statement: str, *values: object, timeout_s: float | None = 30.0
    ) -> Sequence[asyncpg.Record]:
        """The rows of one statement, within `timeout_s` seconds; raises as `connection` does.

        With `None` the caller bounds the time. A statement that takes too long is cancelled on the
        server.
        """
        if timeout_s is None:
            return await self._rows(statement, values)
        try:
            with self._deadlines.within(timeout_s):
                return await self._rows(statement, values)
        except TimeoutError as error:
            raise late() from error

    async def _rows(self, statement: str, values: Sequence[object]) -> Sequence[asyncpg.Record]:
        lanes = self._lanes
        try:
            connection = lanes.take_idle() or await lanes.take()
        except FAILURES as error:
            raise translation(error) from error
        try:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
        except BaseException as error:
            is_over = isinstance(error, asyncpg.PostgresError)
            (lanes.give if is_over else lanes.give_unsettled)(connection)
            if isinstance(error, FAILURES):
                raise translation(error) from error
            raise
        lanes.give(connection)
        return rows

    async def close(self, *, timeout_s: float = 10.0) -> None:
        """Close all connections, waiting up to `timeout_s` seconds for those that are in use."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._lanes.close()
        except TimeoutError:
            self._lanes.terminate()


async def _connect(url: str, timeout_s: float) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        url,
        timeout=timeout_s,
        server_settings=_SETTINGS,
        statement_cache_size=KEPT_STATEMENTS,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=MAX_KEPT_STATEMENT_BYTES,
    )
    try:
        await use_json(connection)
        await use_times(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


def driver_url(url: str) -> str:
    """The URL as asyncpg reads it, without the name of a driver that SQLAlchemy wants."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


async def use_json(connection: asyncpg.Connection) -> None:
    """Read and write `jsonb` as Python values, `json` as text."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_from_jsonb, format="binary"
    )


# In its binary form jsonb is its text behind one byte, the version 1.
def _to_jsonb(value: object) -> bytes:
    return b"\x01" + orjson.dumps(value)


def _from_jsonb(data: bytes) -> Any:
    return orjson.loads(data[1:])


@contextmanager
def translated() -> Iterator[None]:
    """Raise the failures of asyncpg as `SourceError`, for whoever talks to PostgreSQL inside."""
    try:
        yield
    except FAILURES as error:
        raise translation(error) from error


def translation(error: Exception) -> SourceError:
    """What one of `FAILURES` means."""
    if isinstance(error, (TimeoutError, asyncpg.QueryCanceledError)):
        return late()
    if isinstance(error, _SETUP_ERRORS):
        return _misconfigured(error)
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return Refused(SOURCE, f"The store's PostgreSQL declined: {error}.")
    return Unavailable(
        SOURCE,
        f"The store's PostgreSQL cannot be reached ({type(error).__name__}: {error})."
        " Check that it runs and that store.url names it.",
    )


def late() -> SourceError:
    """What a statement came to that took too long."""
    return TimedOut(SOURCE, "The store's PostgreSQL did not answer in time.")


def _misconfigured(error: Exception) -> SourceError:
    return Misconfigured(
        SOURCE,
        f"The store's PostgreSQL does not fit ({error}). Check store.url: the user, the password,"
        " the database, and that the gateway has made its tables there.",
    )
