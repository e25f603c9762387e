"""What the store knows of the pulls of each source, for those who ask how fresh things are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.native.store import Store

_STATES = """
SELECT source, entity, succeeded_at, record_count, skipped_count, problem FROM sync_state
ORDER BY source, entity
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """The last pull of one entity of a source. `problem` is for operators: it may name hosts."""

    entity: str
    succeeded_at: datetime | None
    record_count: int | None
    skipped_count: int | None
    problem: str | None


async def read_states(store: Store) -> Mapping[str, Sequence[SyncState]]:
    """The state of every entity that was ever pulled, by source."""
    states: dict[str, list[SyncState]] = defaultdict(list)
    for row in await store.fetch(_STATES):
        source, *values = row
        names = ("entity", "succeeded_at", "record_count", "skipped_count", "problem")
        states[source].append(SyncState(**dict(zip(names, values, strict=True))))
    return states
