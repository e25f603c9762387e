"""The second level: entries in a Redis that replicas share, behind the memory of each.

Names in Redis are keyed hashes, so that nobody reads a forwarded credential or a filter out of
them, and so that only processes with the same secret, release and settings find each other's
entries. An entry is bound to tokens, which are renewed when what it is of may have changed: it
counts only as long as they are the same.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import structlog

from connectors.cache.coding import Unfit, decoded, encoded
from connectors.cache.entry import Entry
from connectors.cache.shelf import OF_CUSTOMER, Template
from connectors.contract import Key
from connectors.redis import RedisLink

log = structlog.get_logger(__name__)

MAX_ENTRY_BYTES: Final = 1_000_000
"""The largest entry that is sent to Redis; what is larger stays in memory alone."""

_TOKEN_LIFE_S: Final = 2 * 31_536_000
"""Longer than any entry may be kept."""

_FORMAT: Final = "1"


@dataclass(frozen=True, slots=True)
class Lease:
    """What Redis said about some keys: entries, and the tokens that new ones are bound to."""

    entries: Mapping[Key, Entry]
    tokens: Mapping[Key, tuple[str, ...]]


class RemoteShelf:
    """Entries in Redis. `secret` is shared by all replicas.

    `identities` say for each source what its answers depend on besides the question: its settings.
    `release` is that of the gateway. `new_token` gives a text that was never used before.
    """

    def __init__(
        self,
        link: RedisLink,
        *,
        secret: bytes,
        identities: Mapping[str, str],
        release: str,
        new_token: Callable[[], str] = lambda: os.urandom(12).hex(),
    ) -> None:
        self._link = link
        self._secret = secret[: hashlib.blake2b.MAX_KEY_SIZE]
        self._identities = identities
        self._release = release
        self._new_token = new_token
        # Tokens that are to be renewed before anything is believed again.
        self._owed: set[str] = set()

    async def get(self, template: Template, keys: Sequence[Key]) -> Lease:
        """What is kept for keys. Raises `RedisAway`."""
        await self.settle()
        tokens = [self._tokens_of(template, key) for key in keys]
        named = list(dict.fromkeys(name for each in tokens for name in each))
        entries = self._names(template, keys)
        held: list[Any] = await self._link.ask(lambda redis: redis.mget([*named, *entries]))
        known = {
            name: (value or b"").decode(errors="replace")
            for name, value in zip(named, held[: len(named)], strict=True)
        }
        bound = {
            key: tuple(known[name] for name in names)
            for key, names in zip(keys, tokens, strict=True)
        }
        found = zip(keys, held[len(named) :], strict=True)
        read = ((key, _read(data, bound[key])) for key, data in found)
        return Lease({key: entry for key, entry in read if entry is not None}, bound)

    async def put(
        self, template: Template, entries: Mapping[Key, Entry], lease: Lease, *, life_s: float
    ) -> None:
        """Keep entries for so long, bound to the tokens of the lease. Raises `RedisAway`."""
        fit: dict[str, bytes] = {}
        for name, (key, entry) in zip(
            self._names(template, list(entries)), entries.items(), strict=True
        ):
            try:
                data = encoded(entry, lease.tokens[key])
            except Unfit as exc:
                log.debug("cache_entry_unfit", source=template[0], why=str(exc))
                continue
            if len(data) <= MAX_ENTRY_BYTES:
                fit[name] = data
        if fit:
            life_ms = max(1, int(life_s * 1000))
            await self._link.ask(partial(_store, values=fit, life_ms=life_ms))

    def owe(self, source: str, entity: str, *, customer_ref: object = None) -> None:
        """Note that what is kept of an entity, or of one customer in it, counts no more."""
        if customer_ref is None:
            self._owed.add(self._token(source, entity))
        else:
            self._owed.add(self._token(source, entity, "of", customer_ref))
            self._owed.add(self._token(source, entity, "others"))

    async def settle(self) -> None:
        """Renew the tokens that are owed. Raises `RedisAway`, and they stay owed."""
        while self._owed:
            owed = frozenset(self._owed)
            fresh = {name: self._new_token().encode() for name in owed}
            await self._link.ask(partial(_store, values=fresh, life_ms=_TOKEN_LIFE_S * 1000))
            self._owed -= owed

    async def close(self) -> None:
        """Give back the connections."""
        await self._link.close()

    def _tokens_of(self, template: Template, key: Key) -> tuple[str, str]:
        source, batch = template
        whole = self._token(source, batch.entity)
        if batch.match == OF_CUSTOMER:
            return whole, self._token(source, batch.entity, "of", key[0])
        return whole, self._token(source, batch.entity, "others")

    def _token(self, source: str, entity: str, *more: object) -> str:
        return self._name("token", source, entity, *more)

    def _names(self, template: Template, keys: Sequence[Key]) -> list[str]:
        source, batch = template
        identity = self._identities.get(source, "")
        about = self._name("entry", source, identity, replace(batch, keys=(), timeout_s=0))
        return [self._name(about, key) for key in keys]

    def _name(self, *parts: object) -> str:
        text = repr((_FORMAT, self._release, *parts)).encode(errors="backslashreplace")
        digest = hashlib.blake2b(text, key=self._secret, digest_size=20).hexdigest()
        return f"customer360:{digest}"


def _read(data: object, tokens: tuple[str, ...]) -> Entry | None:
    if not isinstance(data, bytes):
        return None
    try:
        entry, bound = decoded(data)
    except Unfit as exc:
        log.debug("cache_entry_unreadable", why=str(exc))
        return None
    return entry if bound == tokens else None


async def _store(redis: Any, *, values: Mapping[str, bytes], life_ms: int) -> None:
    pipeline = redis.pipeline(transaction=False)
    for name, value in values.items():
        pipeline.set(name, value, px=life_ms)
    await pipeline.execute()
