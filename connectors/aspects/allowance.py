"""A rate that several processes share: each leases calls in portions from a common account.

The account counts calls by small pieces of time, its buckets. What is leased is used up in the
bucket in which it was leased or given back, so that calls are never counted too early; and a bucket
counts until none of its calls can be in a window with a new one. So no window of the rate's length
ever holds more calls than it may, wherever it begins and however many processes there are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.options import Rate

_BUCKETS = 60
_NARROWEST_S = 0.1
_LONGEST_LEASE_S = 10.0
"""What a process has leased and does not use comes back to the others after this."""

_SPARE_BUCKETS = 1
"""How many buckets longer calls count than they must: they take time to reach the source."""

SHARE_OF_REST = 10
"""A lease takes at most this part of what is left, so that the last calls go where they are used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Some calls, to be begun within `lasts_s` from when they were asked for.

    With a `count` of 0 there are none for `retry_after_s`. `bucket` is where they are counted;
    `sharers` is how many processes have leased lately.
    """

    count: int
    bucket: int
    lasts_s: float
    retry_after_s: float = 0.0
    sharers: int = 1


class Allowance(Protocol):
    """The account of one rate of one source, common to all processes."""

    async def lease(self, wanted: int, *, unspent: Lease | None, overdue: int) -> Lease:
        """Up to `wanted` calls. Raises `SourceError` where the account cannot be reached.

        `unspent` is what is left of the lease before, which is given back; `overdue` counts calls
        that were made without a lease meanwhile.
        """
        ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the time of a rate is divided into buckets."""

    rate: Rate

    @property
    def width_s(self) -> float:
        """How long a bucket is."""
        return max(self.rate.per_s / _BUCKETS, _NARROWEST_S)

    def bucket(self, now_s: float) -> int:
        """The bucket of a moment, in seconds since 1970."""
        return math.floor(now_s / self.width_s)

    def oldest(self, bucket: int) -> int:
        """The oldest bucket that counts for calls in this one."""
        return bucket - math.ceil(self.rate.per_s / self.width_s) - _SPARE_BUCKETS

    def lease(
        self, now_s: float, counts: Mapping[int, int], *, wanted: int, overdue: int = 0
    ) -> Lease:
        """What may be leased now, where so many calls are counted in each bucket."""
        oldest = self.oldest(self.bucket(now_s))
        counting = {each: count for each, count in counts.items() if each >= oldest and count > 0}
        rest = self.rate.calls - sum(counting.values()) - overdue
        if rest <= 0:
            return self.refused(now_s, min(counting, default=self.bucket(now_s)))
        return self.granted(now_s, min(wanted, max(1, rest // SHARE_OF_REST)))

    def granted(self, now_s: float, count: int) -> Lease:
        """So many calls, to be used up in the bucket of now."""
        bucket = self.bucket(now_s)
        left_s = (bucket + 1) * self.width_s - now_s
        return Lease(count=count, bucket=bucket, lasts_s=min(left_s, _LONGEST_LEASE_S))

    def refused(self, now_s: float, first: int) -> Lease:
        """No calls until those of the first bucket that has some count no longer."""
        bucket = self.bucket(now_s)
        frees_s = (first + 1 + bucket - self.oldest(bucket)) * self.width_s
        retry_after_s = max(frees_s - now_s, 0.0)
        return Lease(count=0, bucket=bucket, lasts_s=0.0, retry_after_s=retry_after_s)
