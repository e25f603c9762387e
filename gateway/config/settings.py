"""The settings of `customer360.yaml`. The description of each is its manual."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import phonenumbers
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from connectors.contract import Options
from gateway.config.access import Access
from gateway.config.audit import Audit

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]

DATA_DIR = Path(".customer360")
"""Where the gateway keeps what it makes, beside the configuration file, unless told otherwise."""


_MIN_KEY_LENGTH = 32


class Section(BaseModel):
    """A part of the configuration: no unknown settings, and nothing changes after the start."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


class Store(Section):
    """Where the gateway keeps the customer index, synced records and logged interactions."""

    url: SecretStr | None = None
    """The address of a PostgreSQL database, version 15 or newer, such as
    `postgresql://user:password@host:5432/customer360`. Without it the gateway starts a PostgreSQL
    of its own, which keeps its data in `data_dir`."""

    data_dir: Path = DATA_DIR
    """The folder for what the gateway makes itself: the data of its own PostgreSQL, and the key
    that signs download links. A relative path starts at the configuration file."""

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        scheme = urlsplit(url.get_secret_value()).scheme if url else None
        if scheme in {None, "postgresql", "postgres"}:
            return url
        if (scheme or "").startswith(("postgresql+", "postgres+")):
            raise ValueError("name no driver: it must start with postgresql://")
        raise ValueError(
            "the store must be a PostgreSQL database: its address must start with postgresql://"
        )


class Identity(Section):
    """How records of several sources become one customer."""

    default_phone_region: str | None = None
    """The country of phone numbers that are written without a country code, as two letters such
    as `CN`. Without it such numbers are kept and shown, but no customers are matched by them."""

    precedence: tuple[str, ...] = ()
    """The sources whose values win where sources differ, the best first. A source that is not
    named comes after those that are; among equals the value that changed last wins. A change holds
    from the next pull on."""

    precedence_by_field: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Another order of sources for single fields of the customer, such as `phones: [shop, crm]`."""

    @field_validator("default_phone_region")
    @classmethod
    def _is_region(cls, region: str | None) -> str | None:
        if region is None or region.upper() in phonenumbers.SUPPORTED_REGIONS:
            return region and region.upper()
        raise ValueError("there is no such country; write its two letters by ISO 3166, such as CN")


class Limits(Section):
    """How much one request may ask for. What goes beyond is refused with a reason."""

    default_first: Count = 20
    """How many items a list gives where the query does not say."""

    max_first: Count = 500
    """The most items that one page of a list may have."""

    max_tokens: Count = 10_000
    """The most words and signs in a GraphQL document."""

    max_depth: Count = 20
    """How deep fields may be nested in each other."""

    max_nesting: Annotated[int, Field(ge=1, le=100)] = 60
    """How deep fields and fragments may be nested in each other."""

    max_fields: Count = 2_000
    """The most fields in a GraphQL document, each counted as often as its fragment is used."""

    max_aliases: Count = 100
    """The most aliases in a GraphQL document."""

    max_nodes: Count = 100_000
    """The most objects that one answer may have, counted before anything is asked: all pages full,
    and five objects for lists that have no pages."""

    max_query_bytes: Count = 200_000
    """The longest GraphQL document, in bytes."""

    max_body_bytes: Count = 1_000_000
    """The longest body of a request, in bytes."""

    request_timeout_s: Seconds = 30
    """How long a request may take, in seconds; what is not there by then is left out as failed."""

    @model_validator(mode="after")
    def _fit_each_other(self) -> Self:
        if self.default_first > self.max_first:
            raise ValueError(
                f"default_first ({self.default_first}) must not be more than"
                f" max_first ({self.max_first})"
            )
        if self.max_query_bytes > self.max_body_bytes:
            raise ValueError(
                f"max_query_bytes ({self.max_query_bytes}) must not be more than"
                f" max_body_bytes ({self.max_body_bytes})"
            )
        return self


class Server(Section):
    """Where and how the gateway answers."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen at. `0.0.0.0` answers to other machines too."""

    port: int = Field(default=8360, ge=0, le=65535)
    """The port to listen at; 0 takes a free one."""

    workers: Count = 1
    """How many processes answer. One uses one processor core; only the first pulls sources."""

    drain_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 0
    """How long requests are still answered after SIGTERM, in seconds, while `/readyz` says 503: so
    long a load balancer needs to notice. Ctrl-C does not wait for it."""

    grace_s: Annotated[int, Field(ge=0, le=3600)] = 10
    """How long requests that are under way may take when the gateway stops, or when a new
    configuration has taken its place, in seconds."""

    header_timeout_s: Seconds = 10
    """How long the head of a request may take to come, in seconds, and how long a connection may
    be silent before its first request."""

    body_timeout_s: Seconds = 30
    """How long the body of a request may take to come, in seconds."""

    max_header_bytes: Annotated[int, Field(ge=1024)] = 65_536
    """The largest head of a request, in bytes: its address and its headers, of which there may be
    100."""

    reload_on_change: bool = False
    """Whether a changed configuration file is taken up by itself, within a second or two. With or
    without it, SIGHUP has the file read again. A file with mistakes changes nothing."""

    persisted_bytes: Annotated[int, Field(ge=0)] = 8 * 1024 * 1024
    """How much memory each process spends on documents that clients sent with their SHA-256, to
    send the hash alone afterwards (automatic persisted queries), in bytes. With 0 they cannot."""

    profile: Literal["development", "production"] = "development"
    """What holds where nothing else is said: in `production` neither `graphiql` nor
    `introspection`."""

    graphiql: bool = True
    """Whether a browser that opens the endpoint gets GraphiQL, the page to try queries in."""

    graphiql_keys: Mapping[str, SecretStr] = Field(default_factory=dict)
    """API keys that GraphiQL offers to whoever opens it, by a word for each, such as `analyst`.
    They are no secrets any more: for demos and tests only."""

    introspection: bool = True
    """Whether clients may ask for the schema. GraphiQL needs it. `access.roles` may say otherwise
    for a role. Who may not is not told either what a misspelt name may have meant."""

    explain: Literal["none", "plan", "analyze"] = "none"
    """What the header `X-Explain` of a request may ask for: nothing; with `plan` what the request
    would ask of which source; with `analyze` also what it really asked, and how long that took. The
    answer names sources and shows SQL, so it is for those who run the gateway."""

    explain_roles: tuple[str, ...] = ()
    """The roles in which viewers may do so. Without any everybody may."""

    cors_origins: tuple[str, ...] = ()
    """The web sites whose pages may call the gateway from a browser, such as
    `https://portal.example.com`. `*` allows all."""

    link_signing_key: SecretStr | None = None
    """The secret that signs download links, at least 32 characters. Without it one is made and
    kept in the `data_dir` of the store; several replicas behind one address must be given one."""

    @model_validator(mode="before")
    @classmethod
    def _is_closed_in_production(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("profile") == "production":
            return {"graphiql": False, "introspection": False, **value}
        return value

    @field_validator("link_signing_key")
    @classmethod
    def _is_long(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < _MIN_KEY_LENGTH:
            raise ValueError(f"too short to be safe; write at least {_MIN_KEY_LENGTH} characters")
        return key

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            is_origin = (
                parts.scheme in {"http", "https"}
                and f"//{parts.netloc}" == origin[len(parts.scheme) + 1 :]
            )
            if origin != "*" and not (is_origin and parts.netloc):
                raise ValueError(
                    f"'{origin}' is no origin; write scheme and host alone,"
                    " such as https://portal.example.com"
                )
        return origins


class Telemetry(Section):
    """What the gateway tells those who run it."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important messages that are logged."""

    log_format: Literal["text", "json"] = "text"
    """How a message looks: `text` for people, `json` for machines, one object a line."""

    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """The port at which Prometheus finds `/metrics`, for all workers together; 0 takes a free one.
    Without it there is none: figures are for those who run the gateway, not for its clients."""

    metrics_host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen at for Prometheus. `0.0.0.0` answers to other machines too."""

    otlp_endpoint: str | None = None
    """Where traces go: an OpenTelemetry collector that takes OTLP over HTTP, such as
    `http://collector:4318`. Without it nothing is traced. Needs the extra `otel`."""


class Redis(Section):
    """A Redis that replicas share. The gateway serves without it whenever it fails."""

    url: SecretStr
    """The address, such as `redis://user:password@host:6379/0`, or `rediss://…` for TLS. Give the
    gateway a database number, or a whole Redis, of its own."""

    timeout_s: Annotated[float, Field(gt=0, le=1)] = 0.05
    """How long Redis may take to answer, in seconds. A Redis that takes longer, or fails, is left
    alone for five seconds."""

    @field_validator("url")
    @classmethod
    def _is_redis(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme in {"redis", "rediss"} and parts.hostname:
            return url
        raise ValueError("it must start with redis:// or rediss://, and name a host")


class Cache(Section):
    """Answers of live sources that are kept. Which are, and for how long, the sources say."""

    max_bytes: Count = 64 * 1024 * 1024
    """How much memory they may take in each process, in bytes. What was not used for longest goes
    first."""


class Downloads(Section):
    """Documents that go through the gateway, from sources that cannot give them to clients.

    Each is written to a file below `data_dir` while it comes, so that a slow client does not keep
    its source waiting. Sizes are those of one process.
    """

    max_bytes: Count = 1024 * 1024 * 1024
    """The largest document, in bytes."""

    room_bytes: Count = 4 * 1024 * 1024 * 1024
    """How much disk all documents that are on their way may take, in bytes. What does not fit is
    answered with 503 and `Retry-After`."""

    source_timeout_s: Seconds = 600
    """How long a source may take to give a whole document, in seconds."""

    client_timeout_s: Seconds = 60
    """How long a client may take nothing of a document before the connection is broken, in
    seconds."""


class Settings(Section):
    """The whole configuration. `base_dir` is the folder that relative paths start at."""

    store: Store = Field(default_factory=Store)
    """Where the gateway keeps the customer index, synced records and logged interactions."""

    sources: Mapping[str, InstanceOf[Options]] = Field(default_factory=dict)
    """The systems that know the customers, by names of your choice: small letters, digits, `_`
    and `-`, with a letter first. What can stand under a name depends on its `kind`."""

    identity: Identity = Field(default_factory=Identity)
    """How records of several sources become one customer."""

    limits: Limits = Field(default_factory=Limits)
    """How much one request may ask for."""

    access: Access | None = None
    """Who may come in. Without it everybody may, and sees everything."""

    audit: Audit = Field(default_factory=Audit)
    """Who read and changed what of customers is recorded."""

    server: Server = Field(default_factory=Server)
    """Where and how the gateway answers."""

    telemetry: Telemetry = Field(default_factory=Telemetry)
    """What the gateway tells those who run it."""

    cache: Cache = Field(default_factory=Cache)
    """Answers of live sources that are kept. Which are, and for how long, the sources say."""

    downloads: Downloads = Field(default_factory=Downloads)
    """Documents that go through the gateway."""

    redis: Redis | None = None
    """A Redis that replicas share. The gateway serves without it whenever it fails."""

    _base_dir: Path = PrivateAttr(default_factory=Path.cwd)

    def model_post_init(self, context: Any, /) -> None:
        """Take the folder of the configuration file from the context of the validation."""
        if isinstance(context, dict):
            self._base_dir = context["base_dir"]

    @property
    def base_dir(self) -> Path:
        """The folder that relative paths start at: that of the configuration file."""
        return self._base_dir

    @property
    def data_dir(self) -> Path:
        """The folder for what the gateway makes itself, as an absolute path."""
        return self._base_dir / self.store.data_dir.expanduser()

    @property
    def postgresql_dir(self) -> Path:
        """The folder for the data of the gateway's own PostgreSQL, as an absolute path."""
        return self.data_dir / "postgresql"
