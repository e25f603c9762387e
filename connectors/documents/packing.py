"""Packing: what a cursor remembers, as one compressed text."""

import base64
import zlib
from collections.abc import Iterable, Mapping

import orjson


def packed_keys(keys: Iterable[str]) -> str:
    """Record ids as one text: about two bytes for each of a running number."""
    return _packed(sorted(keys))


def unpacked_keys(text: str) -> set[str]:
    """The record ids of a text."""
    return set(orjson.loads(_unpacked(text)))


def packed_digests(digests: Mapping[str, str]) -> str:
    """Record ids and the digest of each as one text."""
    return _packed(dict(digests))


def unpacked_digests(text: str | None) -> dict[str, str]:
    """The record ids and digests of a text; none for none."""
    found: dict[str, str] = orjson.loads(_unpacked(text)) if text else {}
    return found


def _packed(value: object) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(value), level=1)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
