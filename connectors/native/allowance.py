"""What all processes share of a rate of a source, counted in the store.

One short transaction for a portion of calls, not for each of them: see `connectors.aspects`.
"""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

from connectors.aspects.allowance import Calendar, Lease
from connectors.native.store import Store
from connectors.options import Rate

_LOCK_NUMBER = 0x43333631
_LATELY = 3
"""Processes that leased in the last so many buckets are those that share a rate."""

_LOCK = f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER}, hashtext($1::text || ' ' || $2::bigint))"

_GIVE_BACK = """
UPDATE source_call SET call_count = greatest(call_count - $5, 0)
WHERE source = $1 AND per_ms = $2 AND bucket = $3 AND holder = $4
"""

# The time of the clock, not of the transaction: that began before the lock was ours.
_COUNTS = """
SELECT extract(epoch FROM clock_timestamp())::double precision AS now_s, bucket, holder, call_count
FROM (SELECT) AS one LEFT JOIN source_call ON source = $1 AND per_ms = $2
"""

_FORGET = "DELETE FROM source_call WHERE source = $1 AND per_ms = $2 AND bucket < $3"

_COUNT = """
INSERT INTO source_call (source, per_ms, bucket, holder, call_count) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source, per_ms, bucket, holder)
DO UPDATE SET call_count = source_call.call_count + excluded.call_count
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAllowance:
    """The account of one rate of one source. `holder` is this process, among all others."""

    store: Store
    source: str
    rate: Rate
    holder: UUID

    async def lease(self, wanted: int, *, unspent: Lease | None, overdue: int) -> Lease:
        """Up to `wanted` calls: see `Allowance`. Raises `SourceError` where the store is away."""
        async with self.store.transaction() as connection:
            await connection.execute(_LOCK, *self._key)
            if unspent is not None and unspent.count > 0:
                back = (unspent.bucket, self.holder, unspent.count)
                await connection.execute(_GIVE_BACK, *self._key, *back)
            return await self._lease(connection, wanted, overdue)

    @property
    def _key(self) -> tuple[str, int]:
        return self.source, round(self.rate.per_s * 1000)

    async def _lease(self, connection: asyncpg.Connection, wanted: int, overdue: int) -> Lease:
        calendar = Calendar(self.rate)
        rows = await connection.fetch(_COUNTS, *self._key)
        now_s = rows[0]["now_s"]
        found = [each for each in rows if each["bucket"] is not None]
        counts: Counter[int] = Counter()
        for each in found:
            counts[each["bucket"]] += each["call_count"]
        lease = calendar.lease(now_s, counts, wanted=wanted, overdue=overdue)
        oldest = calendar.oldest(lease.bucket)
        if min(counts, default=oldest) < oldest:
            await connection.execute(_FORGET, *self._key, oldest)
        if lease.count + overdue > 0:
            counted = (lease.bucket, self.holder, lease.count + overdue)
            await connection.execute(_COUNT, *self._key, *counted)
        since = lease.bucket - _LATELY
        holders = {each["holder"] for each in found if each["bucket"] >= since}
        return replace(lease, sharers=len(holders | {self.holder}))
