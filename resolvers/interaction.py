"""How interactions are found."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.value import Value

NEWEST = (Order("occurred_at", is_descending=True),)


def of_customer(field: PlanField) -> Value:
    """The interactions with a customer, newest first."""
    return field.page("interaction", match=("customer_id",), key=("id",), order=NEWEST)


def of_payload(field: PlanField) -> Value:
    """The interaction that a mutation logged or amended."""
    return field.one(
        "interaction",
        match=("source", "record_id"),
        key=("interaction_source", "interaction_id"),
    )
