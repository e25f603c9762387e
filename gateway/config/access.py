"""The section `access`: who may come in, and in which role."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from domain.access.level import Level
from domain.access.policy import Mask

RoleName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""The ways to sign that need a key pair: whoever checks a signature cannot make one."""


def _path(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as exc:
        raise ValueError(f"'{text}' is no JMESPath expression: {exc}") from exc
    return text


def _network(value: object) -> object:
    try:
        return ip_network(str(value))
    except ValueError as exc:
        raise ValueError(f"{exc}; write a network such as 10.0.0.0/8 or 10.0.0.5/32") from exc


Network = Annotated[
    IPv4Network | IPv6Network, BeforeValidator(_network, json_schema_input_type=str)
]

Count = Annotated[int, Field(ge=1)]

ClaimPath = Annotated[str, AfterValidator(_path)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class EntityRule(_Section):
    """What a role sees of one entity."""

    rows: Mapping[str, Any] | None = None
    """Which rows: a filter as in `where`, in snake case, in which `$name` stands for what is known
    of the viewer by that name: `{owner: {eq: $name}}`. Relations go by their names:
    `{organization: {id: {eq: $company}}}`. Without it all, as far as what they belong to is
    seen: the tickets of customers that are not seen are not seen either. Who is not known by a
    name that a rule needs sees no row."""

    level: Level | None = None
    """A ready-made rule for customers, beside `rows`: `own` (the customer that the viewer is, by
    the claim `customer`), `company` (the organization of the claim `company`, and its contacts),
    `subsidiaries` (also the organizations directly below it, and their contacts) or `hierarchy`
    (also all below those). Claims are ids as the graph shows them."""

    fields: tuple[str, ...] | None = None
    """Which fields and relations, by the names of the graph in snake case, such as `opened_at` or
    `purchases`. Without it all. The `id` is always seen."""

    masks: Mapping[str, Mask] = Field(default_factory=dict)
    """What is shown of a field instead of the whole: `email` (`e***@example.com`), `last_four`
    (`***0001`), `year`, `hash` (the same text for the same value) or `null`. A masked field can
    neither be filtered, sorted nor searched by."""


class RoleLimits(_Section):
    """What one request of a role may ask for, where that differs from the section `limits`."""

    max_first: Count | None = None
    """The most items that one page of a list may have."""

    max_tokens: Count | None = None
    """The most words and signs in a GraphQL document."""

    max_depth: Count | None = None
    """How deep fields may be nested in each other."""

    max_nesting: Annotated[int, Field(ge=1, le=100)] | None = None
    """How deep fields and fragments may be nested in each other."""

    max_fields: Count | None = None
    """The most fields in a GraphQL document, each counted as often as its fragment is used."""

    max_aliases: Count | None = None
    """The most aliases in a GraphQL document."""

    max_nodes: Count | None = None
    """The most objects that one answer may have, counted before anything is asked."""

    max_query_bytes: Count | None = None
    """The longest GraphQL document, in bytes."""


class RequestRate(_Section):
    """How often a viewer may ask."""

    requests: Count
    """So many requests."""

    per_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 60
    """In so many seconds."""

    burst: Count | None = None
    """So many at once, after a silence. Without it as many as `requests`."""


class Role(_Section):
    """A role that viewers act in."""

    description: str | None = None
    """What the role is for, in words."""

    reads: Literal["everything"] | Mapping[str, EntityRule] = Field(default_factory=dict)
    """What the role sees: `everything`, or entities by name, such as `customer`, `ticket` and
    `source`. What is not named does not exist for the role."""

    may: Literal["everything"] | tuple[str, ...] = ()
    """The mutations that the role may use, by their names, or `everything`."""

    purposes: tuple[str, ...] = ()
    """What the data must be asked for. Without it any purpose will do, also none."""

    limits: RoleLimits = Field(default_factory=RoleLimits)
    """How much one request of the role may ask for, less or more than `limits` says for all."""

    rate: RequestRate | None = None
    """How often each viewer may ask in this role: each API key, each subject of a token, and of
    those without a credential each address. Replicas count together where there is a `redis`."""

    documents: Literal["any", "trusted"] = "any"
    """Which GraphQL documents the role may send: `any`, or, with `trusted`, those of its
    `manifests` alone, by their id or as they stand there."""

    manifests: tuple[str, ...] = ()
    """Files with the documents that clients of the role are built with, relative to the
    configuration: manifests of Apollo's clients, or of Relay's (`{ID: TEXT}`). Clients can then
    send an id or the SHA-256 instead. The files are read again with the configuration."""

    introspection: bool | None = None
    """Whether the role may ask for the schema. Without it `server.introspection` says so."""

    @model_validator(mode="after")
    def _trusts_something(self) -> Self:
        if self.documents == "trusted" and not self.manifests:
            raise ValueError("`documents: trusted` needs the documents: name files in `manifests`")
        return self


class TokenIssuer(_Section):
    """An identity provider whose tokens (JWT) are accepted."""

    issuer: str
    """Its name, exactly as the claim `iss` says it, such as `https://login.example.com/acme`."""

    audience: str
    """The name of this gateway that the claim `aud` must hold."""

    keys: str | None = None
    """Where its public keys (JWKS) are: an address, or a file relative to the configuration.
    Without it they are found by OpenID Connect discovery, below `issuer`."""

    algorithms: tuple[Algorithm, ...] = ("RS256",)
    """How its tokens may be signed. Others are refused, whatever a token says of itself."""

    name: ClaimPath = "sub"
    """JMESPath to the name of the viewer in the claims of the token."""

    roles: ClaimPath = "roles"
    """JMESPath to the roles, a list or a text with spaces, for example `realm_access.roles`."""

    claims: Mapping[str, ClaimPath] = Field(default_factory=dict)
    """What else is known of the viewer, by names of your choice: `partner: partner_id`."""

    purpose: ClaimPath = "purpose"
    """JMESPath to what the data is for."""

    leeway_s: int = Field(30, ge=0, le=300)
    """How far clocks may differ, in seconds."""

    @field_validator("algorithms")
    @classmethod
    def _are_some(cls, value: tuple[Algorithm, ...]) -> tuple[Algorithm, ...]:
        if not value:
            raise ValueError("name at least one, such as RS256")
        return value

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.keys is None and urlsplit(self.issuer).scheme != "https":
            raise ValueError("the issuer is no https address: say in `keys` where its keys are")
        if self.keys is not None and "://" in self.keys:
            parts = urlsplit(self.keys)
            is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
            if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
                raise ValueError("`keys` must be an https address, or a file")
        return self

    def keys_file(self, base_dir: Path) -> Path | None:
        """The file with its keys, where they are in one."""
        return base_dir / self.keys if self.keys is not None and "://" not in self.keys else None


class TrustedProxy(_Section):
    """A proxy in front that has found out who asks, and says so in headers."""

    networks: tuple[Network, ...]
    """From where the proxy calls, such as `[10.0.0.5/32]`. From elsewhere its headers count for
    nothing."""

    name_header: str = "X-Forwarded-User"
    """The header with the name of the viewer."""

    roles_header: str = "X-Forwarded-Roles"
    """The header with the roles, with commas between them."""

    claim_headers: Mapping[str, str] = Field(default_factory=dict)
    """Headers with what else is known, by claim: `partner: X-Partner`."""

    @field_validator("networks")
    @classmethod
    def _are_some(cls, value: tuple[Network, ...]) -> tuple[Network, ...]:
        if not value:
            raise ValueError("name at least one, such as 10.0.0.5/32")
        return value


class Access(_Section):
    """Who may come in. Whoever is in none of the roles stays outside."""

    roles: Mapping[RoleName, Role] = Field(default_factory=dict)
    """The roles by name. A viewer who has several acts in the first of this list, or in the one
    that the header `X-Role` of the request names."""

    anonymous: RoleName | None = None
    """The role of requests without a key or token. Without it they are refused."""

    issuers: tuple[TokenIssuer, ...] = ()
    """Identity providers whose tokens are accepted, as `Authorization: Bearer …`."""

    proxy: TrustedProxy | None = None
    """A proxy in front that says who asks."""

    @field_validator("roles", mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        # `agent:` with nothing behind it is a role all the same.
        return {name: {} if each is None else each for name, each in value.items()}

    @model_validator(mode="after")
    def _fit_each_other(self) -> Self:
        if not self.roles:
            raise ValueError("name at least one role under `roles`: nobody could come in otherwise")
        if self.anonymous is not None and self.anonymous not in self.roles:
            raise ValueError(
                f"`anonymous` names the role '{self.anonymous}', which is not under `roles`;"
                f" there are {', '.join(sorted(self.roles))}"
            )
        names = [each.issuer for each in self.issuers]
        if len(names) != len(set(names)):
            raise ValueError("`issuers` names the same issuer twice")
        return self
