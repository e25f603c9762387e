"""Masks: what is shown of a value instead of the whole."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from domain.access.policy import Mask

_LAST: Final = 4


def masked_email(value: str | None) -> str | None:
    """The first letter and the host: `e***@example.com`. What is no address shows nothing."""
    if value is None:
        return None
    local, at, host = value.rpartition("@")
    return f"{local[:1]}***@{host}" if at and local else "***"


def masked_end(value: str | None) -> str | None:
    """The last four signs, where there are enough others: `***0001`."""
    if value is None:
        return None
    return f"***{value[-_LAST:]}" if len(value) > 2 * _LAST else "***"


def masked_year(value: datetime | str | None) -> datetime | None:
    """The first moment of the year of a time."""
    if value is None:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def masked_hash(value: str | None, key: bytes) -> str | None:
    """The same text for the same value, which who does not have the key can neither make nor undo.

    HMAC-SHA-256 (RFC 2104), cut to 128 bits.
    """
    if value is None:
        return None
    return hmac.digest(key, value.encode(), hashlib.sha256)[:16].hex()


TYPES: Final[Mapping[Mask, frozenset[str]]] = MappingProxyType(
    {
        Mask.EMAIL: frozenset({"String"}),
        Mask.LAST_FOUR: frozenset({"String"}),
        Mask.HASH: frozenset({"String"}),
        Mask.YEAR: frozenset({"DateTime"}),
    }
)
"""The types of fields that a mask is for; `null` is for fields of all types."""

SOURCES: Final[Mapping[Mask, str]] = MappingProxyType(
    {
        Mask.EMAIL: "masked_email({})",
        Mask.LAST_FOUR: "masked_end({})",
        Mask.YEAR: "masked_year({})",
        Mask.HASH: "masked_hash({}, t.context.mask_key)",
        Mask.NULL: "None",
    }
)
"""Python source that masks a value, in generated code."""

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {each.__name__: each for each in (masked_email, masked_end, masked_year, masked_hash)}
)
"""What that source calls, by name."""
