"""The public keys of an identity provider: fetched, kept, and fetched anew when they change.

OpenID Connect Discovery 1.0 says where they are, RFC 7517 how they look.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
import structlog
from jwt import PyJWK, PyJWKSet, PyJWTError

from gateway.config.access import TokenIssuer

_KEPT = timedelta(minutes=10)
_PAUSE = timedelta(seconds=30)
_MAX_BYTES = 1_000_000
_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


class KeysUnknown(Exception):
    """The keys of an issuer cannot be had, and none are known from before."""


class KeySet:
    """The keys of one issuer. Those that are known go on to count while it cannot be reached."""

    def __init__(
        self,
        issuer: TokenIssuer,
        *,
        base_dir: Path,
        now: Callable[[], datetime],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._issuer = issuer
        self._file = issuer.keys_file(base_dir)
        self._now = now
        self._transport = transport
        self._keys: dict[str | None, PyJWK] = {}
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def key(self, key_id: str | None) -> PyJWK | None:
        """The key with an id; `None` where the issuer has none of that name.

        An id that is new is looked for, but not more often than every 30 s. Raises `KeysUnknown`.
        """
        if self._is_old() or key_id not in self._keys:
            await self._refresh()
        if self._read_at is None:
            raise KeysUnknown(self._issuer.issuer)
        return self._keys.get(key_id)

    def _is_old(self) -> bool:
        return self._read_at is None or self._now() - self._read_at > _KEPT

    async def _refresh(self) -> None:
        async with self._reading:
            now = self._now()
            if self._tried_at is not None and now - self._tried_at < _PAUSE:
                return
            self._tried_at = now
            try:
                self._keys = _by_id(await self._text())
            except (OSError, httpx2.HTTPError, PyJWTError, ValueError) as exc:
                log.warning("issuer_keys_not_read", issuer=self._issuer.issuer, exc_info=exc)
            else:
                self._read_at = now

    async def _text(self) -> Any:
        if self._file is not None:
            return orjson.loads(await asyncio.to_thread(self._file.read_bytes))
        async with httpx2.AsyncClient(timeout=_TIMEOUT_S, transport=self._transport) as client:
            url = self._issuer.keys or await self._discovered(client)
            return await _json(client, url)

    async def _discovered(self, client: httpx2.AsyncClient) -> str:
        issuer = self._issuer.issuer
        found = await _json(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != issuer:
            raise ValueError("the discovery document is that of another issuer")
        url = str(found.get("jwks_uri", ""))
        if not url.startswith("https://"):
            raise ValueError("the discovery document names no https address for its keys")
        return url


async def _json(client: httpx2.AsyncClient, url: str) -> Any:
    body = bytearray()
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise ValueError("the answer is too large to be a set of keys")
    return orjson.loads(body)


def _by_id(found: Any) -> dict[str | None, PyJWK]:
    """The keys that signatures are checked with. Secret ones (`oct`) are none of them."""
    if not isinstance(found, dict):
        raise ValueError("a set of keys is a JSON object with `keys`")  # noqa: TRY004 - as any bad text
    keys = [
        each
        for each in PyJWKSet.from_dict(found).keys
        if each.key_type != "oct" and each.public_key_use in {None, "sig"}
    ]
    by_id: dict[str | None, PyJWK] = {each.key_id: each for each in keys}
    if len(keys) == 1:
        by_id[None] = keys[0]
    return by_id
