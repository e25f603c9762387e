"""How it is found who read what of a customer."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.value import Value

NEWEST = (Order("at", is_descending=True),)


def of_customer(field: PlanField) -> Value:
    """What was read and changed of a customer, newest first."""
    return field.page("access_record", match=("customer_id",), key=("id",), order=NEWEST)
