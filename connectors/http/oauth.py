"""OAuth 2: the settings of a source that lets in who has a token of the moment."""

import base64
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, model_validator

from connectors.http.secret import Secret, SecretSettings


def _token_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a whole address, such as https://login.example.com/oauth/token")
    return text


class OAuth2(SecretSettings):
    """A token that is fetched with the credentials of a client, and again before it expires.

    With `refresh_token` that grant is used, otherwise that of client credentials.
    """

    token_url: Annotated[str, AfterValidator(_token_url)]
    """The address that gives tokens, for example `https://login.example.com/oauth/token`."""
    client_id: str = Field(min_length=1)
    """The id of this client."""
    client_secret: Secret | None = None
    """The secret of this client; public clients have none."""
    refresh_token: Secret | None = None
    """The refresh token. Where each answer brings another one, the new one is kept in memory
    only: a source that makes the old one invalid then needs a new one at each start."""
    scope: str | None = None
    """The scopes to ask for, with spaces between."""
    audience: str | None = None
    """The API that the token is for, where the service wants to know."""
    params: dict[str, str] = Field(default_factory=dict)
    """Further fields of the request for a token."""
    client_in: Literal["body", "basic"] = "body"
    """Where the id and the secret of the client stand: in the body, or in HTTP Basic."""
    header: str = "Authorization"
    """The header that carries the token."""
    prefix: str = "Bearer"
    """What stands before the token, for example `Zoho-oauthtoken`; may be empty."""
    address_field: str | None = None
    """A field of the answer with the address of the API, such as `api_domain` or `instance_url`.
    Its scheme, host and port then take the place of those of `base_url`."""

    @model_validator(mode="after")
    def _can_say_who_asks(self) -> Self:
        if self.client_secret is None and self.refresh_token is None:
            raise ValueError("give a `client_secret`, or a `refresh_token`, or both")
        if self.client_in == "basic" and self.client_secret is None:
            raise ValueError("`client_in: basic` needs a `client_secret`")
        return self

    def form(self, refresh_token: str | None) -> dict[str, str]:
        """The fields that ask for a token, with their secrets."""
        fields = {"grant_type": "client_credentials"}
        if refresh_token is not None:
            fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if self.client_in == "body":
            fields["client_id"] = self.client_id
            if self.client_secret is not None:
                fields["client_secret"] = self.client_secret.get_secret_value()
        optional = {"scope": self.scope, "audience": self.audience}
        return fields | {name: each for name, each in optional.items() if each} | self.params

    def client_headers(self) -> dict[str, str]:
        """The headers that say who asks for a token (RFC 6749, 2.3.1), with their secrets."""
        if self.client_in == "body" or self.client_secret is None:
            return {}
        pair = (self.client_id, self.client_secret.get_secret_value())
        text = ":".join(quote(each, safe="") for each in pair)
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
