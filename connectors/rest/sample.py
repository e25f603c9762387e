"""A sample of what a list really holds: names, types, and which mapped paths find nothing."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.mapping import Dialect, Translation, getter

_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}
_DEPTH = 4


def types(raws: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The paths that records have, and the types of what is there."""
    seen: dict[str, set[str]] = {}
    for raw in raws:
        for path, kind in _leaves(raw, "", _DEPTH):
            kinds = seen.setdefault(path, set())
            if kind:
                kinds.add(kind)
    return {path: " or ".join(sorted(kinds)) or "null" for path, kinds in seen.items()}


def _leaves(value: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, str | None]]:
    for name, each in value.items():
        path = before + (name if name.isidentifier() and name.isascii() else f'"{name}"')
        if isinstance(each, Mapping) and each and depth > 1:
            yield from _leaves(each, f"{path}.", depth - 1)
        else:
            yield path, None if each is None else _TYPES.get(type(each), "value")


def missing(translation: Translation, raws: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Settings whose path no record of the sample has, and what to say about each."""
    names = list(types(raws))
    found: dict[str, str] = {}
    for setting, paths in _settings(translation).items():
        for path in paths:
            get = getter(path, Dialect.JMESPATH)
            if all(get(raw) is None for raw in raws):
                found[setting] = f"no record on the first page has '{path}'{_near(path, names)}"
    return found


def _settings(translation: Translation) -> dict[str, tuple[str, ...]]:
    mapping = translation.mapping
    keys = translation.raws(())
    found = {
        f"fields.{name}": tuple(p for p in translation.raws([name]) if p not in keys)
        for name in mapping.fields
    }
    found |= {f"references.{name}": (each.from_,) for name, each in mapping.references.items()}
    found["key"] = keys
    if mapping.changed:
        found["changed"] = (mapping.changed,)
    return found


def _near(path: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(path, names, 3, 0.5)
    return f"; near it there is: {', '.join(near)}" if near else ""
