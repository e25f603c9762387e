"""What the demo's sales people noted about their talks with customers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.demo.customer import Chance, Customer, dice, moments
from gateway.demo.order import Order
from gateway.demo.ticket import Ticket
from gateway.demo.vocabulary import OWNERS

_HERO_COUNT = 9
_HERO_PAUSE = timedelta(days=58)
_COUNTS = (0, 1, 1, 2, 3, 3, 4, 7)
_REFERENCE_SHARE = 0.4
_KINDS = ("call", "call", "call", "mail", "meeting", "visit", "chat", "wechat")


@dataclass(frozen=True, slots=True)
class _Talk:
    subject: str
    note: str
    outcome: str
    topics: tuple[str, ...]


_TALKS: Mapping[str, Sequence[_Talk]] = {
    "en": (
        _Talk(
            "Advice on a tent for the summer",
            "Two adults, two children, car camping in July; wants to stand upright.",
            "Recommended the Kuppel family tent; will look at it in the shop.",
            ("tent", "family"),
        ),
        _Talk(
            "Follow-up after the last order",
            "Happy with the delivery; asked about matching gaiters.",
            "Sent two links.",
            ("cross-selling",),
        ),
        _Talk(
            "Complaint about a late parcel",
            "The parcel is stuck at the carrier; the trip starts on Saturday.",
            "Express replacement sent at our cost.",
            ("late delivery", "replacement"),
        ),
        _Talk(
            "Yearly talk about terms",
            "Wants 5 % more discount for 200 sleeping bags.",
            "Offer until the end of the month.",
            ("discount", "offer"),
        ),
    ),
    "de": (
        _Talk(
            "Beratung zum Trekkingrucksack",
            "Plant den E5 im August, sucht einen Rucksack mit 55 Litern.",
            "Termin in der Filiale vereinbart.",
            ("Rucksack", "Beratung"),
        ),
        _Talk(
            "Rückfrage zur Rechnung",
            "Auf der Rechnung fehlt die Umsatzsteuer-ID.",
            "Rechnung neu ausgestellt und verschickt.",
            ("Rechnung",),
        ),
        _Talk(
            "Beschwerde über den Reißverschluss",
            "Der Reißverschluss der Jacke klemmt nach drei Wochen.",
            "Kostenlose Reparatur zugesagt.",
            ("Garantie", "Reparatur"),
        ),
    ),
    "zh": (
        _Talk(
            "咨询家庭帐篷",
            "一家四口,七月自驾露营,希望能站直。",
            "推荐 Kuppel 家庭帐篷,周末到店看样。",
            ("帐篷", "家庭"),
        ),
        _Talk(
            "订单延误回访",
            "包裹在快递处滞留,客户周六出发。",
            "已免费加急补发。",
            ("延误", "补发"),
        ),
        _Talk(
            "年度合作条款",
            "希望 200 个睡袋再优惠 5%。",
            "报价有效期至月底。",
            ("折扣", "报价"),
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One contact, as noted; it may be about an order or a ticket."""

    number: int
    customer: Customer
    kind: str
    direction: str
    subject: str
    note: str
    outcome: str
    topics: Sequence[str]
    team: str
    author: str
    started_at: datetime
    order: Order | None
    ticket: Ticket | None


def activities(
    customers: Sequence[Customer],
    *,
    orders: Mapping[int, Sequence[Order]],
    tickets: Mapping[int, Sequence[Ticket]],
    seed: int,
) -> Sequence[Activity]:
    """All activities, the oldest first; `orders` and `tickets` are by the customer's number."""
    chance = dice(seed, "activities")
    held = sorted(_held(customers, chance), key=lambda each: (each[0], each[1].number))
    return [
        _activity(
            at,
            *each,
            (orders.get(each[1].number, ()), tickets.get(each[1].number, ())),
            chance,
        )
        for at, each in enumerate(held, start=1)
    ]


def _held(customers: Sequence[Customer], chance: Chance) -> Iterator[tuple[datetime, Customer]]:
    for customer in customers:
        if "crm" not in customer.systems:
            continue
        count = chance.choice(_COUNTS) if customer.number else _HERO_COUNT
        for when in moments(customer, count, chance, every=_HERO_PAUSE):
            yield when, customer


def _activity(
    at: int,
    when: datetime,
    customer: Customer,
    about: tuple[Sequence[Order], Sequence[Ticket]],
    chance: Chance,
) -> Activity:
    orders = [each for each in about[0] if each.ordered_at < when]
    tickets = [each for each in about[1] if each.opened_at < when]
    talk = chance.choice(_TALKS[customer.language])
    is_about_one = chance.random() < _REFERENCE_SHARE
    return Activity(
        number=at,
        customer=customer,
        kind=chance.choice(_KINDS),
        direction=chance.choice(("in", "out")),
        subject=talk.subject,
        note=talk.note,
        outcome=talk.outcome,
        topics=talk.topics,
        team="Key accounts" if customer.is_company else chance.choice(("Sales", "Service")),
        author=chance.choice(OWNERS),
        started_at=when,
        order=orders[-1] if orders and is_about_one else None,
        ticket=tickets[-1] if tickets and is_about_one else None,
    )
