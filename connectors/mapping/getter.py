"""Getters: how an expression's raw value is taken out of a record, by column or by JMESPath."""

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError

from connectors.mapping.value import Unreadable

Raw: TypeAlias = Mapping[str, Any]
"""A record as the source gave it."""

Get: TypeAlias = Callable[[Raw], Any]
"""Takes something out of a raw record."""


class Dialect(enum.Enum):
    """What a name in a mapping means: the name of a column, or a JMESPath into a JSON object."""

    COLUMN = "column"
    JMESPATH = "JMESPath"


_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def getter(name: str, dialect: Dialect) -> Get:
    """A function that takes the value of a column or path; missing ones are `None`.

    Raises `ValueError` where the path is none.
    """
    if dialect is Dialect.COLUMN:
        return lambda raw: raw.get(name)
    if _DOTTED.fullmatch(name):
        return _walk(tuple(name.split(".")))
    return _search(name)


def _walk(steps: tuple[str, ...]) -> Get:
    if len(steps) == 1:
        (step,) = steps
        return lambda raw: raw.get(step)

    def get(raw: Raw) -> Any:
        found: Any = raw
        for step in steps:
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        return found

    return get


def _search(path: str) -> Get:
    try:
        compiled = jmespath.compile(path)
    except JMESPathError as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f"'{path}' is no JMESPath: {reason}") from None

    def get(raw: Raw) -> Any:
        try:
            return compiled.search(raw)
        except JMESPathError as problem:
            raise Unreadable(path, f"a path that fits the record ({problem})") from None

    return get
