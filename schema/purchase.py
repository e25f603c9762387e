"""Purchases, their lines, and products."""

from datetime import datetime
from decimal import Decimal

import strawberry

from domain import purchase as domain
from domain.purchase import PurchaseStatus
from resolvers import customer, purchase
from schema.channel import Channel
from schema.connection import Connection
from schema.enumeration import enumeration
from schema.field import CustomerType, connected, described
from schema.filter import filter_input, order_input
from schema.money import Money
from schema.node import Node, Record

enumeration(
    PurchaseStatus,
    "How far an order has come.",
    {
        "PENDING": "Placed, not paid yet.",
        "PAID": "Paid, not shipped yet.",
        "SHIPPED": "On its way.",
        "COMPLETED": "With the customer.",
        "CANCELLED": "Called off before it was shipped.",
        "REFUNDED": "Paid back.",
    },
)

PurchaseFilter = filter_input(domain.Purchase.entity)
PurchaseOrder = order_input(domain.Purchase.entity)


@strawberry.type(description="What can be bought.")
class Product(Node, Record):
    """A product."""

    name: str = described("What it is called.")
    sku: str | None = described("The article number.")
    category: str | None = described("The kind of product, in the shop's words.")
    price: Money | None = described("What one costs.", purchase.price)


@strawberry.type(description="One position of an order.")
class PurchaseLine(Node, Record):
    """A line of a purchase."""

    position: int = described("The place of the line in the order.")
    description: str | None = described("What was ordered, in the words of the order.")
    quantity: Decimal = described("How many.")
    unit_price: Money | None = described("What one cost.", purchase.unit_price)
    total: Money | None = described("What all of them cost.", purchase.total)
    product: Product | None = described("The product, where the source knows it.", purchase.product)


@strawberry.type(description="An order.")
class Purchase(Node, Record):
    """A purchase."""

    number: str | None = described("The number that people quote.")
    status: PurchaseStatus = described("How far it has come.")
    placed_at: datetime = described("When it was ordered.")
    total: Money = described("What it cost in all.", purchase.total)
    channel: Channel | None = described("Where it was ordered.")
    customer: CustomerType | None = described("Who ordered it.", customer.of_record)
    lines: Connection[PurchaseLine] | None = connected(
        purchase.lines, "What was in it, in the order of the positions."
    )
