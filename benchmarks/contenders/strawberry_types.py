"""The types and resolvers of the Strawberry contender: what the three questions ask for."""

import base64
import enum
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import strawberry

from benchmarks.contenders.strawberry_records import (
    CampaignMembership,
    CampaignMembershipConnection,
    Document,
    DocumentConnection,
    EmailAddress,
    Info,
    Interaction,
    InteractionConnection,
    PhoneNumber,
    PostalAddress,
    Purchase,
    PurchaseConnection,
    Row,
    Ticket,
    TicketConnection,
)
from resolvers import identifier

CUSTOMER = (
    "id, kind, name, given_name, family_name, language, lifecycle_stage, tags, created_at, emails,"
    " phones, addresses"
)
"""The columns of a customer that its type has."""


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
