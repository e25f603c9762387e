"""Handwriting: the many ways in which one name, address or number gets into a system."""

from collections.abc import Callable, Sequence

from gateway.demo.customer import Chance, Customer

_FULL_WIDTH = str.maketrans("+0123456789 -()", "＋０１２３４５６７８９　－（）")
_TYPO_SHARE = 0.04
_MIN_TYPO_LENGTH = 5


def phone(customer: Customer, chance: Chance) -> str:
    """The number as somebody typed it."""
    if customer.extension:
        number = customer.phone.removeprefix("+86")
        return f"(0{number[:2]}) {number[2:6]}-{number[6:]} 转 {customer.extension}"
    styles = _CHINESE if customer.country == "CN" else _EUROPEAN
    return chance.choice(styles)(customer.phone)


def email(customer: Customer, chance: Chance) -> str:
    """The address as somebody typed it."""
    address = customer.email
    local, _, domain = address.partition("@")
    return chance.choice(
        (
            address,
            address,
            address,
            address.upper(),
            f"{local.title()}@{domain.title()}",
            f" {address} ",
        )
    )


def latin_name(customer: Customer, chance: Chance) -> str:
    """The name in Latin letters, in either order for Chinese names, now and then with a typo."""
    name = customer.latin_name
    if customer.country == "CN" and not customer.is_company and chance.random() < 0.5:  # noqa: PLR2004 - a coin
        name = f"{customer.family} {customer.given}"
    return typo(name, chance)


def typo(text: str, chance: Chance) -> str:
    """The same text, now and then with two letters in the wrong order."""
    if chance.random() >= _TYPO_SHARE or len(text) < _MIN_TYPO_LENGTH:
        return text
    at = chance.randrange(1, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _chinese_parts(number: str) -> tuple[str, str, str]:
    digits = number.removeprefix("+86")
    return digits[:3], digits[3:7], digits[7:]


def _spaced(number: str) -> str:
    return f"{number[:3]} {number[3:5]} {number[5:]}"


_CHINESE: Sequence[Callable[[str], str]] = (
    lambda number: number,
    lambda number: "+86 {} {} {}".format(*_chinese_parts(number)),
    lambda number: "0086{}{}{}".format(*_chinese_parts(number)),
    lambda number: "{}-{}-{}".format(*_chinese_parts(number)),
    lambda number: "{}{}{}".format(*_chinese_parts(number)),
    lambda number: "+86 {} {} {}".format(*_chinese_parts(number)).translate(_FULL_WIDTH),
)
_EUROPEAN: Sequence[Callable[[str], str]] = (
    lambda number: number,
    _spaced,
    lambda number: f"00{number[1:]}",
    lambda number: f"{number[:3]} (0){number[3:5]} {number[5:]}",
    lambda number: f"{number[:3]} {number[3:5]}/{number[5:8]}-{number[8:]}",
)
