"""How tickets are found."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.value import Value

NEWEST = (Order("opened_at", is_descending=True),)


def every(field: PlanField) -> Value:
    """All tickets, newest first."""
    return field.page("ticket", order=NEWEST)


def of_customer(field: PlanField) -> Value:
    """The tickets of a customer, newest first."""
    return field.page("ticket", match=("customer_id",), key=("id",), order=NEWEST)


def of_interaction(field: PlanField) -> Value:
    """The ticket that an interaction was about."""
    return field.one("ticket", match=("source", "record_id"), key=("ticket_source", "ticket_ref"))
