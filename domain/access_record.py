"""Access records: who read or changed something of a customer, when, and what for."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.entity import Entity, describe


class AccessKind(enum.StrEnum):
    """What was done."""

    READ = "READ"
    INTENT = "INTENT"
    WRITE = "WRITE"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """That one request read or changed something of one customer.

    `fields` are those that were returned, as `customer.name`, and `masked` those of them that were
    not shown whole. `operation` is the name that the client gave it. A request that returned
    several customers has a record of each.
    """

    entity: ClassVar[Entity]

    id: str
    customer_id: UUID
    at: datetime
    kind: AccessKind
    viewer: str
    role: str | None
    purpose: str | None
    operation: str | None
    client: str | None
    request_id: str | None
    fields: tuple[str, ...]
    masked: tuple[str, ...]


AccessRecord.entity = describe(AccessRecord, name="access_record", key=("id",))
