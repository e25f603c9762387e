"""Interactions: one contact with a customer on one channel."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.channel import Channel
from domain.entity import Entity, describe
from domain.record import RECORD_KEY, Record


class Direction(enum.StrEnum):
    """Who began."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Record):
    """One contact: what was said, by whom, what came of it, and what it was about.

    `amended_at` is when it was last corrected, missing where it never was.
    """

    entity: ClassVar[Entity]

    channel: Channel
    direction: Direction | None
    subject: str | None
    content: str | None
    resolution: str | None
    key_details: tuple[str, ...]
    department: str | None
    agent: str | None
    participants: tuple[str, ...]
    occurred_at: datetime
    thread: str | None
    amended_at: datetime | None
    ticket_source: str | None
    ticket_ref: str | None
    purchase_source: str | None
    purchase_ref: str | None
    campaign_source: str | None
    campaign_ref: str | None
    customer_source: str | None
    customer_ref: str | None
    customer_id: UUID | None


Interaction.entity = describe(
    Interaction,
    name="interaction",
    key=RECORD_KEY,
    references={
        "ticket": "ticket",
        "purchase": "purchase",
        "campaign": "campaign",
        "customer": "customer_record",
    },
)
