"""Sidecars: small JSON files beside documents that say more about them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

META_SUFFIX = ".meta.json"
MAX_BYTES = 1024 * 1024
NOTHING: Mapping[str, Any] = MappingProxyType({})

Sidecar: TypeAlias = tuple[str, Mapping[str, Any]]
"""A fingerprint and a content; both empty where there is none."""

NO_SIDECAR: Sidecar = ("", NOTHING)

_NOTE = "its documents are given without what it says"


def content(name: str, text: bytes) -> tuple[Mapping[str, Any], str | None]:
    """What a sidecar says, and why it could not be read."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return unreadable(name, f"it cannot be read as JSON ({error})")
    if not isinstance(found, dict):
        return unreadable(name, "it holds no JSON object")
    return found, None


def too_large(name: str) -> tuple[Mapping[str, Any], str]:
    """Nothing, because the sidecar is too long to be one."""
    return unreadable(name, f"it is larger than {MAX_BYTES} bytes")


def unreadable(name: str, reason: str) -> tuple[Mapping[str, Any], str]:
    """Nothing, and why."""
    return NOTHING, f"{name}: {reason}; {_NOTE}"
