"""Entries: rows that a live source gave, when it was asked, and what they are still worth."""

import enum
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from connectors.contract import Row
from connectors.options import Keeping

_SHARED: Final = (bool, type(None), enum.Enum)
"""Values that exist once, however often they are kept."""

_ENTRY_BYTES: Final = 400
"""What an entry takes besides its rows: itself, its key, its places in the shelf (measured)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The rows of one key.

    `asked_at` is when the question was sent, in seconds since 1970: what the source did later may
    not be in it. It `is_partial` where records beside it could not be read.
    """

    rows: tuple[Row, ...]
    asked_at: float
    is_partial: bool = False

    def age_s(self, now_s: float) -> float:
        """How old the answer is. A clock that went back makes nothing younger than new."""
        return max(0.0, now_s - self.asked_at)


class Worth(enum.Enum):
    """What may be done with an entry."""

    FRESH = "given"
    AGING = "given, and asked for anew"
    SPARE = "given where the source fails"
    SPENT = "not given"


def worth(entry: Entry, keeping: Keeping, *, now_s: float, max_stale_s: float | None) -> Worth:
    """What an entry is worth by the settings and by what a client asks for, the stricter wins.

    As in RFC 5861, both stale times count from the end of `max_age_s`. What is partial is not
    given longer than that.
    """
    age_s = entry.age_s(now_s)
    if max_stale_s is not None and (age_s > max_stale_s or max_stale_s == 0):
        return Worth.SPENT
    if age_s < keeping.max_age_s:
        return Worth.FRESH
    if entry.is_partial:
        return Worth.SPENT
    if age_s < keeping.max_age_s + keeping.stale_while_revalidate_s:
        return Worth.AGING
    return Worth.SPARE if age_s < lifetime_s(keeping) else Worth.SPENT


def lifetime_s(keeping: Keeping) -> float:
    """How old an entry can become before it is worth nothing at all."""
    longest_s = max(keeping.stale_while_revalidate_s, keeping.stale_if_error_s)
    return keeping.max_age_s + longest_s


def size_of_entry(entry: Entry) -> int:
    """The bytes that an entry takes, in time proportional to its values."""
    return _ENTRY_BYTES + size_of(entry.rows)


def size_of(value: object) -> int:
    """The bytes of a value with all that it holds; what it holds twice is counted twice."""
    if isinstance(value, _SHARED):
        return 0
    size = sys.getsizeof(value)
    if isinstance(value, (tuple, list, frozenset)):
        return size + sum(map(size_of, value))
    if isinstance(value, Mapping):
        return size + sum(size_of(name) + size_of(each) for name, each in value.items())
    if is_dataclass(value):
        return size + sum(size_of(getattr(value, each.name)) for each in fields(value))
    return size
