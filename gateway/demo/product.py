"""What the demo's retailer sells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_RANGES: Sequence[tuple[str, int, Sequence[str]]] = (
    ("Tents", 18_900, ("Fjell 2 tent", "Fjell 3 tent", "Kuppel family tent", "Tarp 3 x 4 m")),
    ("Sleeping", 7_900, ("Dune sleeping bag", "Polar sleeping bag", "Air mat", "Travel pillow")),
    ("Backpacks", 8_900, ("Trek 55 backpack", "Day 22 backpack", "Kids' backpack", "Dry bag 20 l")),
    ("Clothing", 5_900, ("Rain jacket", "Fleece jacket", "Trekking trousers", "Merino shirt")),
    ("Footwear", 12_900, ("Ridge boots", "Trail shoes", "Sandals", "Gaiters")),
    ("Kitchen", 3_900, ("Gas stove", "Titanium pot 1 l", "Enamel mug", "Folding table")),
    ("Garden", 4_900, ("Fire bowl", "Hammock", "Solar lantern", "Garden chair")),
    ("Water", 24_900, ("Inflatable kayak", "Paddle", "Life jacket", "Wetsuit")),
)
_VARIANTS = ("", ", green", ", blue", ", 2nd edition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An article; the price is in cents of a euro."""

    article_no: str
    title: str
    ean: str
    group: str
    price_cents: int


def products() -> Sequence[Product]:
    """Everything that can be bought."""
    return list(_all())


def _all() -> Iterator[Product]:
    number = 0
    for group, price, titles in _RANGES:
        for place, title in enumerate(titles):
            for variant in _VARIANTS:
                number += 1
                yield Product(
                    article_no=f"A{1_000 + number}",
                    title=f"{title}{variant}",
                    ean=f"4099{number:08d}",
                    group=group,
                    price_cents=max(900, price * (10 - 3 * place) // 10),
                )
