"""How a source is told who asks: the settings under `auth`."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from connectors.http.oauth import OAuth2
from connectors.http.secret import Secret, SecretSettings
from connectors.http.signature import Hmac
from connectors.http.tls import Tls


class Basic(SecretSettings):
    """A user and a password, sent by HTTP Basic authentication."""

    user: str
    """The name of the user."""
    password: Secret
    """The password."""


class ApiKey(SecretSettings):
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


class Auth(SecretSettings):
    """How to authenticate.

    `bearer`, `basic` and `oauth2` exclude each other; the others add to them, as long as no header
    is given twice.
    """

    bearer: Secret | None = None
    """A token for `Authorization: Bearer …`."""
    basic: Basic | None = None
    """A user and a password."""
    oauth2: OAuth2 | None = None
    """A token that is fetched, and renewed in time."""
    api_key: ApiKey | None = None
    """A key in a header or in the query."""
    hmac: Hmac | None = None
    """A signature over each request."""
    tls: Tls | None = None
    """A certificate of ours, and whose certificates we trust."""
    headers: dict[str, Secret] = Field(default_factory=dict)
    """Further headers that must stay secret, by name."""

    @model_validator(mode="before")
    @classmethod
    def _is_given(cls, value: Any) -> Any:
        """Refuse what was begun and left empty: it would ask the source without credentials."""
        empty = (
            [name for name, each in value.items() if each is None]
            if isinstance(value, Mapping)
            else []
        )
        if empty:
            raise ValueError(f"nothing stands behind `{empty[0]}`; write it, or leave it out")
        return value

    @model_validator(mode="after")
    def _excludes(self) -> Self:
        names = [name for name in ("bearer", "basic", "oauth2") if getattr(self, name)]
        if len(names) > 1:
            one, other = (f"`{name}`" for name in names[:2])
            raise ValueError(f"give either {one} or {other}, not both")
        seen: dict[str, str] = {}
        for header, setting in self._headers():
            first = seen.setdefault(header.lower(), setting)
            if first != setting:
                raise ValueError(f"`{first}` and `{setting}` both set the header '{header}'")
        return self

    def _headers(self) -> Iterator[tuple[str, str]]:
        """The headers that are set, and by which setting."""
        if self.bearer or self.basic:
            yield "Authorization", "bearer" if self.bearer else "basic"
        if self.oauth2:
            yield self.oauth2.header, "oauth2"
        if self.api_key and self.api_key.header:
            yield self.api_key.header, "api_key"
        if self.hmac:
            yield self.hmac.header, "hmac.header"
            if self.hmac.timestamp_header:
                yield self.hmac.timestamp_header, "hmac.timestamp_header"
        for name in self.headers:
            yield name, f"headers.{name}"

    def wire_headers(self) -> dict[str, str]:
        """The headers that are the same for every request, with their secrets."""
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
