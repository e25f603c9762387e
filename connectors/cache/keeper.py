"""The keeper: what is kept of live sources, in memory and behind it in Redis, by the settings."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.cache.entry import Entry, Worth, lifetime_s, worth
from connectors.cache.remote import Lease, RemoteShelf
from connectors.cache.shelf import Shelf, Template
from connectors.contract import Key
from connectors.options import Keeping
from connectors.redis import RedisAway

_MAX_CHORES: Final = 64
"""How much may be on its way to Redis at one time; more is not sent."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept answer, as old as it was when it was looked at."""

    entry: Entry
    age_s: float
    worth: Worth


class Keeper:
    """Keeps entries of those entities that `keeping` names, by source and entity.

    `remote` is the second level. `now_s` is the time in seconds since 1970.
    """

    def __init__(
        self,
        keeping: Mapping[tuple[str, str], Keeping],
        *,
        shelf: Shelf,
        remote: RemoteShelf | None = None,
        now_s: Callable[[], float],
    ) -> None:
        self._keeping = {key: each for key, each in keeping.items() if lifetime_s(each)}
        self._shelf = shelf
        self._remote = remote
        self.now_s = now_s
        self._chores: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        """The bytes of what is kept in memory."""
        return self._shelf.size

    @property
    def is_needed(self) -> bool:
        """Whether anything at all may be kept."""
        return bool(self._keeping)

    def keeps(self, source: str, entity: str) -> bool:
        """Whether answers about an entity of a source may be kept."""
        return (source, entity) in self._keeping

    def look(
        self, template: Template, keys: Iterable[Key], *, max_stale_s: float | None
    ) -> Mapping[Key, Kept]:
        """What is kept in memory for keys and still worth something."""
        keeping = self._keeping.get((template[0], template[1].entity))
        if keeping is None:
            return {}
        now_s = self.now_s()
        held = self._shelf.get(template, keys)
        judged = {
            key: Kept(
                entry,
                entry.age_s(now_s),
                worth(entry, keeping, now_s=now_s, max_stale_s=max_stale_s),
            )
            for key, entry in held.items()
        }
        return {key: each for key, each in judged.items() if each.worth is not Worth.SPENT}

    async def recall(self, template: Template, keys: Sequence[Key]) -> Lease | None:
        """Bring what Redis has for keys into memory; none where it cannot be asked.

        What is asked meanwhile may be kept in Redis by the lease.
        """
        if self._remote is None or not self.keeps(template[0], template[1].entity):
            return None
        try:
            lease = await self._remote.get(template, keys)
        except RedisAway:
            return None
        self._shelf.put(template, lease.entries)
        return lease

    def keep(self, template: Template, entries: Mapping[Key, Entry], lease: Lease | None) -> None:
        """Keep new entries; in Redis too, where there is a lease."""
        keeping = self._keeping.get((template[0], template[1].entity))
        if keeping is None:
            return
        self._shelf.put(template, entries)
        remote = self._remote
        if remote is not None and lease is not None:
            self._do(remote.put(template, entries, lease, life_s=lifetime_s(keeping)))

    def forget(self, source: str, entity: str, *, customer_ref: object = None) -> None:
        """Drop what is kept about an entity of a source, or about one customer in it."""
        if not self.keeps(source, entity):
            return
        self._shelf.forget(source, entity, customer_ref=customer_ref)
        if self._remote is not None:
            self._remote.owe(source, entity, customer_ref=customer_ref)
            self._do(self._remote.settle())

    def forget_all(self) -> None:
        """Drop what is in the memory of this process."""
        self._shelf.clear()

    async def close(self) -> None:
        """Give back what is held."""
        for each in self._chores:
            each.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._remote is not None:
            await self._remote.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._chores) >= _MAX_CHORES:
            work.close()
            return
        task = asyncio.create_task(_quietly(work))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except RedisAway:
        # It was logged where it was found out; nothing depends on it.
        return
