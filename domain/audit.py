"""What is kept of a request that read or changed something of customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.access_record import AccessKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is kept of one request. `body` is all of it as JSON; the rest repeats parts of it."""

    body: bytes
    at: datetime
    customers: Sequence[UUID]
    kind: AccessKind
    viewer: str
    role: str | None
    purpose: str | None
    operation: str | None
    client: str | None
    request_id: str | None
    fields: Sequence[str]
    masked: Sequence[str]
