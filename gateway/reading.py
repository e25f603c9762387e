"""Reading through, as the settings say: what is kept of live sources, and who hears of changes."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version

from pydantic import SecretStr

from connectors.cache.invalidation import Invalidation
from connectors.cache.keeper import Keeper
from connectors.cache.reader import Reader
from connectors.cache.remote import RemoteShelf
from connectors.cache.shelf import Shelf
from connectors.errors import Misconfigured
from connectors.health import HealthBoard
from connectors.native.notice import Listener, tell
from connectors.native.store import Store
from connectors.options import Keeping, Options
from connectors.redis import RedisLink
from gateway.config import Settings
from gateway.config.signing_key import link_signing_key
from gateway.distribution import DISTRIBUTION


@asynccontextmanager
async def opened_reading(
    settings: Settings, store: Store, board: HealthBoard
) -> AsyncIterator[Invalidation]:
    """The reader of live sources, and what hears of changes in other processes.

    Raises `Misconfigured` where a Redis is named that cannot be used.
    """
    keeping = keeping_of(settings)
    remote = _remote(settings) if keeping else None
    shelf = Shelf(settings.cache.max_bytes)
    reader = Reader(board, keeper=Keeper(keeping, shelf=shelf, remote=remote, now_s=time.time))
    if not keeping:
        try:
            yield Invalidation(reader)
        finally:
            await reader.close()
        return
    invalidation = Invalidation(reader, tell=partial(tell, store))
    listener = Listener(store.apart, heard=invalidation.heard, missed=invalidation.missed)
    listening = asyncio.create_task(listener.listen())
    try:
        yield invalidation
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await reader.close()


def keeping_of(settings: Settings) -> Mapping[tuple[str, str], Keeping]:
    """How long answers are kept, by source and entity; only of entities that are live."""
    return {
        (name, entity): keeping
        for name, options in settings.sources.items()
        for entity, keeping in options.cache.items()
        if entity not in options.synced
    }


def forwards_of(settings: Settings) -> Mapping[str, frozenset[str]]:
    """The headers of clients that go on to each source, in small letters."""
    return {
        name: frozenset(each.lower() for each in options.forward_headers)
        for name, options in settings.sources.items()
        if options.forward_headers
    }


def _remote(settings: Settings) -> RemoteShelf | None:
    if settings.redis is None:
        return None
    try:
        link = RedisLink.open(
            settings.redis.url.get_secret_value(), timeout_s=settings.redis.timeout_s
        )
    except ImportError as exc:
        raise Misconfigured(
            "redis",
            f"a Redis is configured, but not its client installed: install {DISTRIBUTION}[redis]",
        ) from exc
    return RemoteShelf(
        link,
        secret=link_signing_key(settings),
        identities={name: _identity(options) for name, options in settings.sources.items()},
        release=version(DISTRIBUTION),
    )


def _identity(options: Options) -> str:
    """All settings of a source, its secrets too: other settings may give other answers.

    It goes into a keyed hash and nowhere else.
    """
    return repr(_revealed(options.model_dump(mode="python", exclude={"cache", "limits"})))


def _revealed(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {name: _revealed(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_revealed(each) for each in value]
    return value
