"""The one place that puts secrets on the wire: below the client, and for one origin only."""

from collections.abc import Callable
from datetime import datetime

import httpx2

from connectors.http.credentials import Auth
from connectors.http.origin import moved, same_origin
from connectors.http.token import Token, TokenKeeper

_UNAUTHORIZED = 401


class Authenticated(httpx2.AsyncBaseTransport):
    """A transport that adds the credentials to requests to one origin, and to no other.

    They are added below the client, to a copy: what the client logs, and the requests that hang
    on its exceptions, never hold them. What a request says itself, such as an `Authorization` that
    was forwarded, is kept. A request that a token was refused for is sent once more with another.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        auth: Auth,
        origin: httpx2.URL,
        source: str,
        timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._inner = inner
        self._headers = auth.wire_headers()
        self._params = auth.wire_params()
        self._origin = origin
        self._hmac = auth.hmac
        self._now = now
        self._token_header = auth.oauth2.header if auth.oauth2 else ""
        self._keeper = None
        if auth.oauth2:
            self._keeper = TokenKeeper(
                auth.oauth2, source=source, transport=inner, timeout_s=timeout_s, now=now
            )
        self._elsewhere: httpx2.URL | None = None

    def serves(self, url: httpx2.URL) -> bool:
        """Whether credentials may go to an address: that of the settings, or that of the token."""
        if same_origin(url, self._origin):
            return True
        return self._elsewhere is not None and same_origin(url, self._elsewhere)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, with credentials where it goes to the origin."""
        if not self.serves(request.url):
            return await self._inner.handle_async_request(request)
        if self._keeper is None or self._token_header in request.headers:
            return await self._inner.handle_async_request(await self._signed(request, None))
        return await self._with_token(request, self._keeper)

    async def _with_token(self, request: httpx2.Request, keeper: TokenKeeper) -> httpx2.Response:
        token = await keeper.token()
        response = await self._inner.handle_async_request(await self._signed(request, token))
        if response.status_code != _UNAUTHORIZED:
            token.has_worked = True
            return response
        # The connection is given back first: the token may need one.
        await response.aclose()
        another = await keeper.after_refusal(token)
        if another is None:
            return httpx2.Response(_UNAUTHORIZED, headers=_without_body(response))
        response = await self._inner.handle_async_request(await self._signed(request, another))
        another.has_worked = another.has_worked or response.status_code != _UNAUTHORIZED
        return response

    async def _signed(self, request: httpx2.Request, token: Token | None) -> httpx2.Request:
        url = request.url
        if token is not None and token.origin is not None:
            self._elsewhere = token.origin
            url = moved(url, token.origin)
        headers = request.headers.copy()
        if url is not request.url:
            headers["Host"] = url.netloc.decode("ascii")
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        if token is not None:
            headers[self._token_header] = token.value
        signed = httpx2.Request(
            request.method,
            url.copy_merge_params(self._params) if self._params else url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        if self._hmac is not None:
            body = await request.aread()
            signed.headers.update(self._hmac.headers(signed, body, at=self._now()))
        return signed

    async def aclose(self) -> None:
        """Close the transport below."""
        if self._keeper is not None:
            await self._keeper.close()
        await self._inner.aclose()


def _without_body(response: httpx2.Response) -> dict[str, str]:
    kept = ("content-type", "retry-after", "www-authenticate")
    return {name: response.headers[name] for name in kept if name in response.headers}
