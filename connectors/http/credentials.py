"""How a source is told who asks: settings, and the one place that puts secrets on the wire."""

import base64
from typing import Annotated, Self

import httpx2
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator


def _secret(value: object) -> object:
    """Secrets come from files and the environment: numbers are text, an end of line is none."""
    if not isinstance(value, str | int):
        return value
    text = str(value).strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("a secret must be printable ASCII text on one line, and not empty")
    return SecretStr(text)


Secret = Annotated[SecretStr, BeforeValidator(_secret, json_schema_input_type=str)]


class _Settings(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


class Basic(_Settings):
    """A user and a password, sent by HTTP Basic authentication."""

    user: str
    """The name of the user."""
    password: Secret
    """The password."""


class ApiKey(_Settings):
    """A key in a header or in the query; exactly one of `header` and `query` is given."""

    value: Secret
    """The key."""
    header: str | None = None
    """The header that carries it, for example `X-Api-Key`."""
    query: str | None = None
    """The query parameter that carries it, for example `api_key`."""

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.header is None) == (self.query is None):
            raise ValueError("give either `header` or `query` for the key")
        return self


class Auth(_Settings):
    """How to authenticate. `bearer` and `basic` exclude each other; the others add to them."""

    bearer: Secret | None = None
    """A token for `Authorization: Bearer …`."""
    basic: Basic | None = None
    """A user and a password."""
    api_key: ApiKey | None = None
    """A key in a header or in the query."""
    headers: dict[str, Secret] = {}
    """Further headers that must stay secret, by name."""

    @model_validator(mode="after")
    def _has_one_authorization(self) -> Self:
        if self.bearer and self.basic:
            raise ValueError("give either `bearer` or `basic`, not both")
        return self

    def wire_headers(self) -> dict[str, str]:
        """The headers to send, with their secrets."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer.get_secret_value()}"
        if self.basic:
            pair = f"{self.basic.user}:{self.basic.password.get_secret_value()}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if self.api_key and self.api_key.header:
            headers[self.api_key.header] = self.api_key.value.get_secret_value()
        return headers

    def wire_params(self) -> dict[str, str]:
        """The query parameters to send, with their secrets."""
        if self.api_key is None or self.api_key.query is None:
            return {}
        return {self.api_key.query: self.api_key.value.get_secret_value()}


class Authenticated(httpx2.AsyncBaseTransport):
    """A transport that adds the credentials to requests to one origin, and to no other.

    They are added below the client, to a copy: what the client logs, and the requests that hang
    on its exceptions, never hold them.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, auth: Auth, origin: httpx2.URL) -> None:
        self._inner = inner
        self._headers = auth.wire_headers()
        self._params = auth.wire_params()
        self._origin = origin

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, with credentials where it goes to the origin."""
        if not same_origin(request.url, self._origin):
            return await self._inner.handle_async_request(request)
        headers = request.headers.copy()
        headers.update(self._headers)
        signed = httpx2.Request(
            request.method,
            request.url.copy_merge_params(self._params) if self._params else request.url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(signed)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._inner.aclose()


def same_origin(one: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
