"""How far the pull of one entity of one source has come, as the store remembers it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from connectors.contract import Capability, Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a pass.

    `scan`: the connector's own cursor; `started_at`: when the pass began; `is_full`: whether the
    pass began at the beginning, and so sees everything; `is_done`: whether it is over; `fields`:
    what was pulled; `full_at`: when the last complete full pass began; `nameless_count`: how many
    records without an id the pass has met, after which nothing can be said to be gone.
    """

    scan: Cursor | None
    started_at: datetime
    is_full: bool
    is_done: bool
    fields: tuple[str, ...]
    full_at: datetime | None = None
    nameless_count: int = 0

    @classmethod
    def read(cls, saved: Mapping[str, Any] | None, started_at: datetime | None) -> Self | None:
        """The mark that `json` wrote, if there is one."""
        if saved is None or started_at is None:
            return None
        full_at = saved["full_at"]
        return cls(
            scan=saved["scan"],
            started_at=started_at,
            is_full=saved["is_full"],
            is_done=saved["is_done"],
            fields=tuple(saved["fields"]),
            full_at=datetime.fromisoformat(full_at) if full_at else None,
            nameless_count=saved["nameless_count"],
        )

    def json(self) -> dict[str, Any]:
        """The mark as a JSON object, without `started_at`, which has a column of its own."""
        return {
            "scan": self.scan,
            "is_full": self.is_full,
            "is_done": self.is_done,
            "fields": self.fields,
            "full_at": self.full_at,
            "nameless_count": self.nameless_count,
        }

    def finished(self) -> "Mark":
        """The mark at the end of its pass."""
        full_at = self.started_at if self.is_full else self.full_at
        return replace(self, is_done=True, is_full=False, nameless_count=0, full_at=full_at)


def begin(
    last: Mark | None, capability: Capability, *, now: datetime, sweep_every: timedelta
) -> Mark:
    """Where the next pass starts.

    It goes on where the last one was stopped, or with the changes since. It starts over where the
    source does not tell changes, where other fields are pulled than last time, and, so that
    deletions are noticed that the source does not tell, every `sweep_every`.
    """
    fields = tuple(sorted(capability.fields))
    afresh = Mark(scan=None, started_at=now, is_full=True, is_done=False, fields=fields)
    if last is None or last.fields != fields:
        return afresh
    if not last.is_done:
        return last
    afresh = replace(afresh, full_at=last.full_at)
    if not capability.tells_changes or last.scan is None:
        return afresh
    is_swept = last.full_at is not None and now < last.full_at + sweep_every
    if not capability.tells_deletions and not is_swept:
        return afresh
    return replace(last, started_at=now, is_full=False, is_done=False, nameless_count=0)
