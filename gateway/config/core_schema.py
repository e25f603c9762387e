"""Plain YAML scalars as YAML 1.2 reads them: `no` is a text, the country, and not a falsehood.

PyYAML by itself follows YAML 1.1, where `no`, `on`, `12:30` and `2026-01-01` change their type.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import yaml

MAX_DEPTH = 100

_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_STR = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"


class TooDeep(Exception):
    """Lists or mappings are nested in each other deeper than `MAX_DEPTH`; `mark` is where."""

    def __init__(self, mark: yaml.Mark) -> None:
        super().__init__(f"deeper than {MAX_DEPTH}")
        self.mark = mark


class CoreLoader(yaml.SafeLoader):
    """Reads YAML into nodes, with the core schema of YAML 1.2 and the merge key `<<`."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own declaration; it copies the dict before it adds
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose as usual, but stop before the nesting exhausts the stack."""
        self.depth += 1
        if self.depth > MAX_DEPTH and parent is not None:
            raise TooDeep(parent.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _resolve(tag: str, pattern: str, first: str) -> None:
    CoreLoader.add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), list(first))


_resolve(_NULL, r"~|null|Null|NULL|", "~nN")
CoreLoader.yaml_implicit_resolvers[""] = [(_NULL, re.compile("^$"))]
_resolve(_BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF")
_resolve(_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789")
_resolve(
    _FLOAT,
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    "-+.0123456789",
)
_resolve(MERGE, "<<", "<")


def _float(text: str) -> float:
    word = text.lower()
    if word.endswith(".inf"):
        return -math.inf if word.startswith("-") else math.inf
    return math.nan if word == ".nan" else float(text)


def _integer(text: str) -> int:
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


_CONSTRUCTORS: dict[str, Callable[[str], Any]] = {
    _NULL: lambda _text: None,
    _BOOL: lambda text: text.lower() == "true",
    _INT: _integer,
    _FLOAT: _float,
    _STR: str,
    MERGE: str,  # a text, unless it stands where a key does
}


def scalar(tag: str, text: str) -> Any:
    """The value of a scalar. Raises `KeyError` for an unknown tag, `ValueError` for a bad text."""
    return _CONSTRUCTORS[tag](text)
