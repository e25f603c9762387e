"""Buckets of moto's S3 server."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from tests.stores.process import served

PAGE = 3
SOMEBODY = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request,"
    " SignedHeaders=host, Signature=0"
}
"""Moto wants to be told who asks, and believes it."""


@contextmanager
def moto() -> Iterator[int]:
    """The port of a server that gives `PAGE` keys in one answer."""

    def command(port: int) -> list[str]:
        return ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]

    with served(command, MOTO_S3_DEFAULT_MAX_KEYS=str(PAGE)) as port:
        yield port


@dataclass(frozen=True)
class Bucket:
    """A bucket that is filled without a real signature."""

    port: int
    name: str

    @classmethod
    def new(cls, port: int) -> "Bucket":
        """An empty bucket."""
        bucket = cls(port, f"b-{uuid.uuid4().hex}")
        httpx2.put(bucket.url).raise_for_status()
        return bucket

    @property
    def url(self) -> str:
        """The address of the bucket."""
        return f"http://127.0.0.1:{self.port}/{self.name}"

    def put(self, key: str, content: bytes = b"text", **headers: str) -> None:
        """An object."""
        url = f"{self.url}/{quote(key)}"
        httpx2.put(url, content=content, headers=headers | SOMEBODY).raise_for_status()

    def delete(self, key: str) -> None:
        """Remove an object."""
        httpx2.delete(f"{self.url}/{quote(key)}", headers=SOMEBODY).raise_for_status()

    def head(self, key: str) -> httpx2.Response:
        """What the store says about an object."""
        return httpx2.head(f"{self.url}/{quote(key)}", headers=SOMEBODY).raise_for_status()

    def settings(self, port: int | None = None, **more: Any) -> Mapping[str, Any]:
        """The settings of a source, at this port or that of a proxy before it."""
        return {
            "kind": "s3",
            "endpoint": f"http://127.0.0.1:{port or self.port}",
            "allow_http": True,
            "bucket": self.name,
            "access_key": "AKIAEXAMPLE",
            "secret_key": "secret",
            **more,
        }
