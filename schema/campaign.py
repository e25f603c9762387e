"""Campaigns, and who was in them."""

from datetime import datetime

import strawberry

from domain import campaign as domain
from domain.campaign import CampaignKind, MembershipStatus
from resolvers import campaign, customer
from schema.channel import Channel
from schema.connection import Connection
from schema.enumeration import enumeration
from schema.field import CustomerType, connected, described
from schema.filter import filter_input, order_input
from schema.money import Money
from schema.node import Node, Record

enumeration(
    CampaignKind,
    "What a campaign is.",
    {
        "NEWSLETTER": "A regular mailing.",
        "PROMOTION": "An offer.",
        "PRODUCT_UPDATE": "News about a product.",
        "AD": "Advertising.",
        "EVENT": "An invitation.",
    },
)
enumeration(
    MembershipStatus,
    "What became of a campaign at one customer.",
    {
        "SENT": "It was sent.",
        "BOUNCED": "It could not be delivered.",
        "UNSUBSCRIBED": "The customer wants no more of it.",
        "OPENED": "It was opened.",
        "CLICKED": "A link in it was followed.",
        "RESPONDED": "The customer answered.",
        "CONVERTED": "The customer did what the campaign asked for.",
    },
)

CampaignFilter = filter_input(domain.Campaign.entity)
CampaignOrder = order_input(domain.Campaign.entity)


@strawberry.type(description="A newsletter, promotion, product update or ad.")
class Campaign(Node, Record):
    """A campaign."""

    name: str = described("What it is called.")
    kind: CampaignKind | None = described("What it is.")
    channel: Channel | None = described("How it reaches customers.")
    starts_at: datetime | None = described("When it starts.")
    ends_at: datetime | None = described("When it ends.")
    cost: Money | None = described("What it costs.", campaign.cost)
    members: "Connection[CampaignMembership] | None" = connected(
        campaign.members, "The customers in it, last sent first."
    )


@strawberry.type(description="One customer in one campaign.")
class CampaignMembership:
    """A membership."""

    campaign: Campaign = described("The campaign.", campaign.referred)
    customer: CustomerType | None = described("The customer.", customer.of_record)
    status: MembershipStatus = described("What became of it.")
    sent_at: datetime | None = described("When it was sent to the customer.")
    responded_at: datetime | None = described("When the customer responded.")
