"""The connections to the PostgreSQL of the native store, and what its failures mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg
import orjson

from connectors.errors import Misconfigured, Refused, SourceError, TimedOut, Unavailable

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


class Store:
    """A pool of connections. One that died, as all do when PostgreSQL restarts, is replaced.

    A connection goes back to the pool without the usual reset, which costs a round trip: an open
    transaction is rolled back, but who sets anything for a session (`SET`, `LISTEN`, advisory
    locks) takes it back. Prefer `SET LOCAL` and `pg_advisory_xact_lock`.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

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
        with translated():
            pool = await asyncpg.create_pool(
                driver_url(url),
                # A pool with a floor would try, and log, for as long as PostgreSQL is away.
                min_size=0,
                max_size=max_connections,
                timeout=connect_timeout_s,
                server_settings=_SETTINGS,
                init=use_json,
                reset=_keep_session,
            )
            try:
                await _warm(pool, min_connections)
            except BaseException:
                pool.terminate()
                raise
        return cls(pool)

    @asynccontextmanager
    async def connection(self, *, timeout_s: float = 30.0) -> AsyncIterator[asyncpg.Connection]:
        """A connection for a few statements; `timeout_s` is how long to wait for a free one.

        Failures of PostgreSQL inside the block are raised as `SourceError`, except those that are
        about the values of a statement, which only the caller can understand: `asyncpg.DataError`,
        `asyncpg.IntegrityConstraintViolationError` and `asyncpg.ProgramLimitExceededError` (a text
        that is too long for an index).
        """
        with translated():
            async with self._pool.acquire(timeout=timeout_s) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self, *, timeout_s: float = 30.0) -> AsyncIterator[asyncpg.Connection]:
        """A connection in a transaction that commits at the end of the block."""
        async with self.connection(timeout_s=timeout_s) as connection, connection.transaction():
            yield connection

    async def fetch(
        self, statement: str, *values: object, timeout_s: float = 30.0
    ) -> Sequence[asyncpg.Record]:
        """The rows of one statement, within `timeout_s` seconds; raises as `connection` does."""
        with translated():
            async with asyncio.timeout(timeout_s), self._pool.acquire() as connection:
                rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
                return rows

    async def close(self, *, timeout_s: float = 10.0) -> None:
        """Close all connections, waiting up to `timeout_s` seconds for those that are in use."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


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


async def _warm(pool: asyncpg.Pool, count: int) -> None:
    async with AsyncExitStack() as held:
        for _ in range(count):
            await held.enter_async_context(pool.acquire())


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Reset nothing: see `Store`."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise the failures of asyncpg as `SourceError`, for whoever talks to PostgreSQL inside."""
    try:
        yield
    except (TimeoutError, asyncpg.QueryCanceledError) as error:
        raise TimedOut(SOURCE, "The store's PostgreSQL did not answer in time.") from error
    except _SETUP_ERRORS as error:
        raise _misconfigured(error) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise Refused(SOURCE, f"The store's PostgreSQL declined: {error}.") from error
    except _DOWN_ERRORS as error:
        raise Unavailable(
            SOURCE,
            f"The store's PostgreSQL cannot be reached ({type(error).__name__}: {error})."
            " Check that it runs and that store.url names it.",
        ) from error


def _misconfigured(error: Exception) -> SourceError:
    return Misconfigured(
        SOURCE,
        f"The store's PostgreSQL does not fit ({error}). Check store.url: the user, the password,"
        " the database, and that the gateway has made its tables there.",
    )
