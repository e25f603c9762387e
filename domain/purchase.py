"""Purchases: orders of a customer, their lines, and the products in them."""

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from domain.channel import Channel
from domain.entity import Entity, describe
from domain.record import RECORD_KEY, Record


class PurchaseStatus(enum.StrEnum):
    """How far an order has come."""

    PENDING = "PENDING"
    PAID = "PAID"
    SHIPPED = "SHIPPED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase(Record):
    """An order. `total` is in units of `currency` (ISO 4217), exact."""

    entity: ClassVar[Entity]

    number: str | None
    status: PurchaseStatus
    placed_at: datetime
    total: Decimal
    currency: str
    channel: Channel | None
    customer_source: str | None
    customer_ref: str | None
    customer_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine(Record):
    """One position of an order. Amounts are in units of `currency` (ISO 4217), exact."""

    entity: ClassVar[Entity]

    position: int
    description: str | None
    quantity: Decimal
    unit_price: Decimal | None
    total: Decimal | None
    currency: str
    purchase_source: str | None
    purchase_ref: str | None
    product_source: str | None
    product_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    """What can be bought. `price` is in units of `currency` (ISO 4217), exact."""

    entity: ClassVar[Entity]

    name: str
    sku: str | None
    category: str | None
    price: Decimal | None
    currency: str | None


Purchase.entity = describe(
    Purchase, name="purchase", key=RECORD_KEY, references={"customer": "customer_record"}
)
PurchaseLine.entity = describe(
    PurchaseLine,
    name="purchase_line",
    key=RECORD_KEY,
    references={"purchase": "purchase", "product": "product"},
)
Product.entity = describe(Product, name="product", key=RECORD_KEY)
