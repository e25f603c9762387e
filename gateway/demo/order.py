"""What the demo's customers bought."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from gateway.demo.customer import NOW, Chance, Customer, dice, moments
from gateway.demo.product import Product, products

COUNT = 8_000
_HERO_SHARE = 14
_HERO_PAUSE = timedelta(days=76)
_LINE_COUNTS = (1, 1, 2, 2, 2, 3, 3, 4, 5)
_SETTLED = timedelta(days=21)
_YUAN_PER_EURO = 8
_CURRENCIES: Mapping[str, str] = MappingProxyType({"DE": "EUR", "CN": "CNY", "GB": "EUR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position: so many of an article, at a price in cents."""

    product: Product
    quantity: int
    unit_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order with its lines, in the words of the shop."""

    number: str
    customer: Customer
    state: str
    channel: str
    currency: str
    ordered_at: datetime
    lines: Sequence[Line]

    @property
    def total_cents(self) -> int:
        """What all lines cost together."""
        return sum(line.quantity * line.unit_cents for line in self.lines)


def orders(customers: Sequence[Customer], *, seed: int) -> Sequence[Order]:
    """All orders, the oldest first."""
    chance = dice(seed, "orders")
    buyers = [each for each in customers if "shop" in each.systems]
    shares = [_share(each, chance) for each in buyers]
    # Everybody with an account has bought once, except for every ninth.
    once = [each for each in buyers if each.number % 9]
    often = chance.choices(buyers, weights=shares, k=COUNT - len(once) - _HERO_SHARE)
    counts = Counter(each.number for each in [*once, *often])
    counts[buyers[0].number] += _HERO_SHARE
    sales = sorted(_sales(buyers, counts, chance), key=_when)
    articles = products()
    return [_order(at, *sale, articles, chance) for at, sale in enumerate(sales, start=1)]


def _share(customer: Customer, chance: Chance) -> float:
    return min(chance.paretovariate(1.4), 12.0) * (2 if customer.is_company else 1)


def _sales(
    buyers: Sequence[Customer], counts: Mapping[int, int], chance: Chance
) -> Iterator[tuple[datetime, Customer]]:
    for buyer in buyers:
        for when in moments(buyer, counts.get(buyer.number, 0), chance, every=_HERO_PAUSE):
            yield when, buyer


def _when(sale: tuple[datetime, Customer]) -> tuple[datetime, int]:
    return sale[0], sale[1].number


def _order(
    at: int, when: datetime, buyer: Customer, articles: Sequence[Product], chance: Chance
) -> Order:
    currency = _CURRENCIES[buyer.country]
    chosen = chance.sample(articles, k=chance.choice(_LINE_COUNTS))
    factor = _YUAN_PER_EURO if currency == "CNY" else 1
    return Order(
        number=f"SO-{when.year}-{at:05d}",
        customer=buyer,
        state=_state(NOW - when, chance),
        channel=chance.choices(("web", "store", "phone"), weights=(70, 24, 6))[0],
        currency=currency,
        ordered_at=when,
        lines=[
            Line(
                product=each,
                quantity=chance.choice((1, 1, 1, 2, 3)) * (10 if buyer.is_company else 1),
                unit_cents=each.price_cents * factor,
            )
            for each in chosen
        ],
    )


def _state(age: timedelta, chance: Chance) -> str:
    if age < timedelta(days=2):
        return chance.choice(("open", "paid"))
    if age < _SETTLED:
        return chance.choices(("paid", "shipped", "storno"), weights=(20, 75, 5))[0]
    return chance.choices(("done", "storno", "refund"), weights=(90, 4, 6))[0]


def by_customer(found: Sequence[Order]) -> Mapping[int, Sequence[Order]]:
    """The orders of each customer, by the customer's number."""
    ordered = sorted(found, key=lambda order: order.customer.number)
    groups = itertools.groupby(ordered, key=lambda order: order.customer.number)
    return {number: list(group) for number, group in groups}
