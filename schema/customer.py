"""Customers: golden values, what each source says, and everything around them."""

from datetime import datetime

import strawberry

from domain import customer as domain
from domain.customer import CustomerKind, LifecycleStage
from resolvers import (
    access_record,
    campaign,
    customer,
    document,
    interaction,
    purchase,
    source,
    ticket,
)
from resolvers.field import listed
from schema.access_record import AccessRecord
from schema.campaign import CampaignMembership
from schema.channel import Channel
from schema.connection import Connection
from schema.document import Document, DocumentFilter
from schema.enumeration import enumeration
from schema.field import CustomerType, connected, described, with_arguments
from schema.filter import filter_input, order_input
from schema.interaction import Interaction, InteractionFilter
from schema.node import Node, Record
from schema.purchase import Purchase, PurchaseFilter, PurchaseOrder
from schema.scalar import Json
from schema.source import Source
from schema.ticket import Ticket, TicketFilter, TicketOrder

enumeration(
    CustomerKind,
    "What a customer is.",
    {"PERSON": "A natural person.", "ORGANIZATION": "A company, authority or other body."},
)
enumeration(
    LifecycleStage,
    "How far the relationship has come.",
    {
        "PROSPECT": "Has not bought yet.",
        "FIRST_PURCHASE": "Has bought once.",
        "REPEAT": "Has bought again.",
        "LOYAL": "Buys regularly.",
        "LAPSED": "Has not bought for long.",
    },
)

CustomerFilter = filter_input(domain.Customer.entity)
CustomerOrder = order_input(domain.Customer.entity)


@strawberry.type(description="An e-mail address.")
class EmailAddress:
    """An e-mail address of a customer."""

    address: str = described("The address, normalised.")
    label: str | None = described("What it is for, such as `work`.")
    verified: bool | None = described(
        "Whether it is known to work.", lambda field: field.leaf("is_verified")
    )
    primary: bool = described(
        "Whether it is the first to use.", lambda field: field.leaf("is_primary")
    )


@strawberry.type(description="A telephone number.")
class PhoneNumber:
    """A phone number of a customer."""

    e164: str | None = described("The number by E.164; none where the original is no valid one.")
    original: str = described("The number as the source has it.")
    label: str | None = described("What it is for, such as `mobile`.")
    primary: bool = described(
        "Whether it is the first to use.", lambda field: field.leaf("is_primary")
    )


@strawberry.type(description="A postal address.")
class PostalAddress:
    """A postal address of a customer."""

    street: str | None = described("Street and number.")
    city: str | None = described("The city.")
    region: str | None = described("The state, province or region.")
    postal_code: str | None = described("The postal code.")
    country: str | None = described("The country, as the source writes it.")
    label: str | None = described("What it is for, such as `shipping`.")
    primary: bool = described(
        "Whether it is the first to use.", lambda field: field.leaf("is_primary")
    )


@strawberry.type(description="A value of another record that lost against the golden one.")
class Alternative:
    """A losing value."""

    value: str | None = described("The value, as text.")
    source: Source = described("The source that says so.", source.of_record)
    record_id: str = described("The record that says so.")
    observed_at: datetime = described("When the gateway last saw it say so.")


@strawberry.type(description="Where the golden value of one field comes from.")
class FieldProvenance:
    """The provenance of a field."""

    field: str = described("The name of the field in this graph.")
    source: Source = described("The source of the value.", source.of_record)
    record_id: str = described("The record that the value is taken from.")
    observed_at: datetime = described("When the gateway last saw it there.")
    alternatives: list[Alternative] = described(
        "What other records say instead.", listed("alternatives")
    )


@strawberry.type(description="What one source says about a customer.")
class CustomerRecord(Node, Record):
    """A record of a customer in a source."""

    kind: CustomerKind = described("Person or organization.")
    name: str | None = described("The whole name.")
    given_name: str | None = described("The given name.")
    family_name: str | None = described("The family name.")
    emails: list[EmailAddress] = described("E-mail addresses.", listed("emails"))
    phones: list[PhoneNumber] = described("Telephone numbers.", listed("phones"))
    addresses: list[PostalAddress] = described("Postal addresses.", listed("addresses"))
    language: str | None = described("The language, by BCP 47 where the source does.")
    owner: str | None = described("Who looks after the customer.")
    tags: list[str] = described("Free labels.")
    custom: Json | None = described("Custom fields, as declared in the configuration.")
    matched_by: list[str] = described("Why this record belongs to this customer.")
    created_at: datetime | None = described("When the source created it.")
    updated_at: datetime | None = described("When the source last changed it.")


@strawberry.type(description="One customer over all sources.")
class Customer(Node):
    """A customer: the golden values, and everything around them."""

    kind: CustomerKind = described("Person or organization.")
    name: str | None = described("The whole name.")
    given_name: str | None = described("The given name.")
    family_name: str | None = described("The family name.")
    emails: list[EmailAddress] = described("All e-mail addresses.", listed("emails"))
    phones: list[PhoneNumber] = described("All telephone numbers.", listed("phones"))
    addresses: list[PostalAddress] = described("All postal addresses.", listed("addresses"))
    language: str | None = described("The language, by BCP 47 where the source does.")
    preferred_channel: Channel | None = described("How the customer wants to be reached.")
    lifecycle_stage: LifecycleStage | None = described("How far the relationship has come.")
    tags: list[str] = described("All free labels.")
    owner: str | None = described("Who looks after the customer.")
    organization: CustomerType | None = described(
        "The organization that a contact belongs to.", customer.organization
    )
    contacts: Connection[CustomerType] | None = connected(
        customer.contacts, "The contacts of an organization."
    )
    custom: Json | None = described("Custom fields, as declared in the configuration.")
    created_at: datetime | None = described("When the first source created it.")
    updated_at: datetime | None = described("When a source last changed it.")
    records: list[CustomerRecord] = described(
        "What each source says about this customer.", customer.records
    )
    provenance: list[FieldProvenance] = with_arguments(
        customer.provenance,
        "Where the golden values come from, and what was said instead.",
        {"fields": (list[str] | None, "Only these fields, by their names in this graph.")},
    )
    purchases: Connection[Purchase] | None = connected(
        purchase.of_customer, "Orders, newest first.", where=PurchaseFilter, order_by=PurchaseOrder
    )
    tickets: Connection[Ticket] | None = connected(
        ticket.of_customer, "Tickets, newest first.", where=TicketFilter, order_by=TicketOrder
    )
    campaigns: Connection[CampaignMembership] | None = connected(
        campaign.of_customer, "The campaigns that reached the customer, last sent first."
    )
    documents: Connection[Document] | None = connected(
        document.of_customer, "Documents, last changed first.", where=DocumentFilter
    )
    interactions: Connection[Interaction] | None = connected(
        interaction.of_customer, "Contacts, newest first.", where=InteractionFilter
    )
    access_log: Connection[AccessRecord] | None = connected(
        access_record.of_customer,
        "Who read or changed what of this customer, newest first. To read it is recorded too.",
    )
