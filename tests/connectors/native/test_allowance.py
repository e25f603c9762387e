"""What processes share of a rate, counted in a real store."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from connectors.aspects.gate import SourceGate
from connectors.contract import OverLimit, Unavailable
from connectors.native.allowance import StoreAllowance
from connectors.native.store import Store
from connectors.options import CallLimits, Rate
from tests.postgres import execute

DAY = Rate(calls=40, per_s=86_400)


def _allowance(
    store: Store, holder: int, rate: Rate = DAY, source: str = "帮助台"
) -> StoreAllowance:
    return StoreAllowance(store=store, source=source, rate=rate, holder=UUID(int=holder))


def _gate(store: Store, holder: int, rate: Rate = DAY) -> SourceGate:
    limits = CallLimits(concurrent=20, rates=(rate,))
    return SourceGate("帮助台", limits, allowance_of=lambda _: _allowance(store, holder, rate))


async def _use_up(gate: SourceGate, used: list[int]) -> None:
    while True:
        async with gate.turn(0.2):
            used.append(1)


async def _counted(store: Store) -> int:
    (row,) = await store.fetch("SELECT coalesce(sum(call_count), 0)::int AS n FROM source_call")
    count: int = row["n"]
    return count


def test_two_processes_share_a_daily_limit(database_url: str) -> None:
    """Each with its own connections: together they get what the limit allows, and no call more."""

    async def use(holder: int) -> int:
        store = await Store.open(database_url)
        gate, used = _gate(store, holder), list[int]()
        with pytest.raises(OverLimit, match="40 calls per day") as refused:
            await _use_up(gate, used)
        await gate.close()
        await store.close()
        assert refused.value.retry_after_s is not None
        assert refused.value.retry_after_s > timedelta(hours=20).total_seconds()
        return len(used)

    async def run() -> list[int]:
        return list(await asyncio.gather(use(1), use(2), use(3)))

    counts = asyncio.run(run())

    assert sum(counts) == 40
    assert min(counts) > 0


def test_a_process_that_starts_anew_finds_what_was_used_before(database_url: str) -> None:
    """A day's limit does not begin again with the process."""

    async def run() -> int:
        store = await Store.open(database_url)
        for holder in (1, 2):
            gate = _gate(store, holder)
            for _ in range(15):
                async with gate.turn(1):
                    pass
            await gate.close()
        counted = await _counted(store)
        await store.close()
        return counted

    assert asyncio.run(run()) == 30


def test_many_leases_at_once_never_give_more_than_there_is(database_url: str) -> None:
    """Fifty at the same moment, over one lock; rates of other sources are not touched."""

    async def run() -> tuple[int, int]:
        store = await Store.open(database_url)
        other = await _allowance(store, 1, source="shop").lease(5, unspent=None, overdue=0)
        leases = await asyncio.gather(
            *(_allowance(store, n % 5).lease(3, unspent=None, overdue=0) for n in range(50))
        )
        await store.close()
        assert max(each.sharers for each in leases) == 5
        return sum(each.count for each in leases), other.count

    assert asyncio.run(run()) == (40, 4)


def test_what_is_given_back_can_be_leased_again(database_url: str) -> None:
    """And what was called without a lease is counted, even beyond the limit."""

    async def run() -> list[int]:
        store = await Store.open(database_url)
        one = _allowance(store, 1)
        lease = await one.lease(4, unspent=None, overdue=0)
        counts = [await _counted(store)]
        await one.lease(0, unspent=lease, overdue=0)
        counts.append(await _counted(store))
        over = await one.lease(1, unspent=None, overdue=50)
        counts += [await _counted(store), over.count]
        await store.close()
        return counts

    assert asyncio.run(run()) == [4, 0, 50, 0]


def test_what_no_longer_counts_is_removed(database_url: str) -> None:
    """The table stays small."""
    execute(
        database_url,
        "INSERT INTO source_call SELECT '帮助台', 86400000, n, gen_random_uuid(), 5"
        " FROM generate_series(1, 200) AS n",
    )

    async def run() -> tuple[int, int]:
        store = await Store.open(database_url)
        lease = await _allowance(store, 1).lease(2, unspent=None, overdue=0)
        counted = await _counted(store)
        await store.close()
        return lease.count, counted

    assert asyncio.run(run()) == (2, 2)


def test_a_store_that_is_away_is_a_failure_of_the_contract(empty_database_url: str) -> None:
    """The gate takes it as such, and goes on with the share of this process."""

    async def run() -> None:
        store = await Store.open(empty_database_url, min_connections=0)
        await store.close()
        with pytest.raises(Unavailable):
            await _allowance(store, 1).lease(1, unspent=None, overdue=0)
        async with _gate(store, 1).turn(5):
            pass

    asyncio.run(run())
