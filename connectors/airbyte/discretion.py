"""Secrets of a configuration, kept out of what is told and logged."""

from collections.abc import Iterator, Mapping
from typing import Any

_SHORTEST = 5
_LENGTH = 300


def secrets(config: Any) -> frozenset[str]:
    """Every text in a configuration that is long enough to be a secret."""
    return frozenset(each for each in _texts(config) if len(each) >= _SHORTEST)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)


def discreet(words: str, hidden: frozenset[str]) -> str:
    """One line of words without any of the secrets."""
    line = " ".join(words.split())
    for each in sorted(hidden, key=len, reverse=True):
        line = line.replace(each, "***")
    return line if len(line) <= _LENGTH else f"{line[:_LENGTH]}…"
