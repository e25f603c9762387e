"""A cache bounded by bytes, which what is seen once cannot empty."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

PROTECTED_SHARE = 0.8
"""The share of the bytes that is for what was asked for more than once."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value
    size: int


class SegmentedCache(Generic[Key, Value]):
    """Keeps values by key in two segments, the least recently used of each dropped first.

    What is new stays on probation and is moved among the protected when it is asked for again. The
    protected take at most `PROTECTED_SHARE` of `max_bytes`; beyond it they fall back to probation.
    So a flood of keys that are seen once, such as documents that an attacker makes up, drives out
    its own kind only (https://en.wikipedia.org/wiki/Cache_replacement_policies#Segmented_LRU_(SLRU)).
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._probation: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        self._protected: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        self._protected_bytes = 0
        self._bytes = 0

    @property
    def size(self) -> int:
        """The bytes of all that is kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._probation) + len(self._protected)

    def get(self, key: Key) -> Value | None:
        """The value of a key, which counts as a use of it; none where it is not kept."""
        entry = self._protected.get(key)
        if entry is not None:
            self._protected.move_to_end(key)
            return entry.value
        entry = self._probation.pop(key, None)
        if entry is None:
            return None
        self._protected[key] = entry
        self._protected_bytes += entry.size
        self._fit()
        return entry.value

    def add(self, key: Key, value: Value, *, size: int) -> None:
        """Keep a new value, as long as its bytes fit."""
        self._probation[key] = _Entry(value, size)
        self._bytes += size
        self._fit()

    def grow(self, key: Key, value: Value, *, size: int) -> None:
        """Note that a value takes more bytes than before; nothing happens if it was dropped."""
        entry = self._protected.get(key)
        if entry is not None and entry.value is value:
            self._protected_bytes += size
        else:
            entry = self._probation.get(key)
        if entry is not None and entry.value is value:
            entry.size += size
            self._bytes += size
            self._fit()

    def _fit(self) -> None:
        while self._protected_bytes > self._max_bytes * PROTECTED_SHARE:
            key, entry = self._protected.popitem(last=False)
            self._protected_bytes -= entry.size
            self._probation[key] = entry
        while self._bytes > self._max_bytes:
            _, entry = self._probation.popitem(last=False)
            self._bytes -= entry.size
