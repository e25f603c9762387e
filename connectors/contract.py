"""The contract that every connector keeps. Authors of connectors import this module only.

A connector is asked in batches: many keys, one question. It declares capabilities, and is never
asked for what it did not declare; what it cannot do (filter, order, page) is done by
`connectors.federation` over the rows that it gives.

Values in rows are canonical: `str`, `int`, `decimal.Decimal`, `bool`, an aware UTC
`datetime.datetime`, `uuid.UUID`, the name of an enum value as `str`, a `dict` for JSON, and a
`list` of `str` or of mappings (by the field names of the value class) for lists. A missing value
is `None`. Which fields an entity has stands in `domain`.
"""

import enum
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from connectors.document_content import (
    DocumentAddress,
    DocumentContent,
    DocumentReader,
    DocumentStream,
)
from connectors.errors import (
    CircuitOpen,
    Malformed,
    Misconfigured,
    OverLimit,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.nest import NO_SLICES, Nest, Slice, Slices
from connectors.options import Options
from domain.filter import And, Compare, Filter, Not, Op, Or, Row
from domain.order import Bound, Order

__all__ = [
    "ANYBODY",
    "And",
    "Answer",
    "Batch",
    "Bound",
    "Caller",
    "Capability",
    "Change",
    "ChangePage",
    "CircuitOpen",
    "Compare",
    "Connector",
    "Cursor",
    "Describer",
    "DiscoveredEntity",
    "DocumentAddress",
    "DocumentContent",
    "DocumentReader",
    "DocumentStream",
    "Environment",
    "Filter",
    "Finding",
    "Gate",
    "Key",
    "Kind",
    "Malformed",
    "Misconfigured",
    "Nest",
    "Nester",
    "Not",
    "Op",
    "OpenGate",
    "Options",
    "Or",
    "Order",
    "OverLimit",
    "Prepared",
    "Refused",
    "Row",
    "Severity",
    "Skipped",
    "Slice",
    "Slices",
    "SourceError",
    "TimedOut",
    "Unavailable",
    "Writer",
    "Written",
]

Key: TypeAlias = tuple[Any, ...]
"""The values of the fields named in `Batch.match`, for one thing that is asked about."""

Cursor: TypeAlias = Mapping[str, Any]
"""Where a scan has come to: a JSON object that only the connector that made it understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What a connector can do for one entity.

    `fields`: the canonical fields that it has (beyond `source`, `record_id` and `observed_at`,
    which need not be declared). `matches`: the field combinations that it can look up in batches,
    for example `("record_id",)` or `("customer_ref",)`. `can_list`: whether it can answer without
    keys. `filters`: per field, the comparisons that it can do itself. `orders`: the fields that it
    can order by itself. `can_page`: whether it honours `limit`, `after` and `until`, per key, when
    it does the whole filter and order. `batch_limit`: the most keys in one question.
    `can_scan`: whether `scan` works; `tells_changes`: whether `scan` with a cursor gives only what
    changed since; `tells_deletions`: whether deletions are among these. `can_write`: whether
    `Writer.write` takes this entity. `can_nest`: whether it honours `Batch.nest`, with relations to
    all entities for which it says so. `keys_per_call`: for matches of which one call to the source
    takes fewer keys than a batch has, how many; 1 is a call for each key. `rows_per_call`: for
    matches whose rows come in pages, `()` for the whole list, how many rows one call brings.
    `references`: for each relation, the source that the `…_ref` fields point into, where it is
    not this source.
    """

    entity: str
    fields: frozenset[str]
    matches: frozenset[tuple[str, ...]] = frozenset({("record_id",)})
    can_list: bool = True
    filters: Mapping[str, frozenset[Op]] = field(default_factory=dict)
    orders: frozenset[str] = frozenset()
    can_page: bool = False
    batch_limit: int = 1000
    can_scan: bool = True
    tells_changes: bool = False
    tells_deletions: bool = False
    can_write: bool = False
    can_nest: bool = False
    keys_per_call: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    rows_per_call: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a question is asked, as far as the answer may depend on it.

    `headers`: those of the client's request that the settings of the source name in
    `forward_headers`, names in small letters, sorted. `policy`: what identifies the rules that the
    viewer is under. Answers to different callers are never mixed.
    """

    headers: tuple[tuple[str, str], ...] = ()
    policy: str = ""


ANYBODY: Final = Caller()
"""The caller where nothing depends on who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One question: rows of an entity, either for each of `keys` or, with no `match`, of the whole.

    `fields`: what to give, in this order; only fields that the capability names, or `record_id`
    and `observed_at`. `match` and `keys`: the fields that the keys are compared with. `where`: a
    filter without `Not`. `order`: how to sort the rows of each key; it ends with fields that make
    it total. `limit`: how many rows of each key (of the whole, where there is no match) to give;
    `after` and `until`: only rows beyond the first bound and in front of the second.
    `where`, `order`, `limit`, `after` and `until` hold only what the capability covers.
    `nest` and `slices`: a JSON text that every row has as one value more, its last: see
    `connectors.nest`. `caller`: on whose behalf. `timeout_s`: how long the answer may take.
    """

    entity: str
    fields: tuple[str, ...]
    match: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    where: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    after: Bound | None = None
    until: Bound | None = None
    nest: Nest | None = None
    slices: Slices = NO_SLICES
    caller: Caller = ANYBODY
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that could not be read: which one, and why, in words an operator can act on."""

    record_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows by key, in the order that was asked for; a batch without `match` answers at key `()`.

    A key without rows may be left out. A key in `failures` is unknown, which is not the same as
    empty. `skipped` are records that were left out because they could not be read. `calls` is how
    many requests or statements the answer took. `nested_count` is how many more records there are
    in the texts of nests than there are rows: one less than all where a page of many is one row.
    """

    rows: Mapping[Key, Sequence[Row]]
    failures: Mapping[Key, SourceError] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    calls: int = 1
    nested_count: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it is now, with all fields of `ChangePage.fields`; no row where it is deleted."""

    record_id: str
    row: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Some changes, and the cursor from which the next scan goes on once they are stored."""

    fields: tuple[str, ...]
    changes: Sequence[Change]
    cursor: Cursor | None
    skipped: tuple[Skipped, ...] = ()
    total: int | None = None


class Severity(enum.StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that `check` found: what is wrong and what to do, about which setting."""

    severity: Severity
    message: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class DiscoveredEntity:
    """Something in the source that could be mapped: its name there, its fields and their types.

    Where the source tells enough to map it, `entity` is what it is (`customer`, `ticket`) and
    `settings` are those of a mapping that works.
    """

    name: str
    fields: Mapping[str, str]
    key: str | None = None
    record_count: int | None = None
    entity: str | None = None
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record that was written: its id, or the reason why it was not."""

    record_id: str | None
    problem: str | None = None


class Connector(Protocol):
    """A source. Making one does no I/O: a source that is down does not stop the gateway."""

    @property
    def name(self) -> str:
        """The name of the source, from the configuration."""
        ...

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it can do, by entity; known without asking the source."""
        ...

    async def check(self) -> Sequence[Finding]:
        """Whether it can be reached, lets us in, and fits the mapping; what to do where not."""
        ...

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """What the source offers."""
        ...

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question. Raises `SourceError` where the whole of it failed."""
        ...

    def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records, or with a cursor what changed since, oldest change first, in pages."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


@runtime_checkable
class Writer(Connector, Protocol):
    """A connector that can also write."""

    async def write(
        self, entity: str, records: Sequence[Mapping[str, Any]], *, idempotency_key: str
    ) -> Sequence[Written]:
        """Write records; says for each what happened. The same key writes once."""
        ...


@runtime_checkable
class Describer(Protocol):
    """A connector that can say how it puts a question to its source."""

    def describe(self, batch: Batch) -> str:
        """The statement or request for a batch, without asking: no values, no secrets, no hosts."""
        ...


class Prepared(Protocol):
    """A batch that was thought through once, to be asked again and again for other keys."""

    async def fetch(self, keys: Sequence[Key], *, timeout_s: float) -> Answer:
        """What `Connector.fetch` answers to the batch with these keys, within this time.

        It keeps the time itself, and raises `TimedOut`.
        """
        ...


@runtime_checkable
class Nester(Connector, Protocol):
    """A connector that can nest: see `connectors.nest`."""

    def prepare(self, batch: Batch) -> Prepared:
        """Think a batch with a nest through. Its keys and its timeout do not matter."""
        ...


class Gate(Protocol):
    """The way out of the process to one source. Every request or statement goes through it."""

    def turn(self, timeout_s: float) -> AbstractAsyncContextManager[None]:
        """A turn to call the source once, as far as the limits of its settings allow.

        Waits up to `timeout_s` for it. Raises `Unavailable` where there is none by then.
        """
        ...


class OpenGate:
    """A gate without limits."""

    @asynccontextmanager
    async def turn(self, timeout_s: float) -> AsyncIterator[None]:
        """A turn at once."""
        del timeout_s
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a connector is given besides its settings.

    `now`: the clock. `base_dir`: where relative paths start. `gate`: what it goes through with
    every call.
    """

    now: Callable[[], datetime]
    base_dir: Path
    gate: Gate = field(default_factory=OpenGate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of connector: the value of the entry point, or `KIND` in a folder of `connectors`."""

    name: str
    options: type[Options]
    open: Callable[[str, Any, Environment], Connector]
