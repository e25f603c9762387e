"""The records of the Strawberry contender, as its types have them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import strawberry

from resolvers import identifier

Row: TypeAlias = Mapping[str, Any]
Info: TypeAlias = strawberry.Info[dict[str, Any], None]


def record_id(type_name: str, row: Row) -> strawberry.ID:
    """The global id of a record."""
    return strawberry.ID(identifier.encode(type_name, row["source"], row["record_id"]))


@strawberry.type
class Money:
    """An amount."""

    amount: Decimal
    currency: str


@strawberry.type
class EmailAddress:
    """An e-mail address."""

    address: str
    label: str | None
    primary: bool


@strawberry.type
class PhoneNumber:
    """A phone number."""

    e164: str | None
    label: str | None


@strawberry.type
class PostalAddress:
    """An address."""

    street: str | None
    city: str | None
    country: str | None


@strawberry.type
class Purchase:
    """An order."""

    id: strawberry.ID
    number: str | None
    status: str
    placed_at: datetime
    total: Money
    channel: str | None

    @classmethod
    def of(cls, row: Row) -> "Purchase":
        """From a row."""
        return cls(
            id=record_id("Purchase", row),
            number=row["number"],
            status=row["status"],
            placed_at=row["placed_at"],
            total=Money(amount=row["total"], currency=row["currency"]),
            channel=row["channel"],
        )


@strawberry.type
class Ticket:
    """A case."""

    id: strawberry.ID
    number: str | None
    subject: str
    status: str
    priority: str | None
    opened_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Ticket":
        """From a row."""
        return cls(
            id=record_id("Ticket", row),
            number=row["number"],
            subject=row["subject"],
            status=row["status"],
            priority=row["priority"],
            opened_at=row["opened_at"],
        )


@strawberry.type
class Interaction:
    """A contact."""

    id: strawberry.ID
    channel: str
    direction: str | None
    subject: str | None
    content: str | None
    occurred_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Interaction":
        """From a row."""
        return cls(
            id=record_id("Interaction", row),
            channel=row["channel"],
            direction=row["direction"],
            subject=row["subject"],
            content=row["content"],
            occurred_at=row["occurred_at"],
        )


@strawberry.type
class Document:
    """A file."""

    id: strawberry.ID
    name: str
    kind: str
    media_type: str | None
    size_bytes: int | None
    modified_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "Document":
        """From a row."""
        return cls(
            id=record_id("Document", row),
            name=row["name"],
            kind=row["kind"],
            media_type=row["media_type"],
            size_bytes=row["size_bytes"],
            modified_at=row["modified_at"],
        )


@strawberry.type
class Campaign:
    """A campaign."""

    name: str
    kind: str | None


@strawberry.type
class CampaignMembership:
    """A customer in a campaign."""

    status: str
    sent_at: datetime | None
    campaign_key: strawberry.Private[tuple[str, str]]

    @strawberry.field
    async def campaign(self, info: Info) -> Campaign:
        """The campaign."""
        row: Row = await info.context["campaigns"].load(self.campaign_key)
        return Campaign(name=row["name"], kind=row["kind"])

    @classmethod
    def of(cls, row: Row) -> "CampaignMembership":
        """From a row."""
        key = row["campaign_source"], row["campaign_ref"]
        return cls(status=row["status"], sent_at=row["sent_at"], campaign_key=key)


@strawberry.type
class PurchaseConnection:
    """A page."""

    nodes: list[Purchase]


@strawberry.type
class TicketConnection:
    """A page."""

    nodes: list[Ticket]


@strawberry.type
class InteractionConnection:
    """A page."""

    nodes: list[Interaction]


@strawberry.type
class DocumentConnection:
    """A page."""

    nodes: list[Document]


@strawberry.type
class CampaignMembershipConnection:
    """A page."""

    nodes: list[CampaignMembership]
