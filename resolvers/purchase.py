"""How purchases, their lines and products are found."""

from domain.order import Order
from resolvers.field import PlanField
from resolvers.money import money
from resolvers.value import Value

NEWEST = (Order("placed_at", is_descending=True),)
POSITION = (Order("position"),)

total = money("total")
unit_price = money("unit_price")
price = money("price")


def every(field: PlanField) -> Value:
    """All purchases, newest first."""
    return field.page("purchase", order=NEWEST)


def of_customer(field: PlanField) -> Value:
    """The purchases of a customer, newest first."""
    return field.page("purchase", match=("customer_id",), key=("id",), order=NEWEST)


def of_interaction(field: PlanField) -> Value:
    """The purchase that an interaction was about."""
    return field.one(
        "purchase", match=("source", "record_id"), key=("purchase_source", "purchase_ref")
    )


def lines(field: PlanField) -> Value:
    """The lines of a purchase, by position."""
    return field.page(
        "purchase_line",
        match=("purchase_source", "purchase_ref"),
        key=("source", "record_id"),
        order=POSITION,
    )


def of_line(field: PlanField) -> Value:
    """The purchase that a line belongs to."""
    return of_interaction(field)


def product(field: PlanField) -> Value:
    """The product of a line."""
    return field.one(
        "product", match=("source", "record_id"), key=("product_source", "product_ref")
    )
