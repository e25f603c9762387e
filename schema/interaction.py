"""Interactions."""

from datetime import datetime

import strawberry

from domain import interaction as domain
from domain.interaction import Direction
from resolvers import campaign, customer, purchase, ticket
from schema.campaign import Campaign
from schema.channel import Channel
from schema.enumeration import enumeration
from schema.field import CustomerType, described
from schema.filter import filter_input
from schema.node import Node, Record
from schema.purchase import Purchase
from schema.ticket import Ticket

enumeration(
    Direction,
    "Who began.",
    {"INBOUND": "The customer.", "OUTBOUND": "The company."},
)

InteractionFilter = filter_input(domain.Interaction.entity)


@strawberry.type(description="One contact with a customer on one channel.")
class Interaction(Node, Record):
    """An interaction."""

    channel: Channel = described("The way of contact.")
    direction: Direction | None = described("Who began.")
    subject: str | None = described("What it was about.")
    content: str | None = described("What was said or written.")
    resolution: str | None = described("What came of it.")
    key_details: list[str] = described("What others should know, point by point.")
    department: str | None = described("The department that was in contact.")
    agent: str | None = described("The person who was in contact.")
    participants: list[str] = described("Everybody who took part.")
    occurred_at: datetime = described("When it happened.")
    thread: str | None = described("What ties interactions of one conversation together.")
    amended_at: datetime | None = described("When it was last corrected; none if never.")
    ticket: Ticket | None = described("The ticket that it was about.", ticket.of_interaction)
    purchase: Purchase | None = described(
        "The purchase that it was about.", purchase.of_interaction
    )
    campaign: Campaign | None = described("The campaign that led to it.", campaign.referred)
    customer: CustomerType | None = described("With whom.", customer.of_record)
