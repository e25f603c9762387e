"""What the demo's customers asked the help desk."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.demo.customer import NOW, Chance, Customer, dice, moments
from gateway.demo.vocabulary import AGENTS

_HERO_COUNT = 6
_HERO_PAUSE = timedelta(days=113)
_COUNTS = (0, 1, 1, 1, 2, 2, 3, 5)
_SUBJECTS: Sequence[tuple[str, str, str]] = (
    ("question", "Which size fits me?", "帐篷尺寸怎么选?"),
    ("question", "Is the Fjell 3 tent back in stock soon?", "Fjell 3 帐篷什么时候有货?"),
    ("question", "How do I wash the sleeping bag?", "睡袋如何清洗?"),
    ("complaint", "The parcel arrived damaged", "收到的包裹破损"),
    ("complaint", "The order is two weeks late", "订单延误两周"),
    ("complaint", "Wrong colour delivered", "发错颜色"),
    ("service", "Please change my delivery address", "请修改收货地址"),
    ("service", "I need an invoice with VAT number", "需要开具增值税发票"),
    ("return", "Return of boots, too small", "登山鞋太小,要求退货"),
    ("return", "Zip broken after three weeks: warranty", "拉链三周后损坏,申请保修"),
)
_QUEUES = {
    "question": "Advice",
    "complaint": "Complaints",
    "service": "Orders",
    "return": "Returns",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A case, in the words of the help desk; `urgency` is from 1 (low) to 4."""

    number: int
    customer: Customer
    kind: str
    subject: str
    state: str
    urgency: int
    via: str
    group: str
    agent: str | None
    opened_at: datetime
    replied_at: datetime | None
    solved_at: datetime | None
    satisfaction: int | None


def tickets(customers: Sequence[Customer], *, seed: int) -> Sequence[Ticket]:
    """All tickets, the oldest first."""
    chance = dice(seed, "tickets")
    asked = sorted(_asked(customers, chance), key=lambda each: (each[0], each[1].number))
    return [_ticket(at, *each, chance) for at, each in enumerate(asked, start=1)]


def by_customer(found: Sequence[Ticket]) -> Mapping[int, Sequence[Ticket]]:
    """The tickets of each customer, by the customer's number."""
    ordered = sorted(found, key=lambda ticket: ticket.customer.number)
    groups = itertools.groupby(ordered, key=lambda ticket: ticket.customer.number)
    return {number: list(group) for number, group in groups}


def _asked(customers: Sequence[Customer], chance: Chance) -> Iterator[tuple[datetime, Customer]]:
    for customer in customers:
        if "desk" not in customer.systems:
            continue
        count = chance.choice(_COUNTS) if customer.number else _HERO_COUNT
        for when in moments(customer, count, chance, every=_HERO_PAUSE):
            yield when, customer


def _ticket(at: int, opened_at: datetime, customer: Customer, chance: Chance) -> Ticket:
    kind, english, chinese = chance.choice(_SUBJECTS)
    state = _state(NOW - opened_at, chance)
    replied_at = opened_at + timedelta(minutes=chance.randint(4, 2_000))
    solved_at = replied_at + timedelta(hours=chance.randint(1, 200))
    is_solved = state in {"solved", "closed"} and solved_at < NOW
    if state in {"solved", "closed"} and not is_solved:
        state = "open"
    return Ticket(
        number=10_000 + at,
        customer=customer,
        kind=kind,
        subject=chinese if customer.language == "zh" else english,
        state=state,
        urgency=chance.choices((1, 2, 3, 4), weights=(15, 60, 18, 7))[0],
        via=chance.choice(("mail", "mail", "webform", "chat", "phone", "wechat")),
        group=_QUEUES[kind],
        agent=None if state == "new" else chance.choice(AGENTS),
        opened_at=opened_at,
        replied_at=None if state == "new" or replied_at >= NOW else replied_at,
        solved_at=solved_at if is_solved else None,
        satisfaction=_mark(kind, chance) if is_solved and chance.random() < _ANSWER_SHARE else None,
    )


_ANSWER_SHARE = 0.45
_OLD = timedelta(days=30)
_FRESH = timedelta(days=1)


def _mark(kind: str, chance: Chance) -> int:
    weights = (25, 20, 20, 20, 15) if kind == "complaint" else (3, 5, 12, 35, 45)
    return chance.choices((1, 2, 3, 4, 5), weights=weights)[0]


def _state(age: timedelta, chance: Chance) -> str:
    if age < _FRESH:
        return "new"
    if age < _OLD:
        return chance.choice(("open", "open", "waiting", "solved"))
    return chance.choices(("closed", "solved", "open"), weights=(80, 18, 2))[0]
