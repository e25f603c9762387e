"""How often a viewer may ask: a bucket of requests for each key, person or address.

A bucket is one number, the moment at which it will be full again (the generic cell rate algorithm,
https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). It is counted in Redis where there is
one, for all replicas together; else, and while Redis is away, in each process.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, cast

from connectors.redis import RedisAway, RedisLink
from domain.viewer import Viewer
from gateway.config.access import RequestRate
from gateway.http.rejection import Rejected
from resolvers.result import ErrorCode

MOST_BUCKETS: Final = 100_000
"""So many buckets a process knows. Beyond it the one not used for longest is full again."""

_TAKE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local interval, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
if full_at - now > room + interval / 1000 then
  return string.format('%.6f', full_at - now)
end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil((full_at - now) * 1000))
return string.format('%.6f', full_at - now)
"""


@dataclass(frozen=True, slots=True)
class Filling:
    """A rate as a bucket: one request is back after `interval_s`, all after `room_s`."""

    interval_s: float
    room_s: float

    @classmethod
    def of(cls, rate: RequestRate) -> "Filling":
        """The bucket of a rate."""
        interval_s = rate.per_s / rate.requests
        return cls(interval_s, interval_s * (rate.burst or rate.requests))

    def has_room(self, fills_in_s: float) -> bool:
        """Whether a request fits that makes the bucket full again in so many seconds."""
        # What was added up many times is not exact.
        return fills_in_s <= self.room_s + self.interval_s / 1000


class Buckets:
    """The buckets of one process. `clock` gives seconds from any start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, filling: Filling) -> float:
        """In how many seconds the bucket is full again; nothing is taken where there is no room."""
        now = self._clock()
        full_at = max(self._full_at.get(key, 0.0), now) + filling.interval_s
        if filling.has_room(full_at - now):
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > MOST_BUCKETS:
                self._full_at.popitem(last=False)
        return full_at - now


class RequestRates:
    """The rates of roles, and who has asked how often."""

    def __init__(
        self,
        rates: Mapping[str, RequestRate],
        *,
        link: RedisLink | None = None,
        buckets: Buckets | None = None,
    ) -> None:
        self._rates = {name: (each, Filling.of(each)) for name, each in rates.items()}
        self._link = link
        self._buckets = buckets or Buckets()

    @property
    def are_some(self) -> bool:
        """Whether any role has a rate."""
        return bool(self._rates)

    async def admit(self, viewer: Viewer, *, client: str | None) -> Mapping[str, str] | None:
        """Count a request; what the answer says of the rate, or nothing where there is none.

        `client` is the address it came from. Raises `Rejected` with 429.
        """
        found = self._rates.get(viewer.role or "")
        if found is None:
            return None
        rate, filling = found
        key = f"{viewer.role}:{viewer.credential or _of_address(client)}"
        fills_in_s = await self._take(key, filling)
        if not filling.has_room(fills_in_s):
            raise _too_many(rate, filling, fills_in_s)
        left = math.floor((filling.room_s - fills_in_s) / filling.interval_s + 0.001)
        return _told(rate, left=max(left, 0), reset_s=fills_in_s)

    async def _take(self, key: str, filling: Filling) -> float:
        if self._link is None or self._link.is_resting:
            return self._buckets.take(key, filling)
        arguments = (repr(filling.interval_s), repr(filling.room_s))
        name = f"customer360:requests:{key}"
        try:
            found = await self._link.ask(
                lambda redis: cast("Any", redis.eval(_TAKE, 1, name, *arguments))
            )
        except RedisAway:
            return self._buckets.take(key, filling)
        return float(found)


UNLIMITED: Final = RequestRates({})
"""Whoever asks may ask as often as they like."""


def _of_address(client: str | None) -> str:
    """The key of an address. Of IPv6 a household has 64 bits to choose from."""
    try:
        address = ip_address(client or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else f"{int(address) >> 64:x}"
    return str(address)


def _told(rate: RequestRate, *, left: int, reset_s: float) -> Mapping[str, str]:
    """The headers of draft-ietf-httpapi-ratelimit-headers-06, which clients know by these names."""
    limit = rate.burst or rate.requests
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(left),
        "ratelimit-reset": str(math.ceil(reset_s)),
        "ratelimit-policy": f"{rate.requests};w={math.ceil(rate.per_s)}",
    }


def _too_many(rate: RequestRate, filling: Filling, fills_in_s: float) -> Rejected:
    wait_s = max(math.ceil(fills_in_s - filling.room_s), 1)
    told = _told(rate, left=0, reset_s=fills_in_s - filling.interval_s)
    return Rejected(
        429,
        f"You asked more often than your role may; ask again in {wait_s} s.",
        code=ErrorCode.RATE_LIMITED,
        headers={**told, "retry-after": str(wait_s)},
    )
