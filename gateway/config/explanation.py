"""Errors of pydantic, told at their place in the file and with what to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.config.document import Node
from gateway.config.outline import Schema, names_at
from gateway.config.problem import Place
from gateway.config.wording import dotted, inside, listed, shown, suggestion

_WANTED: Mapping[str, str] = MappingProxyType(
    {
        "bool": "true or false",
        "int": "a whole number",
        "float": "a number",
        "decimal": "a number",
        "string": "text",
        "path": "a path",
        "list": "a list",
        "tuple": "a list",
        "set": "a list",
        "frozen_set": "a list",
        "dict": "a mapping",
        "mapping": "a mapping",
        "model_attributes": "a mapping",
        "model": "a mapping",
    }
)
"""What a setting wants, by the first part of pydantic's type of the error."""

_FEW = 8
"""So many settings are listed where a mapping is wanted."""

_SAFE_TO_SHOW = frozenset({"bool", "int", "float", "decimal"})


@dataclass(frozen=True, slots=True)
class _Located:
    """An error with the part of its path that stands in the file, and what is beyond that."""

    error: ErrorDetails
    path: tuple[str | int, ...]
    beyond: str
    above: Node
    node: Node


def explain(
    error: ValidationError, *, node: Node, prefix: Sequence[str | int], schema: Schema
) -> Iterator[tuple[Place, str]]:
    """A place and a sentence for each error of the value of `node`, which stands at `prefix`.

    `schema` is the JSON Schema of what was validated; the nearest valid names come from it.
    """
    located = [_locate(each, node) for each in error.errors(include_url=False)]
    for each in located:
        if not _follows(each) and not _is_other_choice(each, located):
            yield _place(each), _sentence(each, tuple(prefix), schema)


def _locate(error: ErrorDetails, root: Node) -> _Located:
    """Follow the path of the error; what is not in the file is a branch of a union."""
    path: list[str | int] = []
    above = node = root
    beyond = ""
    for part in error["loc"]:
        if part in node.parts:
            above, node, beyond = node, node.parts[part], ""
            path.append(part)
        else:
            beyond = str(part)
    return _Located(error, tuple(path), beyond, above, node)


def _follows(each: _Located) -> bool:
    """Whether it only follows from something that was told already, of the value or in it."""
    is_of_whole = each.error["type"] == "value_error"
    inner = each.node.parts.values() if is_of_whole else ()
    return each.node.is_broken or any(part.is_broken for part in inner)


def _is_other_choice(each: _Located, located: Sequence[_Located]) -> bool:
    """Whether it tells of a form that was not meant: a plain value where a mapping has errors."""
    is_wrong_form = each.error["type"].endswith("_type") and isinstance(
        each.node.value, dict | list
    )
    return is_wrong_form and any(
        other.path[: len(each.path)] == each.path
        and (len(other.path) > len(each.path) or other.error["type"] == "missing")
        for other in located
    )


def _place(each: _Located) -> Place:
    if each.error["type"] == "extra_forbidden" and each.path:
        return each.above.keys[each.path[-1]]
    return each.node.place


def _sentence(each: _Located, prefix: tuple[str | int, ...], schema: Schema) -> str:
    path = (*prefix, *each.path)
    match each.error["type"]:
        case "extra_forbidden":
            wrong = str(path[-1])
            names = names_at(schema, each.path[:-1])
            hint = suggestion(wrong, names, taken={str(name) for name in each.above.parts})
            return f"unknown setting '{wrong}'{inside(path[:-1])}{hint}"
        case "missing":
            return f"'{each.beyond}' is missing{inside(path)}"
        case "literal_error" | "enum" | "union_tag_invalid":
            return _not_among(each, path)
        case "value_error" | "assertion_error":
            return _named(path, each.error["msg"].partition(", ")[2])
        case _:
            return _other(each, path, schema)


def _named(path: Sequence[str | int], text: str) -> str:
    return f"{dotted(path)}: {text}" if path else text


def _not_among(each: _Located, path: Sequence[str | int]) -> str:
    context = each.error.get("ctx", {})
    choices = re.findall(r"'([^']*)'", context.get("expected", context.get("expected_tags", "")))
    value = "the value" if each.node.is_substituted else shown(each.node.value)
    return f"{dotted(path)}: {value} is not known{suggestion(str(each.node.value), choices)}"


def _other(each: _Located, path: Sequence[str | int], schema: Schema) -> str:
    family = re.sub(
        r"_(type|parsing|from_float|parsing_size|attributes_type)$", "", each.error["type"]
    )
    wanted = _WANTED.get(family)
    if wanted is None:
        text = each.error["msg"].replace("Input should", "must").replace("String should", "must")
        return _named(path, text[0].lower() + text[1:])
    hint = _hint(wanted, each, names_at(schema, each.path))
    unit = _unit(wanted, path)
    return f"{dotted(path)} must be {wanted}{unit}, not {_described(each, family)}{hint}"


def _hint(wanted: str, each: _Located, names: Sequence[str]) -> str:
    """How to write what is wanted."""
    if wanted == "text" and isinstance(each.node.value, int | float):
        return "; put it in quotes"
    if wanted == "a list":
        return "; put [ ] around it"
    if wanted == "a mapping" and 0 < len(names) <= _FEW:
        return f"; write what it holds: {listed(names)}"
    return ""


def _unit(wanted: str, path: Sequence[str | int]) -> str:
    """In which unit a number is, by the end of its name."""
    name = str(path[-1]) if path else ""
    units = {"_s": " of seconds, such as 60", "_bytes": " of bytes, such as 1000000"}
    known = [unit for ending, unit in units.items() if name.endswith(ending)]
    return known[0] if known and "number" in wanted else ""


def _described(each: _Located, family: str) -> str:
    if each.node.is_substituted:
        return "what its variable holds"
    is_secret = isinstance(each.node.value, str) and family not in _SAFE_TO_SHOW
    return "text" if is_secret else shown(each.node.value)
