"""The types and resolvers of the Strawberry contender: what the three questions ask for."""

import base64
import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import strawberry

from resolvers import identifier

CUSTOMER = (
    "id, kind, name, given_name, family_name, language, lifecycle_stage, tags, created_at, emails,"
    " phones, addresses"
)
"""The columns of a customer that its type has."""

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


async def related(info: Info, table: str, key: UUID, first: int) -> Sequence[Row]:
    """The rows of a relation, through its data loader."""
    rows: Sequence[Row] = await info.context[table].load((key, first))
    return rows


@strawberry.type
class Customer:
    """A customer."""

    key: strawberry.Private[UUID]
    id: strawberry.ID
    kind: str
    name: str | None
    given_name: str | None
    family_name: str | None
    language: str | None
    lifecycle_stage: str | None
    tags: list[str]
    created_at: datetime | None
    emails: list[EmailAddress]
    phones: list[PhoneNumber]
    addresses: list[PostalAddress]

    @strawberry.field
    async def purchases(self, info: Info, first: int = 20) -> PurchaseConnection:
        """Orders."""
        rows = await related(info, "purchase", self.key, first)
        return PurchaseConnection(nodes=[Purchase.of(row) for row in rows])

    @strawberry.field
    async def tickets(self, info: Info, first: int = 20) -> TicketConnection:
        """Tickets."""
        rows = await related(info, "ticket", self.key, first)
        return TicketConnection(nodes=[Ticket.of(row) for row in rows])

    @strawberry.field
    async def interactions(self, info: Info, first: int = 20) -> InteractionConnection:
        """Contacts."""
        rows = await related(info, "interaction", self.key, first)
        return InteractionConnection(nodes=[Interaction.of(row) for row in rows])

    @strawberry.field
    async def documents(self, info: Info, first: int = 20) -> DocumentConnection:
        """Files."""
        rows = await related(info, "document", self.key, first)
        return DocumentConnection(nodes=[Document.of(row) for row in rows])

    @strawberry.field
    async def campaigns(self, info: Info, first: int = 20) -> CampaignMembershipConnection:
        """Campaigns."""
        rows = await related(info, "campaign_membership", self.key, first)
        return CampaignMembershipConnection(nodes=[CampaignMembership.of(row) for row in rows])

    @classmethod
    def of(cls, row: Row) -> "Customer":
        """From a row."""
        return cls(
            key=row["id"],
            id=strawberry.ID(identifier.encode("Customer", row["id"])),
            kind=row["kind"],
            name=row["name"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            language=row["language"],
            lifecycle_stage=row["lifecycle_stage"],
            tags=row["tags"],
            created_at=row["created_at"],
            emails=[
                EmailAddress(address=each["address"], label=each["label"], primary=True)
                for each in row["emails"]
            ],
            phones=[PhoneNumber(e164=each["e164"], label=each["label"]) for each in row["phones"]],
            addresses=[PostalAddress(**each) for each in row["addresses"]],
        )


@strawberry.type
class PageInfo:
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class CustomerConnection:
    """A page."""

    nodes: list[Customer]
    page_info: PageInfo


@strawberry.input
class CustomerBy:
    """Which customer."""

    id: strawberry.ID


@strawberry.input
class DateTimeFilter:
    """Compares times."""

    lte: datetime


@strawberry.enum
class LifecycleStage(enum.Enum):
    """How far a customer has come."""

    REPEAT = "REPEAT"


@strawberry.input
class LifecycleStageFilter:
    """Compares stages."""

    eq: LifecycleStage


@strawberry.input
class CustomerFilter:
    """Filters customers."""

    created_at: DateTimeFilter | None = None
    lifecycle_stage: LifecycleStageFilter | None = None


@strawberry.enum
class CustomerOrderField(enum.Enum):
    """What to sort by."""

    CREATED_AT = "created_at"


@strawberry.enum
class OrderDirection(enum.Enum):
    """Which end comes first."""

    DESC = "DESC"


@strawberry.input
class CustomerOrder:
    """How to sort."""

    field: CustomerOrderField
    direction: OrderDirection


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def customer(self, info: Info, by: CustomerBy) -> Customer | None:
        """One customer."""
        key = identifier.customer_key(identifier.decode(by.id))[0]
        row: Row | None = await info.context["customers"].load(key)
        return None if row is None else Customer.of(row)

    @strawberry.field
    async def customers(
        self,
        info: Info,
        where: CustomerFilter,
        order_by: list[CustomerOrder],
        first: int = 20,
        after: str | None = None,
    ) -> CustomerConnection:
        """A page of customers, newest first."""
        del order_by
        pool: asyncpg.Pool = info.context["pool"]
        statement, values = _page(where, after)
        rows = await pool.fetch(statement, *values, first + 1)
        return _connection(rows, first)


def _page(where: CustomerFilter, after: str | None) -> tuple[str, list[object]]:
    conditions, values = ["superseded_by IS NULL"], list[object]()
    if where.created_at:
        values.append(where.created_at.lte)
        conditions.append(f"created_at <= ${len(values)}")
    if where.lifecycle_stage:
        values.append(where.lifecycle_stage.eq.value)
        conditions.append(f"lifecycle_stage = ${len(values)}")
    if after:
        at, _, key = base64.b64decode(after).decode().partition(" ")
        values += [datetime.fromisoformat(at), UUID(key)]
        time, last = f"${len(values) - 1}", f"${len(values)}"
        conditions.append(
            f"created_at <= {time} AND (created_at < {time} OR created_at = {time} AND id > {last})"
        )
    # Names and numbers of this module only.
    statement = (
        f"SELECT {CUSTOMER} FROM customer WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" ORDER BY created_at DESC NULLS LAST, id LIMIT ${len(values) + 1}"
    )
    return statement, values


def _connection(rows: Sequence[Row], first: int) -> CustomerConnection:
    nodes = [Customer.of(row) for row in rows[:first]]
    end = None
    if nodes:
        last = rows[len(nodes) - 1]
        end = base64.b64encode(f"{last['created_at'].isoformat()} {last['id']}".encode()).decode()
    return CustomerConnection(
        nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
    )
