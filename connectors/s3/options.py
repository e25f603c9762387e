"""The settings of a source of the kind `s3`."""

import ipaddress
from typing import Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from connectors.documents.options import StoreOptions
from connectors.duration import Seconds
from connectors.http.options import HttpOptions
from connectors.http.secret import Secret
from connectors.http.tls import Tls

_INNER = (".local", ".internal", ".svc", ".test", ".localhost")


class S3Options(StoreOptions):
    """A bucket of S3, or of a store that speaks the same: MinIO, Ceph, OSS, COS, R2 and so on."""

    # What is wrong with a secret is told without repeating it.
    model_config = ConfigDict(hide_input_in_errors=True)

    kind: Literal["s3"]
    """The kind of connector."""

    bucket: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")
    """The name of the bucket."""

    prefix: str = ""
    """The folder in the bucket that layouts begin at, such as `crm/documents`."""

    endpoint: str | None = None
    """The address of the store, such as `https://minio.example.com:9000`; that of AWS for the
    region if not given."""

    region: str = Field("us-east-1", pattern=r"^[a-z0-9-]+$")
    """The region of the bucket; stores without regions take any."""

    addressing: Literal["path", "virtual"] | None = None
    """Where the name of the bucket stands: in the path, as stores of one's own want it, or before
    the host (`virtual`), as AWS does. By default `path` where there is an `endpoint`."""

    allow_http: bool = False
    """Whether an `endpoint` may begin with `http://`. Only this machine, private addresses and
    names of an inner network can: keys and documents are then sent in the open."""

    access_key: str | None = Field(None, min_length=1)
    """The id of the key. Without it the surroundings tell who we are, as for other tools: the
    environment, the files in `~/.aws`, or the role of the machine or container."""

    secret_key: Secret | None = None
    """The secret that belongs to `access_key`."""

    session_token: Secret | None = None
    """The token that belongs to a temporary key."""

    anonymous: bool = False
    """Whether nothing is signed, for buckets that everybody may read."""

    tls: Tls | None = None
    """A certificate of ours, and whose certificates we trust."""

    connect_timeout_s: Seconds = 5
    """How long it may take to be connected, in seconds."""

    read_timeout_s: Seconds | None = None
    """How long the store may be silent in the middle of an answer or of a document, in seconds; as
    long as `timeout_s` if not given."""

    max_response_bytes: int = Field(16 * 1024 * 1024, ge=1)
    """The largest answer to one request that is no document."""

    download: Literal["redirect", "stream"] = "redirect"
    """How clients get a document: from the store itself, by an address that is signed for
    `link_lifetime_s`, or through the gateway, for clients that cannot reach the store."""

    link_lifetime_s: float = Field(60, ge=1, le=604_800, allow_inf_nan=False)
    """How long the store takes a signed address, in seconds. A download that has begun goes on."""

    @field_validator("prefix")
    @classmethod
    def _is_folder(cls, prefix: str) -> str:
        inner = prefix.strip("/")
        if any(step in {"", ".", ".."} for step in inner.split("/")) and inner:
            raise ValueError("write a path such as crm/documents, without '.', '..' and '//'")
        return f"{inner}/" if inner else ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("`access_key` and `secret_key` belong together; give both or neither")
        if self.session_token and not self.access_key:
            raise ValueError("a `session_token` needs its `access_key` and `secret_key`")
        if self.anonymous and self.access_key:
            raise ValueError("`anonymous` signs nothing; leave the keys out")
        self._check_endpoint()
        return self

    def _check_endpoint(self) -> None:
        parts = urlsplit(self.endpoint or "https://aws")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("`endpoint`: write a whole address, such as https://minio.example.com")
        if parts.username or parts.query or parts.fragment or parts.path.strip("/"):
            raise ValueError(
                "`endpoint`: write scheme, host and port alone; the bucket and its folder are"
                " `bucket` and `prefix`, the keys `access_key` and `secret_key`"
            )
        if parts.scheme == "http" and not (self.allow_http and _is_inner(parts.hostname)):
            raise ValueError(
                "`endpoint`: write https://; for a store of this machine or of an inner network"
                " `allow_http: true` takes http:// as well"
            )

    @property
    def base_url(self) -> str:
        """The address of the bucket."""
        endpoint = (self.endpoint or f"https://s3.{self.region}.{self._domain}").rstrip("/")
        addressing = self.addressing or ("path" if self.endpoint or "." in self.bucket else None)
        if addressing == "path":
            return f"{endpoint}/{quote(self.bucket)}"
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{self.bucket}.{parts.netloc}"

    @property
    def _domain(self) -> str:
        return "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"

    @property
    def http(self) -> HttpOptions:
        """What the way to the bucket is made of."""
        return HttpOptions(
            kind="s3",
            base_url=self.base_url,
            timeout_s=self.timeout_s,
            connect_timeout_s=self.connect_timeout_s,
            read_timeout_s=self.read_timeout_s,
            max_response_bytes=self.max_response_bytes,
            limits=self.limits,
        )


def _is_inner(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_INNER)
