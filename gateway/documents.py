"""Documents by their ids: those of manifests, which clients are built with, and those sent before.

Two forms of manifests are read: that of Apollo (`{"format": "apollo-persisted-query-manifest",
"version": 1, "operations": [{"id": …, "body": …}]}`) and that of Relay (`{ID: TEXT}`).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from connectors.errors import Misconfigured
from gateway.config import Settings
from resolvers.cache import SegmentedCache

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_OVERHEAD_BYTES: Final = 300
"""What a text that is kept takes beside itself."""


def sha256_of(text: str) -> str:
    """The SHA-256 of a document's text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of a role. If it `is_closed` there are no others for it."""

    by_id: Mapping[str, str] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    is_closed: bool = False


EMPTY: Final = Library()
"""No documents, for a role that may send any."""


def libraries(settings: Settings) -> Mapping[str, Library]:
    """The libraries of the roles that have one, read from their manifests.

    Raises `Misconfigured` where one cannot be read.
    """
    roles = settings.access.roles if settings.access else {}
    return {
        name: library_of([settings.base_dir / each for each in role.manifests], role.documents)
        for name, role in roles.items()
        if role.manifests or role.documents == "trusted"
    }


def library_of(manifests: Sequence[Path], documents: str) -> Library:
    """The library of some manifests. Raises `Misconfigured`."""
    by_id: dict[str, str] = {}
    for file in manifests:
        for key, text in read_manifest(file).items():
            if by_id.setdefault(key, text) != text:
                raise _wrong(file, f"'{key}' is another document in another manifest")
    by_id |= {sha256_of(text): text for text in by_id.values()}
    return Library(by_id, frozenset(by_id.values()), documents == "trusted")


def read_manifest(file: Path) -> Mapping[str, str]:
    """The documents of a manifest by their ids. Raises `Misconfigured`."""
    try:
        content = orjson.loads(file.read_bytes())
    except OSError as exc:
        raise _wrong(file, exc.strerror or str(exc)) from exc
    except orjson.JSONDecodeError as exc:
        raise _wrong(file, f"it is no JSON: {exc.msg}") from exc
    found: dict[str, str] = {}
    for name, text in _entries(file, content):
        if not isinstance(name, str) or not isinstance(text, str) or not name or not text:
            raise _wrong(file, "each document needs an id and a text")
        key = name.removeprefix("sha256:")
        if _SHA256.fullmatch(key) and key != sha256_of(text):
            raise _wrong(file, f"the text of '{key[:12]}…' is not the one with this SHA-256")
        if found.setdefault(key, text) != text:
            raise _wrong(file, f"it has two documents with the id '{key}'")
    return found


def _entries(file: Path, content: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(content, dict):
        raise _wrong(file, "it is no JSON object")
    if "operations" not in content:
        yield from content.items()
        return
    if not isinstance(content["operations"], list):
        raise _wrong(file, "`operations` is no list")
    for each in content["operations"]:
        if not isinstance(each, dict):
            raise _wrong(file, "an entry of `operations` is no object")
        yield each.get("id"), each.get("body")


def _wrong(file: Path, what: str) -> Misconfigured:
    return Misconfigured("access", f"the manifest {file} cannot be used: {what}")


class Sent:
    """Documents that clients sent with their hash (automatic persisted queries), within bounds."""

    def __init__(self, max_bytes: int) -> None:
        self._kept: SegmentedCache[str, str] = SegmentedCache(max_bytes)
        self.is_kept = max_bytes > 0

    def get(self, key: str) -> str | None:
        """The text with a hash, if it is still known."""
        return self._kept.get(key)

    def add(self, key: str, text: str) -> None:
        """Keep a text, whose hash was checked."""
        if self._kept.get(key) is None:
            self._kept.add(key, text, size=4 * len(text) + _OVERHEAD_BYTES)
