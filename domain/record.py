"""What every record from a source has: where it comes from and how fresh it is."""

from dataclasses import dataclass
from datetime import datetime

RECORD_KEY = ("source", "record_id")
"""The fields that identify a record over all sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The origin of a record.

    `observed_at` is when the gateway last saw the record say so: the moment of the answer for a
    live source, the moment of the pull for a synced one.
    """

    source: str
    record_id: str
    observed_at: datetime
