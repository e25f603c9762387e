"""Tickets: inquiries, complaints, service requests and after-sales cases."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.channel import Channel
from domain.entity import Entity, describe
from domain.record import RECORD_KEY, Record


class TicketKind(enum.StrEnum):
    """Why the customer got in touch."""

    INQUIRY = "INQUIRY"
    COMPLAINT = "COMPLAINT"
    SERVICE_REQUEST = "SERVICE_REQUEST"
    AFTER_SALES = "AFTER_SALES"


class TicketStatus(enum.StrEnum):
    """Where a ticket stands."""

    NEW = "NEW"
    OPEN = "OPEN"
    PENDING = "PENDING"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


class Priority(enum.StrEnum):
    """How urgent something is."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Record):
    """A case in a help desk. `satisfaction` is the customer's mark from 1 (bad) to 5 (good)."""

    entity: ClassVar[Entity]

    number: str | None
    subject: str
    kind: TicketKind
    status: TicketStatus
    priority: Priority | None
    channel: Channel | None
    queue: str | None
    agent: str | None
    opened_at: datetime
    first_responded_at: datetime | None
    resolved_at: datetime | None
    satisfaction: int | None
    customer_source: str | None
    customer_ref: str | None
    customer_id: UUID | None


Ticket.entity = describe(
    Ticket, name="ticket", key=RECORD_KEY, references={"customer": "customer_record"}
)
