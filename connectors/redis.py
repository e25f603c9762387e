"""Redis, where one is configured: never needed, and left alone for a while where it fails.

What replicas share for their ease is kept there. Nothing may depend on it: whoever asks gets an
answer within `timeout_s` or `RedisAway`, and goes on without.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import structlog

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

T = TypeVar("T")

CONNECTIONS: Final = 32
"""The most connections to Redis that one process makes; who comes when all are taken goes on
without."""


class RedisAway(Exception):
    """Redis did not answer in time, or failed; or it is left alone because it did so before."""


class RedisLink:
    """The way to one Redis.

    `timeout_s` is how long any command may take, connecting included; after a failure Redis is
    left alone for `rest_s`. `clock` gives seconds from any start.
    """

    def __init__(
        self,
        client: "Redis",
        *,
        timeout_s: float = 0.05,
        rest_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._rest_s = rest_s
        self._clock = clock
        self._rests_until = float("-inf")

    @classmethod
    def open(cls, url: str, *, timeout_s: float = 0.05) -> Self:
        """A link to the Redis at `url` (`redis://…` or `rediss://…`); nothing is asked yet."""
        # An extra: it is imported only where Redis is configured.
        from redis.asyncio import Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415

        client = Redis.from_url(
            url,
            max_connections=CONNECTIONS,
            # A read that is cut off by its socket's own timeout would be told as another failure.
            socket_timeout=None,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            client_name="customer360",
        )
        return cls(client, timeout_s=timeout_s)

    @property
    def is_resting(self) -> bool:
        """Whether Redis failed a moment ago, and is not asked."""
        return self._clock() < self._rests_until

    async def ask(self, work: Callable[["Redis"], Awaitable[T]]) -> T:
        """What `work` gets from Redis. Raises `RedisAway` where it cannot be had in time."""
        from redis.exceptions import RedisError  # noqa: PLC0415  # as above

        if self.is_resting:
            raise RedisAway("Redis failed a moment ago")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await work(self._client)
        except (TimeoutError, OSError, RedisError) as exc:
            self._rest(exc)
            raise RedisAway(str(exc)) from exc

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _rest(self, exc: Exception) -> None:
        if not self.is_resting:
            problem: Any = str(exc) or f"no answer within {self._timeout_s:g} s"
            log.warning("redis_away", kind=type(exc).__name__, problem=problem, rest_s=self._rest_s)
        self._rests_until = self._clock() + self._rest_s
