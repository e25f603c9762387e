"""An explanation as data: the steps of an operation, and what each asks of its sources."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.options import Keeping
from connectors.rehearsal.inquiry import Way, Work
from domain.filter import Filter


class Extent(enum.StrEnum):
    """What is explained."""

    PLAN = "plan"
    """What would be asked; nobody is asked."""

    ANALYZE = "analyze"
    """Also what really was asked: the operation is executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a step asks of one source; keys, batches and calls are the most that there can be.

    More calls than that may be needed where `is_at_least`. `kept` is how long answers are kept.
    """

    source: str
    entity: str
    way: Way
    match: tuple[str, ...]
    key_count: int
    batch_count: int
    keys_per_call: int
    call_count: int
    is_at_least: bool
    at_source: Work
    here: Work
    statement: str | None
    kept: Keeping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a source did for a step: what became of it, calls, rows, milliseconds.

    `kept_count` is how many keys were answered from what was kept, `age_s` how old the oldest was.
    """

    source: str
    status: str
    call_count: int
    row_count: int
    elapsed_ms: float
    kept_count: int
    age_s: float | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a step has no answer, or not a whole one, from a source."""

    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A relation that the statement of a step follows by itself."""

    path: str
    entity: str
    match: tuple[str, ...]
    key: tuple[str, ...]
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One step: the field that it answers, what it asks, and the steps that wait for its rows.

    `happened` and `elapsed_ms` are of the execution, where there was one; the time is that of the
    step alone, with its waiting.
    """

    path: str
    kind: str
    entities: tuple[str, ...]
    asked: tuple[Asked, ...]
    within: tuple[Within, ...]
    troubles: tuple[Trouble, ...]
    happened: tuple[Happened, ...]
    elapsed_ms: float | None
    steps: "tuple[Explained, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All calls to one source: how many are expected, and how many there were."""

    call_count: int
    is_at_least: bool
    real_call_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An operation explained. `node_count` is how many objects its answer may have.

    `is_fused` says that what hangs on rows of the store comes with them; mutations and arguments
    that are wrong do without.
    """

    mode: Extent
    operation: str | None
    operation_type: str
    node_count: int
    max_nodes: int
    is_fused: bool
    rules: Mapping[str, Filter]
    steps: Sequence[Explained]
    sources: Mapping[str, Total]
