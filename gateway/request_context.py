"""What every request works with: made from the application's parts when the request comes in."""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from starlette.types import Scope

from connectors.contract import DocumentReader
from connectors.federation import Federation
from connectors.session import NO_HEADERS, Session
from domain.access.policy import UNRESTRICTED
from domain.uuid7 import Uuid7Factory
from domain.viewer import ANYBODY, Viewer
from gateway.auditing import is_audited
from gateway.auth.doorkeeper import Doorkeeper
from gateway.auth.policy import Below, Policies
from gateway.config import Settings
from gateway.download import link_for
from gateway.engine import allowed_by_role
from gateway.http.headers import TOLD, read_headers
from gateway.http.origin import Origins
from gateway.http.request_id import current
from resolvers.context import Context, Journal
from resolvers.selection import Limits
from resolvers.trail import Origin


async def _nothing_below(_company: UUID) -> None:
    return None


class Contexts:
    """Makes the context of each request."""

    def __init__(
        self,
        settings: Settings,
        federation: Federation,
        sources: Mapping[str, Mapping[str, Any]],
        journal: Journal,
        *,
        readers: Mapping[str, DocumentReader],
        key: bytes,
        doorkeeper: Doorkeeper | None = None,
        below: Below = _nothing_below,
        session_of: Callable[..., Session] = Session,
    ) -> None:
        self._session_of = session_of
        self._federation = federation
        self._sources = sources
        self._journal = journal
        self._readers = readers
        self._key = key
        self._doorkeeper = doorkeeper
        proxy = settings.access.proxy if settings.access else None
        self._origins = Origins(proxy.networks if proxy else ())
        self._is_audited = is_audited(settings)
        self._policies = Policies(settings.access, below=below, now=_now)
        # Of the same secret another key: what is shown must not help to forge links.
        self._mask_key = hmac.digest(key, b"mask", hashlib.sha256)
        self._deadline_s = settings.limits.request_timeout_s
        self._phone_region = settings.identity.default_phone_region
        self._limits = Limits(settings.limits.default_first, settings.limits.max_first)
        self._allowed = allowed_by_role(settings)
        self._adopt = federation.adopt or _nothing_to_adopt
        self._new_id = Uuid7Factory(now=_now, chance=os.urandom)
        self._wanted = {name.encode() for each in federation.forwards.values() for name in each}

    async def of(self, scope: Scope) -> Context:
        """The context of the request with this ASGI scope. Raises `Rejected` where none may be."""
        doorkeeper = self._doorkeeper
        viewer = ANYBODY if doorkeeper is None else await self._admitted(doorkeeper, scope)
        policy = UNRESTRICTED if doorkeeper is None else await self._policies.of(viewer)
        allowed = None if viewer.role is None else self._allowed[viewer.role]
        return Context(
            session=self._session_of(
                self._federation,
                deadline_s=self._deadline_s,
                policy=policy,
                headers=self._forwarded(scope) if self._wanted else NO_HEADERS,
            ),
            journal=self._journal,
            now=_now,
            new_id=self._new_text_id,
            sources=self._sources,
            document_url=partial(self._document_url, scope),
            adopt=self._adopt,
            phone_region=self._phone_region,
            viewer=viewer,
            policy=policy,
            mask_key=self._mask_key,
            limits=self._limits if allowed is None else allowed.lists,
            terms=None if allowed is None else allowed.terms,
            origin=partial(_origin, scope) if self._is_audited else Origin,
        )

    async def _admitted(self, doorkeeper: Doorkeeper, scope: Scope) -> Viewer:
        """Who asks, if they did not ask too often."""
        client = scope.get("client")
        headers = read_headers(scope["headers"])
        viewer = await doorkeeper.viewer(headers, client=client and client[0])
        if doorkeeper.rates.are_some:
            address = self._origins.address(scope, headers)
            told = await doorkeeper.rates.admit(viewer, client=address)
            if told is not None:
                scope[TOLD] = told
        return viewer

    def _base_url(self, scope: Scope) -> str:
        """Where the client reached us, as far as it says so; else links are paths."""
        headers = read_headers(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        return f"{self._origins.scheme(scope, headers)}://{host}" if host else ""

    def _forwarded(self, scope: Scope) -> Mapping[str, str]:
        """The headers of the request that some source wants, by their names in small letters."""
        found: dict[str, str] = {}
        for name, value in scope["headers"]:
            if name in self._wanted:
                key, text = name.decode("latin-1"), value.decode("latin-1")
                found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    def _new_text_id(self) -> str:
        return str(self._new_id())

    def _document_url(self, scope: Scope, source: str, record_id: str) -> str | None:
        if source not in self._readers:
            return None
        base_url = self._base_url(scope)
        return link_for(source, record_id, key=self._key, now=_now(), base_url=base_url)


_CLIENT = (b"apollographql-client-name", b"x-client")
_LONGEST_NAME = 100


def _origin(scope: Scope) -> Origin:
    """The program that asks, as far as it says so, and the id of its request."""
    headers = read_headers(scope["headers"])
    said = next((headers[name] for name in _CLIENT if name in headers), None)
    if said is None:
        return Origin(request_id=current())
    name = "".join(each for each in said.decode("utf-8", "replace") if each.isprintable())
    return Origin(name[:_LONGEST_NAME], current())


def _now() -> datetime:
    return datetime.now(UTC)


async def _nothing_to_adopt(_source: str, _record_id: str) -> bool:
    return False
