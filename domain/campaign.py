"""Campaigns, and who was in them."""

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from domain.channel import Channel
from domain.entity import Entity, describe
from domain.record import RECORD_KEY, Record


class CampaignKind(enum.StrEnum):
    """What a campaign is."""

    NEWSLETTER = "NEWSLETTER"
    PROMOTION = "PROMOTION"
    PRODUCT_UPDATE = "PRODUCT_UPDATE"
    AD = "AD"
    EVENT = "EVENT"


class MembershipStatus(enum.StrEnum):
    """What became of a campaign at one customer, each value saying more than the one before."""

    SENT = "SENT"
    BOUNCED = "BOUNCED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    RESPONDED = "RESPONDED"
    CONVERTED = "CONVERTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign(Record):
    """A newsletter, promotion or ad. `cost` is in units of `currency` (ISO 4217), exact."""

    entity: ClassVar[Entity]

    name: str
    kind: CampaignKind | None
    channel: Channel | None
    starts_at: datetime | None
    ends_at: datetime | None
    cost: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMembership(Record):
    """One customer in one campaign."""

    entity: ClassVar[Entity]

    status: MembershipStatus
    sent_at: datetime | None
    responded_at: datetime | None
    campaign_source: str | None
    campaign_ref: str | None
    customer_source: str | None
    customer_ref: str | None
    customer_id: UUID | None


Campaign.entity = describe(Campaign, name="campaign", key=RECORD_KEY)
CampaignMembership.entity = describe(
    CampaignMembership,
    name="campaign_membership",
    key=RECORD_KEY,
    references={"campaign": "campaign", "customer": "customer_record"},
)
