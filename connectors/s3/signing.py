"""Signatures of version 4, made by botocore: of requests, and of addresses for clients.

Credentials come from the settings, or from where botocore finds them, and are renewed by it.
"""

import asyncio
import importlib
from dataclasses import dataclass
from typing import Any

import httpx2

from connectors.contract import Misconfigured, Refused
from connectors.s3.options import S3Options


@dataclass(frozen=True, slots=True)
class _Library:
    auth: Any
    request: Any
    credentials: Any
    session: Any
    errors: Any


class Signer:
    """Signs for one bucket. The library is loaded where there is one, and not for the others."""

    def __init__(self, source: str, options: S3Options) -> None:
        self._source = source
        self._options = options
        # Loading takes a quarter of a second, which no question shall wait for.
        self._library = None if options.anonymous else _loaded()
        self._credentials: Any = None

    async def headers(self, request: httpx2.Request) -> dict[str, str]:
        """The headers that a request is signed by. Raises `Misconfigured` and `Refused`."""
        if self._options.anonymous:
            return {}
        library, credentials = self._there(), await self._frozen()
        signed = library.request.AWSRequest(request.method, str(request.url))
        library.auth.S3SigV4Auth(credentials, "s3", self._options.region).add_auth(signed)
        return dict(signed.headers.items())

    async def address(self, url: str, *, disposition: str) -> str:
        """An address that gets an object without further credentials, for `link_lifetime_s`."""
        if self._options.anonymous:
            return url
        library, credentials = self._there(), await self._frozen()
        params = {"response-content-disposition": disposition}
        signed = library.request.AWSRequest("GET", url, params=params)
        expires = int(self._options.link_lifetime_s)
        query = library.auth.S3SigV4QueryAuth(
            credentials, "s3", self._options.region, expires=expires
        )
        query.add_auth(signed)
        return str(signed.url)

    async def _frozen(self) -> Any:
        library, options = self._there(), self._options
        if self._credentials is None and options.access_key and options.secret_key:
            token = options.session_token
            self._credentials = library.credentials.Credentials(
                options.access_key,
                options.secret_key.get_secret_value(),
                token.get_secret_value() if token else None,
            )
        if options.access_key:
            return self._credentials.get_frozen_credentials()
        return await asyncio.to_thread(self._ambient, library)

    def _ambient(self, library: _Library) -> Any:
        """The credentials of the surroundings; to look for them and to renew them may block."""
        try:
            if self._credentials is None:
                self._credentials = library.session.Session().get_credentials()
            if self._credentials is not None:
                return self._credentials.get_frozen_credentials()
        except library.errors.BotoCoreError as exc:
            text = f"the surroundings gave no credentials ({type(exc).__name__}); look at its role"
            raise Refused(self._source, text) from exc
        raise Misconfigured(
            self._source,
            "there are no credentials: write `access_key` and `secret_key`, give the machine a"
            " role, or write `anonymous: true`",
        )

    def _there(self) -> _Library:
        if self._library is None:
            raise Misconfigured(
                self._source,
                "install the extra 's3': pip install 'customer360-gateway[s3]' (botocore is"
                " missing)",
            )
        return self._library


def _loaded() -> _Library | None:
    """The library; `None` where it is not installed, which the first question tells."""
    names = ("auth", "awsrequest", "credentials", "session", "exceptions")
    try:
        return _Library(*(importlib.import_module(f"botocore.{name}") for name in names))
    except ImportError:
        return None


class Signed(httpx2.AsyncBaseTransport):
    """A transport that signs what goes to the bucket; below the client, so that nothing logs it."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, signer: Signer) -> None:
        self._inner = inner
        self._signer = signer

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, signed."""
        headers = request.headers.copy()
        headers.update(await self._signer.headers(request))
        signed = httpx2.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(signed)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._inner.aclose()
