"""All API keys, known in memory: to check one costs no I/O.

Changes are read from the store every few seconds, so that a key that was revoked elsewhere counts
for no longer than that. While the store is down, keys that are known go on to count for a while.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.errors import SourceError
from connectors.native.key_store import KeyStore
from domain.viewer import Viewer
from gateway.auth.api_key import ApiKey, Grant

REFRESH_S = 2.0
"""How often changes are read."""

# Rows that a slow transaction made visible late must not be missed.
_OVERLAP = timedelta(seconds=60)
_STALE_AFTER = timedelta(minutes=5)
_FLUSH_EVERY = 30
_REMEMBERED_STRANGERS = 10_000

log = structlog.get_logger(__name__)


class KeyRing:
    """The keys of a store, as they were at the last look."""

    def __init__(self, keys: KeyStore, *, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now
        self._grants: dict[str, Grant] = {}
        self._looked_at: datetime | None = None
        self._used: dict[str, datetime] = {}
        # Ids that the store does not know, so that guessing does not become a load on it.
        self._strangers: OrderedDict[str, None] = OrderedDict()
        self._asking = asyncio.Semaphore(4)

    async def viewer(self, key: ApiKey) -> Viewer | None:
        """Whom a key stands for; `None` where it does not count.

        Raises `SourceError` where that cannot be known because the store is down.
        """
        grant = self._grants.get(key.id) or await self._new(key.id)
        now = self._now()
        if grant is None or not grant.admits(key, now=now):
            return None
        if self._looked_at is None or now - self._looked_at > _STALE_AFTER:
            await self.refresh()
            grant = self._grants[key.id]
            if not grant.admits(key, now=now):
                return None
        self._used[key.id] = now
        return grant.viewer

    async def refresh(self) -> None:
        """Read what changed since the last look."""
        began = self._now()
        if self._looked_at is None:
            rows = await self._keys.all()
        else:
            rows = await self._keys.changed_since(self._looked_at - _OVERLAP)
        for row in rows:
            self._learn(row)
        self._looked_at = began

    async def keep_fresh(self) -> None:
        """Refresh for ever; a store that is down is tried again."""
        turn = 0
        while True:
            await asyncio.sleep(REFRESH_S)
            turn += 1
            try:
                await self.refresh()
                if turn % _FLUSH_EVERY == 0:
                    await self.flush()
            except SourceError as exc:
                log.warning("api_keys_not_refreshed", error=exc.message)

    async def flush(self) -> None:
        """Write down when keys were used last."""
        used, self._used = self._used, {}
        if used:
            await self._keys.used(used)

    async def _new(self, key_id: str) -> Grant | None:
        """A key that was made since the last look."""
        if key_id in self._strangers:
            return None
        async with self._asking:
            row = await self._keys.one(key_id)
        if row is not None:
            return self._learn(row)
        self._strangers[key_id] = None
        if len(self._strangers) > _REMEMBERED_STRANGERS:
            self._strangers.popitem(last=False)
        return None

    def _learn(self, row: Mapping[str, Any]) -> Grant:
        grant = self._grants[row["id"]] = grant_of(row)
        self._strangers.pop(grant.id, None)
        return grant


def grant_of(row: Mapping[str, Any]) -> Grant:
    """The grant that a row of the store says."""
    viewer = Viewer(
        name=row["name"],
        roles=tuple(row["roles"]),
        claims=row["claims"],
        purpose=row["purpose"],
        credential=f"key:{row['id']}",
    )
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return Grant(
        id=row["id"], digest=row["digest"], viewer=viewer, **{each: row[each] for each in times}
    )


def row_of(grant: Grant, *, now: datetime) -> Mapping[str, Any]:
    """The row of a grant that is kept now."""
    viewer = grant.viewer
    return {
        "id": grant.id,
        "digest": grant.digest,
        "name": viewer.name,
        "roles": list(viewer.roles),
        "claims": dict(viewer.claims),
        "purpose": viewer.purpose,
        "created_at": grant.created_at,
        "expires_at": grant.expires_at,
        "revoked_at": grant.revoked_at,
        "last_used_at": grant.last_used_at,
        "changed_at": now,
    }
