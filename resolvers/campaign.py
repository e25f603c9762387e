"""How campaigns and their members are found."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.money import money
from resolvers.value import Value

NEWEST = (Order("starts_at", is_descending=True),)
LAST_SENT = (Order("sent_at", is_descending=True),)

cost = money("cost")


def every(field: PlanField) -> Value:
    """All campaigns, newest first."""
    return field.page("campaign", order=NEWEST)


def of_customer(field: PlanField) -> Value:
    """The campaigns that a customer was in, last sent first."""
    return field.page("campaign_membership", match=("customer_id",), key=("id",), order=LAST_SENT)


def members(field: PlanField) -> Value:
    """Who was in a campaign, last sent first."""
    return field.page(
        "campaign_membership",
        match=("campaign_source", "campaign_ref"),
        key=("source", "record_id"),
        order=LAST_SENT,
    )


def referred(field: PlanField) -> Value:
    """The campaign that a membership or an interaction refers to."""
    return field.one(
        "campaign", match=("source", "record_id"), key=("campaign_source", "campaign_ref")
    )
