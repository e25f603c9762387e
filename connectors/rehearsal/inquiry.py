"""What a source was asked at a rehearsal, and how it would answer it."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from connectors.contract import Batch, Capability
from domain.filter import Filter
from domain.order import Order


class Way(enum.StrEnum):
    """How a question reaches its source."""

    FUSED = "fused"
    """One statement to the store, which answers with the JSON of all that hangs on the rows."""

    STORE = "store"
    """One statement to the store, which answers with rows."""

    LIVE = "live"
    """The source itself is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A part of a question: which rows, how sorted, and how many of each key."""

    where: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None


NOTHING = Work()
"""Nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """A relation that the statement follows by itself; `number` is its place in the nest."""

    number: int
    entity: str
    match: tuple[str, ...]
    key: tuple[str, ...]
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One batch that reached a source.

    `at_source` is what the source does itself, `here` what is done with the rows that it gives.
    `keys_per_call` is the most keys that one call takes. `call_count` is how many calls the batch
    takes; more than that where `is_at_least`, because the rows come in pages that only the source
    can count. `statement` says what goes out, where the connector can tell.
    """

    source: str
    entity: str
    way: Way
    match: tuple[str, ...]
    key_count: int
    keys_per_call: int
    call_count: int
    is_at_least: bool
    at_source: Work
    here: Work = NOTHING
    statement: str | None = None
    fused: tuple[Fused, ...] = ()


Note: TypeAlias = Callable[[Inquiry], None]
"""Told of every batch."""


def keys_per_call(capability: Capability, match: tuple[str, ...]) -> int:
    """The most keys of a match that one call takes."""
    return min(capability.keys_per_call.get(match, capability.batch_limit), capability.batch_limit)


def call_count(capability: Capability, batch: Batch) -> int:
    """How many calls a batch takes at least; `batch.limit` is that of the source."""
    if batch.match:
        return ceil(len(batch.keys) / keys_per_call(capability, batch.match))
    rows = capability.rows_per_call.get((), 0)
    return ceil(batch.limit / rows) if rows and batch.limit else 1


def is_at_least(capability: Capability, batch: Batch) -> bool:
    """Whether the rows come in pages of which nobody knows the number beforehand."""
    return batch.match in capability.rows_per_call and (bool(batch.match) or batch.limit is None)
