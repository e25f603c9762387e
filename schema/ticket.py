"""Tickets."""

from datetime import datetime

import strawberry

from domain import ticket as domain
from domain.ticket import Priority, TicketKind, TicketStatus
from resolvers import customer
from schema.channel import Channel
from schema.enumeration import enumeration
from schema.field import CustomerType, described
from schema.filter import filter_input, order_input
from schema.node import Node, Record

enumeration(
    TicketKind,
    "Why the customer got in touch.",
    {
        "INQUIRY": "A question.",
        "COMPLAINT": "Something went wrong for the customer.",
        "SERVICE_REQUEST": "Something is to be done.",
        "AFTER_SALES": "A case about something that was bought, such as a return or a repair.",
    },
)
enumeration(
    TicketStatus,
    "Where a ticket stands.",
    {
        "NEW": "Nobody has looked at it yet.",
        "OPEN": "Somebody works on it.",
        "PENDING": "It waits, for the customer or a third party.",
        "RESOLVED": "It is answered; the customer may come back.",
        "CLOSED": "It is done.",
    },
)
enumeration(
    Priority,
    "How urgent something is.",
    {
        "LOW": "It can wait.",
        "NORMAL": "In the usual order.",
        "HIGH": "Before the usual ones.",
        "URGENT": "Now.",
    },
)

TicketFilter = filter_input(domain.Ticket.entity)
TicketOrder = order_input(domain.Ticket.entity)


@strawberry.type(description="An inquiry, complaint, service request or after-sales case.")
class Ticket(Node, Record):
    """A ticket."""

    number: str | None = described("The number that people quote.")
    subject: str = described("What it is about.")
    kind: TicketKind = described("Why the customer got in touch.")
    status: TicketStatus = described("Where it stands.")
    priority: Priority | None = described("How urgent it is.")
    channel: Channel | None = described("How it came in.")
    queue: str | None = described("The queue or team that it is with.")
    agent: str | None = described("Who works on it.")
    opened_at: datetime = described("When it came in.")
    first_responded_at: datetime | None = described("When the customer was first answered.")
    resolved_at: datetime | None = described("When it was resolved.")
    satisfaction: int | None = described("The customer's mark from 1 (bad) to 5 (good).")
    customer: CustomerType | None = described("Whose ticket it is.", customer.of_record)
