"""What `check` finds out: whether the store and every source can be reached and fit."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connectors import registry
from connectors.aspects.opening import Opener
from connectors.contract import Finding, Kind, Severity
from connectors.errors import SourceError
from connectors.native.inspection import findings
from connectors.native.server import EmbeddedServer
from connectors.native.store import Store
from gateway.config import Settings

STORE = "store"
_IS_NEW = "SELECT to_regclass('alembic_version') IS NULL AS is_new"


async def inspect(
    settings: Settings, *, kinds: Mapping[str, Kind] | None = None
) -> Mapping[str, Sequence[Finding]]:
    """What was found, by the name of the source; the store comes first, as `store`.

    All are tried at the same time, each for as long as one question to it may take. No findings
    mean that all is well. `kinds` are all that are installed, if not given.
    """
    known = registry.kinds() if kinds is None else kinds
    opener = Opener(now=lambda: datetime.now(UTC), base_dir=settings.base_dir, kinds=known)
    checks = [_of_source(name, settings, opener) for name in settings.sources]
    of_store, *of_sources = await asyncio.gather(_of_store(settings), *checks)
    found = {
        name: [*_of_keeping(name, settings), *each]
        for name, each in zip(settings.sources, of_sources, strict=True)
    }
    return {STORE: of_store, **found}


def _of_keeping(name: str, settings: Settings) -> Iterator[Finding]:
    """What is said of keeping answers and means nothing."""
    options = settings.sources[name]
    for entity in sorted(options.cache.keys() & options.synced):
        message = f"{entity} is synced: its records are in the store, and this changes nothing."
        yield Finding(Severity.WARNING, message, f"sources.{name}.cache.{entity}")


async def _of_source(name: str, settings: Settings, opener: Opener) -> Sequence[Finding]:
    options = settings.sources[name]
    try:
        connector = opener.open(name, options)
    except SourceError as exc:
        return [_error(exc)]
    try:
        async with asyncio.timeout(options.timeout_s):
            return await connector.check()
    except SourceError as exc:
        return [_error(exc)]
    except TimeoutError:
        return [_late(f"sources.{name}.timeout_s", options.timeout_s)]
    finally:
        await connector.close()


def _error(failure: SourceError) -> Finding:
    return Finding(Severity.ERROR, failure.message)


def _late(setting: str, timeout_s: float) -> Finding:
    message = f"No answer within {timeout_s:g} s. See whether it is up, or allow it more time."
    return Finding(Severity.ERROR, message, setting)


async def _of_store(settings: Settings) -> Sequence[Finding]:
    try:
        if settings.store.url is not None:
            return await _of_database(settings.store.url.get_secret_value())
        server = EmbeddedServer(settings.postgresql_dir)
        try:
            return await _of_database(await server.start())
        finally:
            await server.stop()
    except SourceError as exc:
        return [Finding(Severity.ERROR, exc.message, "store.url")]


async def _of_database(url: str) -> Sequence[Finding]:
    store = await Store.open(url, max_connections=1)
    try:
        (row,) = await store.fetch(_IS_NEW)
        if row["is_new"]:
            return [Finding(Severity.INFO, "The store is new; the first start makes its tables.")]
        return await findings(store)
    finally:
        await store.close()
