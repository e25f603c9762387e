"""What the mailing tool exports: subscribers and campaigns as CSV, what was sent as Parquet."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from gateway.demo import handwriting
from gateway.demo.customer import NOW, Chance, Customer, dice

Row: TypeAlias = dict[str, Any]

_CAMPAIGNS = 36
_AUDIENCE_SHARE = 0.17
_TOPICS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        1: ("Winter sale", "promo"),
        2: ("Chinese New Year offer 春节优惠", "promo"),
        3: ("New tents", "product"),
        4: ("Newsletter: first trips", "newsletter"),
        5: ("Store evening: boots", "event"),
        6: ("Summer catalogue", "product"),
        7: ("Newsletter: by the water", "newsletter"),
        8: ("Summer sale", "promo"),
        9: ("Mid-autumn offer 中秋优惠", "promo"),
        10: ("New jackets", "product"),
        11: ("Singles' Day offer 双十一", "promo"),
        12: ("Newsletter: the year", "newsletter"),
    }
)
"""What goes out in each month."""
_OUTCOMES = ("delivered", "opened", "clicked", "answered", "bought", "bounced", "unsubscribed")
_WEIGHTS = (48, 28, 12, 2, 4, 4, 2)
_REACTIONS = frozenset({"opened", "clicked", "answered", "bought", "unsubscribed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Campaign:
    id: str
    title: str
    type: str
    start: datetime


def write(folder: Path, customers: Sequence[Customer], *, seed: int) -> None:
    """Make `subscribers.csv`, `campaigns.csv` and `sends.parquet` in a folder that is there."""
    chance = dice(seed, "mailing")
    readers = [each for each in customers if "mailing" in each.systems]
    rows = [_subscriber(each, chance) for each in readers]
    campaigns = list(_campaigns())
    _write_csv(folder / "subscribers.csv", [*rows, *_broken_subscribers(rows)])
    _write_csv(folder / "campaigns.csv", [_campaign(each, chance) for each in campaigns])
    sends = list(_sends(readers, campaigns, chance))
    _write_parquet(folder / "sends.parquet", [*sends, *_broken_sends(sends)])


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    # Excel opens UTF-8 only with a byte order mark, so such tools write one.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow as pa  # noqa: PLC0415 - heavy extra
    from pyarrow import parquet  # noqa: PLC0415 - heavy extra

    moment = pa.timestamp("ms", tz="UTC")
    columns = {name: pa.string() for name in rows[0]} | {"sent_at": moment, "reacted_at": moment}
    parquet.write_table(pa.Table.from_pylist(list(rows), pa.schema(columns.items())), path)


def _subscriber(customer: Customer, chance: Chance) -> Row:
    first, last = customer.given, customer.family
    return {
        "Subscriber ID": customer.id_in("mailing"),
        "Email Address": handwriting.email(customer, chance),
        "First Name": handwriting.typo(first, chance).lower(),
        "Last Name": last.lower(),
        "Mobile": handwriting.phone(customer, chance) if chance.random() < 0.3 else "",  # noqa: PLR2004 - a share
        "Language": customer.language,
        "Interests": ";".join(sorted(chance.sample(("sale", "tents", "hiking", "garden"), k=2))),
        "Opt-in": customer.since.strftime("%d/%m/%Y %H:%M"),
    }


def _broken_subscribers(rows: Sequence[Row]) -> Iterator[Row]:
    """Dates in another order, a line without an id, and one address that signed up twice."""
    blank = {**rows[-1], "Mobile": ""}
    yield {
        **blank,
        "Subscriber ID": "sub_x1",
        "Email Address": "us@example.org",
        "Opt-in": "12/31/2023",
    }
    yield {**blank, "Subscriber ID": "", "Email Address": "nobody@example.org"}
    for number in ("sub_x2", "sub_x3"):
        yield {**blank, "Subscriber ID": number, "Email Address": "twice@example.org"}


def _campaigns() -> Iterator[_Campaign]:
    this_month = NOW.year * 12 + NOW.month - 1
    for at in range(_CAMPAIGNS):
        year, month = divmod(this_month - _CAMPAIGNS + 1 + at, 12)
        start = datetime(year, month + 1, 10, 8, tzinfo=UTC)
        title, kind = _TOPICS[start.month]
        yield _Campaign(id=f"cmp-{at + 1:03d}", title=f"{title} {start:%Y}", type=kind, start=start)


def _campaign(campaign: _Campaign, chance: Chance) -> Row:
    return {
        "id": campaign.id,
        "title": campaign.title,
        "type": campaign.type,
        "start": campaign.start.isoformat(timespec="seconds"),
        "end": (campaign.start + timedelta(days=14)).isoformat(timespec="seconds"),
        "budget": f"{chance.randint(2, 60) * 50}.00",
        "currency": "EUR",
    }


def _sends(
    readers: Sequence[Customer], campaigns: Sequence[_Campaign], chance: Chance
) -> Iterator[Row]:
    for campaign in campaigns:
        for reader in readers:
            is_reader = reader.since < campaign.start
            if is_reader and (reader.number == 0 or chance.random() < _AUDIENCE_SHARE):
                yield _send(reader, campaign, chance)


def _send(reader: Customer, campaign: _Campaign, chance: Chance) -> Row:
    outcome = chance.choices(_OUTCOMES, weights=_WEIGHTS)[0]
    sent_at = campaign.start + timedelta(seconds=chance.randint(0, 7_200))
    reacted_at = sent_at + timedelta(minutes=chance.randint(2, 4_000))
    subscriber = reader.id_in("mailing")
    return {
        "send_id": f"{campaign.id}/{subscriber}",
        "campaign_id": campaign.id,
        "subscriber_id": subscriber,
        "outcome": outcome,
        "sent_at": sent_at,
        "reacted_at": reacted_at if outcome in _REACTIONS else None,
    }


def _broken_sends(sends: Sequence[Row]) -> Iterator[Row]:
    """A send with an outcome that nobody maps, and one without an id."""
    yield {**sends[0], "send_id": "broken/1", "outcome": "teleported"}
    yield {**sends[0], "send_id": None}
