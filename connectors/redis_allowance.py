"""What all processes share of a rate of a source, counted in a Redis.

For short times only: a Redis that is emptied forgets what was called, which for a day's limit would
be a second day's calls.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

from connectors.aspects.allowance import SHARE_OF_REST, Calendar, Lease
from connectors.errors import Unavailable
from connectors.options import Rate
from connectors.redis import RedisAway, RedisLink

LONGEST_S: Final = 3600.0
"""Rates of longer times are not kept here."""

_LEASE = """
local key, holder = KEYS[1], ARGV[1]
local width, span, calls, wanted, overdue, part, lately =
  tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]),
  tonumber(ARGV[7]), tonumber(ARGV[8])
local back_bucket, back_count = ARGV[9], tonumber(ARGV[10])
if back_count > 0 then
  redis.call('HINCRBY', key, back_bucket .. ' ' .. holder, -back_count)
end
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local bucket = math.floor(now / width)
local rest, first, sharers = calls - overdue, bucket, {}
local fields = redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  local at = tonumber(string.match(fields[i], '^%d+'))
  local count = tonumber(fields[i + 1])
  if at < bucket - span then
    redis.call('HDEL', key, fields[i])
  elseif count > 0 then
    rest = rest - count
    first = math.min(first, at)
    if at >= bucket - lately then sharers[string.match(fields[i], '%S+$')] = true end
  end
end
local count = 0
if rest > 0 then count = math.min(wanted, math.max(1, math.floor(rest / part))) end
if count + overdue > 0 then
  redis.call('HINCRBY', key, string.format('%d', bucket) .. ' ' .. holder, count + overdue)
  redis.call('PEXPIRE', key, math.ceil((span + 2) * width * 1000))
end
sharers[holder] = true
local sharer_count = 0
for _ in pairs(sharers) do sharer_count = sharer_count + 1 end
return {count, rest, first, sharer_count, string.format('%.6f', now)}
"""
_LATELY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAllowance:
    """The account of one rate of one source. `holder` is this process, among all others."""

    link: RedisLink
    source: str
    rate: Rate
    holder: UUID

    async def lease(self, wanted: int, *, unspent: Lease | None, overdue: int) -> Lease:
        """Up to `wanted` calls: see `Allowance`. Raises `Unavailable` where Redis is away."""
        calendar = Calendar(self.rate)
        key = f"customer360:calls:{round(self.rate.per_s * 1000)}:{self.source}"
        back = (0, 0) if unspent is None else (unspent.bucket, unspent.count)
        span = -calendar.oldest(0)
        limits = (calendar.width_s, span, self.rate.calls, wanted, overdue, SHARE_OF_REST, _LATELY)
        arguments = [str(each) for each in (self.holder, *limits, *back)]
        try:
            found = await self.link.ask(
                lambda redis: cast("Any", redis.eval(_LEASE, 1, key, *arguments))
            )
        except RedisAway as exc:
            raise Unavailable(self.source, f"Redis, where its calls are counted: {exc}") from exc
        count, rest, first, sharers, now = found
        now_s = float(now)
        lease = calendar.granted(now_s, count) if rest > 0 else calendar.refused(now_s, first)
        return replace(lease, sharers=sharers)
