"""Requests signed with a shared secret (HMAC): settings, and the making of a signature."""

import base64
import binascii
import hashlib
import hmac
import string
from datetime import datetime
from typing import Annotated, Literal, Self

import httpx2
from pydantic import AfterValidator, model_validator

from connectors.http.secret import Secret, SecretSettings

_PARTS = frozenset({"method", "path", "query", "target", "host", "body", "body_hash", "timestamp"})


def _template(text: str) -> str:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as exc:
        raise ValueError(f"the template cannot be read: {exc}") from None
    if strange := names - _PARTS:
        known = ", ".join(sorted(_PARTS))
        raise ValueError(f"the template knows no {{{min(strange)}}}; known are: {known}")
    if not names:
        raise ValueError("a template that names no part of the request signs nothing")
    return text


class Hmac(SecretSettings):
    """A signature over each request."""

    secret: Secret
    """The shared secret."""
    written_in: Literal["text", "hex", "base64"] = "text"
    """How the secret is written."""
    header: str = "X-Signature"
    """The header that carries the signature."""
    prefix: str = ""
    """What stands before the signature, for example `sha256=`."""
    sign: Annotated[str, AfterValidator(_template)] = (
        "{method}\n{path}\n{query}\n{timestamp}\n{body}"
    )
    """What is signed, made of `{method}`, `{path}` and `{query}` as they are sent, `{target}`
    (path, `?` and query), `{host}`, `{timestamp}`, `{body}` and `{body_hash}`."""
    timestamp_header: str | None = "X-Timestamp"
    """The header that carries the time of the request, if any."""
    timestamp: Literal["seconds", "milliseconds", "iso"] = "seconds"
    """How the time is written: since 1970, or as `2026-03-01T12:00:00Z`."""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    """The hash that is used."""
    encoding: Literal["hex", "base64"] = "hex"
    """How the signature, and `{body_hash}`, are written."""

    @model_validator(mode="after")
    def _has_a_secret_that_can_be_decoded(self) -> Self:
        try:
            self.key()
        except ValueError:
            raise ValueError(f"the secret is not written in {self.written_in}") from None
        return self

    def key(self) -> bytes:
        """The bytes of the secret. Raises `ValueError` where it is not written as it should be."""
        text = self.secret.get_secret_value()
        match self.written_in:
            case "hex":
                return bytes.fromhex(text)
            case "base64":
                return _decoded(text)
        return text.encode()

    def headers(self, request: httpx2.Request, body: bytes, *, at: datetime) -> dict[str, str]:
        """The headers that sign a request as it is sent at a moment."""
        timestamp = self._written(at)
        text = self._signed(request, body, timestamp)
        made = hmac.digest(self.key(), text, self.algorithm)
        headers = {self.header: self.prefix + self._encoded(made)}
        if self.timestamp_header is not None:
            headers[self.timestamp_header] = timestamp
        return headers

    def _signed(self, request: httpx2.Request, body: bytes, timestamp: str) -> bytes:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        parts = {
            "method": request.method,
            "path": path,
            "query": query,
            "target": f"{path}?{query}" if query else path,
            "host": request.url.netloc.decode("ascii"),
            "timestamp": timestamp,
            "body_hash": self._encoded(hashlib.new(self.algorithm, body).digest()),
        }
        # The body need not be text in UTF-8, so the text is put together as bytes.
        made = b""
        for literal, name, _, _ in string.Formatter().parse(self.sign):
            made += literal.encode()
            if name is not None:
                made += body if name == "body" else parts[name].encode()
        return made

    def _encoded(self, digest: bytes) -> str:
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()

    def _written(self, at: datetime) -> str:
        match self.timestamp:
            case "seconds":
                return str(int(at.timestamp()))
            case "milliseconds":
                return str(int(at.timestamp() * 1000))
        return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise ValueError("this is no base64") from exc
