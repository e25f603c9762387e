"""Signed links: a short-lived permission to fetch one document, in one URL-safe word.

A token is `v1.<claim>.<signature>`: the claim is base64url of a JSON array of source, record id
and expiry (seconds since 1970), the signature base64url of HMAC-SHA256 over `v1.<claim>`. It holds
no secret: whoever has the link may read the document until it expires.
"""

import base64
import enum
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

VERSION = "v1"
LIFETIME = timedelta(minutes=15)
"""How long a link lives where the caller does not say."""
KEY_MIN_BYTES = 32

_TOKEN = re.compile(r"(v1\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]{43})", re.ASCII)


class LinkProblem(enum.Enum):
    """Why a token gives no document."""

    GARBLED = "garbled"
    """It is no token of this version: cut off, retyped, or made up."""
    FORGED = "forged"
    """It is a token, but this gateway's key did not sign it."""
    EXPIRED = "expired"
    """It was good, and its time is over."""


@dataclass(frozen=True, slots=True)
class Link:
    """The document that a good token names."""

    source: str
    record_id: str
    expires_at: datetime


def sign(
    source: str,
    record_id: str,
    *,
    key: bytes,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> str:
    """The token for a document, good until `now + lifetime` (to the second, rounded down).

    Raises `ValueError` for a key shorter than 32 bytes.
    """
    expiry = int((now + lifetime).timestamp())
    claim = json.dumps([source, record_id, expiry], ensure_ascii=False, separators=(",", ":"))
    signed = f"{VERSION}.{_encoded(claim.encode())}"
    return f"{signed}.{_signature(signed, key)}"


def verify(token: str, *, key: bytes, now: datetime) -> Link | LinkProblem:
    """What a token is good for, or why it is not. Never raises for any token."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return LinkProblem.GARBLED
    signed, claim, signature = found.groups()
    # The texts are compared, not the bytes: base64 spells the same bytes in several ways.
    if not hmac.compare_digest(signature, _signature(signed, key)):
        return LinkProblem.FORGED
    source, record_id, expiry = json.loads(
        base64.urlsafe_b64decode(claim + "=" * (-len(claim) % 4))
    )
    expires_at = datetime.fromtimestamp(expiry, tz=now.tzinfo)
    return Link(source, record_id, expires_at) if now < expires_at else LinkProblem.EXPIRED


def _signature(signed: str, key: bytes) -> str:
    if len(key) < KEY_MIN_BYTES:
        raise ValueError(
            f"the key that signs document links has {len(key)} bytes: give it at least"
            f" {KEY_MIN_BYTES} random ones"
        )
    return _encoded(hmac.digest(key, f"document-link {signed}".encode(), hashlib.sha256))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
