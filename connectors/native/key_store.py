"""API keys in the native store: whom each stands for, and the digest of its secret."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.native.store import Store

_COLUMNS = (
    "id, digest, name, roles, claims, purpose, created_at, expires_at, revoked_at, last_used_at,"
    " changed_at"
)
# Names of the list above only.
_ADD = f"INSERT INTO api_key ({_COLUMNS}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)"  # noqa: S608
_ALL = f"SELECT {_COLUMNS} FROM api_key ORDER BY created_at, id"  # noqa: S608
_CHANGED = f"SELECT {_COLUMNS} FROM api_key WHERE changed_at >= $1"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM api_key WHERE id = $1"  # noqa: S608
_REVOKE = (
    "UPDATE api_key SET revoked_at = coalesce(revoked_at, $2), changed_at = $2 WHERE id = $1"
    " RETURNING id"
)
_EXPIRE = (
    "UPDATE api_key SET expires_at = least(expires_at, $2), changed_at = $3 WHERE id = $1"
    " RETURNING id"
)
_USED = (
    "UPDATE api_key SET last_used_at = greatest(last_used_at, used.at)"
    " FROM unnest($1::text[], $2::timestamptz[]) AS used(id, at) WHERE api_key.id = used.id"
)


class KeyStore:
    """Reads and writes the table `api_key`. Rows are mappings by column; raises `SourceError`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, row: Mapping[str, Any]) -> None:
        """Keep a key that is new."""
        values = [row[name.strip()] for name in _COLUMNS.split(",")]
        await self._store.fetch(_ADD, *values)

    async def all(self) -> Sequence[Mapping[str, Any]]:
        """Every key, the oldest first."""
        return await self._store.fetch(_ALL)

    async def changed_since(self, moment: datetime) -> Sequence[Mapping[str, Any]]:
        """The keys that were made or changed since a moment."""
        return await self._store.fetch(_CHANGED, moment)

    async def one(self, key_id: str) -> Mapping[str, Any] | None:
        """The key with an id."""
        rows = await self._store.fetch(_ONE, key_id)
        return rows[0] if rows else None

    async def revoke(self, key_id: str, *, now: datetime) -> bool:
        """Let a key count no longer; says whether there is one."""
        return bool(await self._store.fetch(_REVOKE, key_id, now))

    async def expire(self, key_id: str, *, at: datetime, now: datetime) -> bool:
        """Let a key end at a time, or sooner where it did already; says whether there is one."""
        return bool(await self._store.fetch(_EXPIRE, key_id, at, now))

    async def used(self, moments: Mapping[str, datetime]) -> None:
        """Note when keys were last used."""
        await self._store.fetch(_USED, list(moments), list(moments.values()))
