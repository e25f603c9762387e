"""API keys: how one is made, how it looks, and what of it is kept.

A key is `c360_ID_SECRET`. The id is no secret and names the key in lists and logs. Of the secret,
256 random bits, only the SHA-256 is kept: against so many bits nothing slower is needed.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.viewer import Viewer

PREFIX = "c360_"
_ID_BYTES, _SECRET_BYTES = 6, 32
_FORM = re.compile(r"c360_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in the hands of its owner."""

    id: str
    secret: str

    @classmethod
    def new(cls, chance: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """A key that nobody has yet."""
        return cls(chance(_ID_BYTES).hex(), chance(_SECRET_BYTES).hex())

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The key that a text is; `None` where it is none."""
        found = _FORM.fullmatch(text)
        return cls(*found.groups()) if found else None

    def __str__(self) -> str:
        return f"{PREFIX}{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"ApiKey({self.id!r})"

    @property
    def digest(self) -> str:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is kept of a key: its digest, whom it stands for, and for how long."""

    id: str
    digest: str
    viewer: Viewer
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def admits(self, key: ApiKey, *, now: datetime) -> bool:
        """Whether the key is this one and counts at this time."""
        is_same = hmac.compare_digest(self.digest, key.digest)
        return is_same and self.is_valid(now=now)

    def is_valid(self, *, now: datetime) -> bool:
        """Whether the grant counts at this time."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return not is_over and self.revoked_at is None
