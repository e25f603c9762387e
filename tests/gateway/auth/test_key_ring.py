"""The key ring over a real store: new keys, revoked ones, and a store that is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.native.key_store import KeyStore
from connectors.native.store import Store
from domain.viewer import Viewer
from gateway.auth.api_key import ApiKey, Grant
from gateway.auth.key_ring import KeyRing, row_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PORTAL = Viewer(name="门户", roles=("partner",), claims={"partner": "acme"}, purpose="service")


class Clock:
    """The time, which passes when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Counted(KeyStore):
    """The store, which counts how often single keys are asked for."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked: list[str] = []

    async def one(self, key_id: str) -> Mapping[str, Any] | None:
        """The key with an id."""
        self.asked.append(key_id)
        return await super().one(key_id)

    async def made(self, *, expires_at: datetime | None = None) -> ApiKey:
        """A new key."""
        key = ApiKey.new()
        grant = Grant(id=key.id, digest=key.digest, viewer=PORTAL, created_at=NOW)
        await self.add(row_of(replace(grant, expires_at=expires_at), now=NOW))
        return key


def _by(key: ApiKey) -> Viewer:
    """The portal, known by a key."""
    return replace(PORTAL, credential=f"key:{key.id}")


def _run(url: str, work: Callable[[Counted, KeyRing, Clock], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await Store.open(url, max_connections=2)
        try:
            keys, clock = Counted(store), Clock()
            await work(keys, KeyRing(keys, now=clock), clock)
        finally:
            await store.close()

    asyncio.run(run())


def test_keys_that_were_read_cost_no_question(database_url: str) -> None:
    """Whom a key stands for comes back as it was said."""

    async def work(keys: Counted, ring: KeyRing, _: Clock) -> None:
        made = [await keys.made() for _ in range(3)]
        await ring.refresh()

        assert [await ring.viewer(each) for each in made] == [_by(each) for each in made]
        assert keys.asked == []

    _run(database_url, work)


def test_a_new_key_counts_before_the_next_look(database_url: str) -> None:
    """It is asked for once."""

    async def work(keys: Counted, ring: KeyRing, _: Clock) -> None:
        await ring.refresh()
        key = await keys.made()

        assert await ring.viewer(key) == _by(key)
        assert await ring.viewer(key) == _by(key)
        assert keys.asked == [key.id]

    _run(database_url, work)


def test_a_stranger_is_asked_for_once_however_often_it_comes(database_url: str) -> None:
    """Guessing is no load on the store."""

    async def work(keys: Counted, ring: KeyRing, _: Clock) -> None:
        await ring.refresh()
        stranger = ApiKey.new()

        assert [await ring.viewer(stranger) for _ in range(5)] == [None] * 5
        assert keys.asked == [stranger.id]

    _run(database_url, work)


def test_a_wrong_secret_opens_nothing(database_url: str) -> None:
    """The id alone is no key."""

    async def work(keys: Counted, ring: KeyRing, _: Clock) -> None:
        key = await keys.made()
        await ring.refresh()

        assert await ring.viewer(ApiKey(key.id, "0" * 64)) is None

    _run(database_url, work)


def test_a_key_that_was_revoked_or_has_ended_counts_no_longer(database_url: str) -> None:
    """After the next look, and at its time."""

    async def work(keys: Counted, ring: KeyRing, clock: Clock) -> None:
        doomed, short = await keys.made(), await keys.made(expires_at=NOW + timedelta(minutes=1))
        await ring.refresh()
        assert await ring.viewer(doomed) == _by(doomed)
        assert await ring.viewer(short) == _by(short)

        clock.now += timedelta(minutes=1)
        assert await keys.revoke(doomed.id, now=clock.now)
        await ring.refresh()

        assert await ring.viewer(doomed) is None
        assert await ring.viewer(short) is None

    _run(database_url, work)


def test_keys_go_on_to_count_while_the_store_is_gone_but_not_for_ever(database_url: str) -> None:
    """Five minutes; then nobody knows whether they were revoked."""

    async def work(keys: Counted, ring: KeyRing, clock: Clock) -> None:
        key = await keys.made()
        await ring.refresh()
        await keys._store.close()

        clock.now += timedelta(minutes=4)
        assert await ring.viewer(key) == _by(key)
        clock.now += timedelta(minutes=2)
        with pytest.raises(SourceError):
            await ring.viewer(key)
        with pytest.raises(SourceError):
            await ring.viewer(ApiKey.new())

    _run(database_url, work)


def test_when_a_key_was_used_last_is_written_down(database_url: str) -> None:
    """Together, now and then."""

    async def work(keys: Counted, ring: KeyRing, clock: Clock) -> None:
        used, idle = await keys.made(), await keys.made()
        await ring.refresh()
        await ring.viewer(used)
        clock.now += timedelta(minutes=1)
        await ring.flush()

        found = {each["id"]: each["last_used_at"] for each in await keys.all()}
        assert found == {used.id: NOW, idle.id: None}

    _run(database_url, work)
