"""The doorkeeper of a gateway, and the job that keeps what it knows fresh."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from connectors.errors import SourceError
from connectors.native.key_store import KeyStore
from connectors.native.store import Store
from gateway.auth.doorkeeper import Doorkeeper
from gateway.auth.key_ring import KeyRing
from gateway.auth.rate import RequestRates
from gateway.auth.token import TokenReader
from gateway.config import Settings
from gateway.sharing import redis_link


@asynccontextmanager
async def opened_doorkeeper(
    settings: Settings, store: Store, *, now: Callable[[], datetime]
) -> AsyncIterator[Doorkeeper | None]:
    """The doorkeeper; `None` where the configuration has no `access`.

    Raises `SourceError` where the store cannot be read, or a Redis that is named not be used.
    """
    access = settings.access
    if access is None:
        yield None
        return
    ring = KeyRing(KeyStore(store), now=now)
    await ring.refresh()
    tokens = TokenReader(access.issuers, base_dir=settings.base_dir, now=now)
    fresh = asyncio.create_task(ring.keep_fresh())
    try:
        async with _opened_rates(settings) as rates:
            yield Doorkeeper(access, ring=ring, tokens=tokens, now=now, rates=rates)
    finally:
        fresh.cancel()
        await asyncio.gather(fresh, return_exceptions=True)
        with suppress(SourceError):
            # When keys were used last is worth a try, and no more.
            await ring.flush()


@asynccontextmanager
async def _opened_rates(settings: Settings) -> AsyncIterator[RequestRates]:
    roles = settings.access.roles if settings.access else {}
    rates = {name: each.rate for name, each in roles.items() if each.rate is not None}
    link = redis_link(settings) if rates else None
    try:
        yield RequestRates(rates, link=link)
    finally:
        if link is not None:
            await link.close()
