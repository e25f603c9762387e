"""Who the demo's customers really are, before five systems write them down in five ways."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias, TypedDict

from gateway.demo import vocabulary as words

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""The moment at which the data of the demo end; nothing in them is later."""

COUNT = 2_000
SYSTEMS = ("shop", "crm", "desk", "mailing", "documents")

_ORGANIZATIONS = 100
_CONTACTS = 220
_CORE = 150
_WITH_DOCUMENTS = 250
_YEARS = 6

# How likely a system knows a customer who is neither the core's nor a company's.
_LIKELY: Mapping[str, float] = MappingProxyType(
    {"shop": 0.72, "crm": 0.38, "desk": 0.42, "mailing": 0.6}
)
_ORGANIZATIONS_IN: Mapping[str, float] = MappingProxyType(
    {"crm": 1.0, "shop": 0.8, "documents": 0.6}
)
_COUNTRIES: Sequence[str] = ("DE", "DE", "CN", "CN", "GB")
_LANGUAGES: Mapping[str, str] = MappingProxyType({"DE": "de", "CN": "zh", "GB": "en"})
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe"})

Chance: TypeAlias = random.Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person or a company, as it is.

    `given` and `family` are in Latin letters, `name` in the customer's own; `phone` is in E.164,
    `extension` behind it; `since` is when the company first met them; `employer` is the number of
    the company that a contact works for.
    """

    number: int
    is_company: bool = False
    given: str
    family: str
    name: str
    email: str
    phone: str
    extension: str | None = None
    country: str
    city: str
    region: str
    postal_code: str
    street: str
    since: datetime
    systems: frozenset[str]
    employer: int | None = None

    @property
    def latin_name(self) -> str:
        """The name in Latin letters, the given name first."""
        return f"{self.given} {self.family}".strip()

    @property
    def language(self) -> str:
        """The language as a two-letter code."""
        return _LANGUAGES[self.country]

    def id_in(self, system: str) -> str:
        """What the customer is called in a system; said also of systems that do not know them."""
        return _IDS[system](self.number)


_IDS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "shop": lambda number: f"C-{10_000 + number}",
        "crm": lambda number: f"P{number + 1:05d}",
        "desk": lambda number: str(700_000 + 7 * number),
        "mailing": lambda number: f"sub_{(number * 2_654_435_761 + 97) % 2**32:08x}",
        "documents": lambda number: f"D-{number:04d}",
    }
)


def dice(seed: int, *purpose: str) -> Chance:
    """Chance that is the same every time for one seed and purpose."""
    return random.Random(":".join((str(seed), *purpose)))  # noqa: S311 - data for a demo, no secret


def customers(seed: int) -> Sequence[Customer]:
    """All customers: the hero first, then companies, then people."""
    chance = dice(seed, "customers")
    companies = [_company(number, chance) for number in range(1, _ORGANIZATIONS + 1)]
    people = [_person(number, chance) for number in range(_ORGANIZATIONS + 1, COUNT)]
    known = [_known(person, at, chance) for at, person in enumerate(people)]
    return [hero(), *companies, *_filed(known, companies)]


def hero() -> Customer:
    """The customer whom every example is about, known to all five systems."""
    return Customer(
        number=0,
        given="Lin",
        family="Wang",
        name="王琳",
        email="lin.wang@example.com",
        phone="+8613800138000",
        country="CN",
        city="上海",
        region="上海",
        postal_code="200040",
        street="长宁路 88 号",
        since=datetime(2020, 3, 14, 6, 30, tzinfo=UTC),
        systems=frozenset(SYSTEMS),
        employer=1,
    )


class _Place(TypedDict):
    country: str
    city: str
    region: str
    postal_code: str
    street: str


def moments(customer: Customer, count: int, chance: Chance, *, every: timedelta) -> list[datetime]:
    """So many moments since a customer is known; the hero's are regular and recent.

    `every` is how far the hero's lie apart.
    """
    if customer.number == 0:
        return [NOW - every * at - timedelta(hours=17 * at + 41) for at in range(count)]
    open_s = int((NOW - customer.since).total_seconds())
    return [
        customer.since + timedelta(seconds=chance.randrange(3_600, open_s)) for _ in range(count)
    ]


def _place(country: str, chance: Chance) -> _Place:
    city, postal_code, region = chance.choice(words.CITIES[country])
    street = f"{chance.choice(words.STREETS[country])} {chance.randint(1, 180)}"
    return {
        "country": country,
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "street": f"{street} 号" if country == "CN" else street,
    }


def _since(chance: Chance) -> datetime:
    return NOW - timedelta(minutes=chance.randint(60 * 24 * 20, 60 * 24 * 365 * _YEARS))


def _company(number: int, chance: Chance) -> Customer:
    country = "CN" if number == 1 else chance.choice(_COUNTRIES)
    at = (number - 1) // 2
    first, first_slug = words.COMPANY_WORDS[country][at % len(words.COMPANY_WORDS[country])]
    last, last_slug = words.COMPANY_ENDS[country][number % len(words.COMPANY_ENDS[country])]
    place = _place(country, chance)
    slug = f"{first_slug}-{last_slug}-{number}"
    name = f"{place['city']}{first}{last}" if country == "CN" else f"{first} {last}"
    return Customer(
        number=number,
        is_company=True,
        given="",
        family=f"{first_slug.title()} {last_slug.title()}",
        name=name,
        email=f"{'einkauf' if country == 'DE' else 'office'}@{slug}.example",
        phone=_phone(country, number, is_company=True),
        extension=str(number % 8 + 1) if country == "CN" else None,
        since=_since(chance),
        systems=frozenset(s for s, p in _ORGANIZATIONS_IN.items() if chance.random() < p),
        **place,
    )


def _person(number: int, chance: Chance) -> Customer:
    country = chance.choice(_COUNTRIES)
    given, family, name = _name(country, chance)
    local = f"{given}.{family}".lower().translate(_PLAIN)
    domain = chance.choice(("example.com", "example.org", "example.net"))
    return Customer(
        number=number,
        given=given,
        family=family,
        name=name,
        email=f"{local}{number}@{domain}",
        phone=_phone(country, number, is_company=False),
        since=_since(chance),
        systems=frozenset(),
        **_place(country, chance),
    )


def _name(country: str, chance: Chance) -> tuple[str, str, str]:
    if country == "CN":
        family = chance.choice(sorted(words.CHINESE_FAMILY))
        given = chance.choice(sorted(words.CHINESE_GIVEN))
        return words.CHINESE_GIVEN[given], words.CHINESE_FAMILY[family], family + given
    givens, families = (
        (words.GERMAN_GIVEN, words.GERMAN_FAMILY)
        if country == "DE"
        else (words.ENGLISH_GIVEN, words.ENGLISH_FAMILY)
    )
    given, family = chance.choice(givens), chance.choice(families)
    return given, family, f"{given} {family}"


def _phone(country: str, number: int, *, is_company: bool) -> str:
    """A number of one's own; where there is a range for fiction (DE, GB), one from that."""
    block, rest = divmod(number, 1_000)
    if country == "DE":
        return f"+49{('3023125', '4066969')[block]}{rest:03d}"
    if country == "GB":
        return f"+44{('2079460', '1134960')[block]}{rest:03d}"
    return f"+86216888{number:04d}" if is_company else f"+861380013{number:04d}"


def _known(person: Customer, at: int, chance: Chance) -> Customer:
    if at < _CORE - 1:
        return replace(person, systems=frozenset(SYSTEMS))
    systems = {name for name, likely in _LIKELY.items() if chance.random() < likely}
    if at < _CORE + _CONTACTS:
        return replace(
            person,
            systems=frozenset(systems | {"crm"}),
            employer=chance.randint(1, _ORGANIZATIONS),
        )
    return replace(person, systems=frozenset(systems or {"mailing"}))


def _filed(people: Sequence[Customer], companies: Sequence[Customer]) -> Iterator[Customer]:
    """The same people; so many more of them have documents that there are enough folders."""
    among = sum("documents" in each.systems for each in [*people, *companies]) + 1
    for person in people:
        lacks = "documents" not in person.systems and {"shop", "crm"} <= person.systems
        if lacks and among < _WITH_DOCUMENTS:
            among += 1
            yield replace(person, systems=person.systems | {"documents"})
        else:
            yield person
