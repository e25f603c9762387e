"""What the processes of a gateway share of the limits of sources: in the store, or in a Redis.

Short rates are counted in Redis where one is named, which spares the store a transaction for each
portion of calls; those of more than an hour in the store, which forgets nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from connectors.aspects.allowance import Allowance
from connectors.aspects.opening import Share
from connectors.errors import Misconfigured
from connectors.native.allowance import StoreAllowance
from connectors.native.store import Store
from connectors.options import Rate
from connectors.redis import RedisLink
from connectors.redis_allowance import LONGEST_S, RedisAllowance
from gateway.config import Settings
from gateway.distribution import DISTRIBUTION


@asynccontextmanager
async def opened_sharing(settings: Settings, store: Store) -> AsyncIterator[Share]:
    """How rates are kept by all processes together.

    Raises `Misconfigured` where a Redis is named that cannot be used.
    """
    rates = [rate for options in settings.sources.values() for rate in options.limits.rates]
    link = redis_link(settings) if any(each.per_s <= LONGEST_S for each in rates) else None
    holder = uuid4()

    def share(source: str, rate: Rate) -> Allowance:
        if link is not None and rate.per_s <= LONGEST_S:
            return RedisAllowance(link=link, source=source, rate=rate, holder=holder)
        return StoreAllowance(store=store, source=source, rate=rate, holder=holder)

    try:
        yield share
    finally:
        if link is not None:
            await link.close()


def redis_link(settings: Settings) -> RedisLink | None:
    """A link to the Redis of the settings, if one is named. Raises `Misconfigured`."""
    if settings.redis is None:
        return None
    try:
        return RedisLink.open(
            settings.redis.url.get_secret_value(), timeout_s=settings.redis.timeout_s
        )
    except ImportError as exc:
        raise Misconfigured(
            "redis",
            f"a Redis is configured, but not its client installed: install {DISTRIBUTION}[redis]",
        ) from exc
