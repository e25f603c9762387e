"""Replies: the records in an answer, each with its place there, and where the list goes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql.language import ast

from connectors.contract import Malformed
from connectors.graphql.call import Call
from connectors.graphql.document import Asked

Path: TypeAlias = tuple[str | int, ...]
"""Where in an answer something is: names of fields and places in lists."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that an answer lists, and where; a place may hold `None`."""

    path: Path
    value: Any


@dataclass(slots=True)
class Listed:
    """What an answer lists under one name of its root.

    `cursor` is where the next page begins. `is_cut` says that there is more, and no way to it.
    """

    things: list[Thing] = field(default_factory=list)
    cursor: str | None = None
    is_cut: bool = False
    connection_count: int = 0


def listed(asked: Asked, data: Mapping[str, Any], root: str, *, source: str) -> Listed:
    """What an answer lists under a name of its root. Raises `Malformed` where it has no such form.

    Nothing at a place of the way, such as a customer who is not there, is an empty list.
    """
    found = Listed()
    call = asked.place.call
    try:
        found.things = list(_things(call, [Thing((root,), data.get(root))], found, is_root=True))
    except TypeError as exc:
        raise Malformed(
            source, f"`{asked.place.query}` was answered in another form: {exc}"
        ) from None
    return found


def _things(
    call: Call, at: Sequence[Thing], found: Listed, *, is_root: bool = False
) -> Iterator[Thing]:
    """Follow the steps of a call; the first one at the root is where we are already."""
    for place, step in enumerate(call.steps):
        if isinstance(step, ast.InlineFragmentNode):
            continue
        if place or not is_root:
            at = [_child(each, step.name.value) for each in at]
        at = [part for each in at for part in _flat(each)]
        if place == call.connection:
            _note_page(call, at, found)
        if place < len(call.steps) - 1:
            at = [each for each in at if each.value is not None]
    yield from at


def _child(thing: Thing, name: str) -> Thing:
    if not isinstance(thing.value, Mapping):
        kind = type(thing.value).__name__
        raise TypeError(f"{dotted(thing.path)} is {kind}, not an object with '{name}'")
    return Thing((*thing.path, name), thing.value.get(name))


def _flat(thing: Thing) -> Iterator[Thing]:
    if not isinstance(thing.value, list):
        if thing.value is not None:
            yield thing
        return
    for place, each in enumerate(thing.value):
        yield Thing((*thing.path, place), each)


def _note_page(call: Call, connections: Sequence[Thing], found: Listed) -> None:
    for each in connections:
        page = each.value.get("pageInfo") if isinstance(each.value, Mapping) else None
        if each.value is not None and not isinstance(page, Mapping):
            raise TypeError(f"{dotted(each.path)} has no 'pageInfo'")
        found.connection_count += 1
        if not isinstance(page, Mapping) or not page.get("hasNextPage"):
            continue
        cursor = page.get("endCursor") if call.has_cursor else None
        if call.has_cursor and not isinstance(cursor, str):
            raise TypeError(f"{dotted(each.path)} has a next page, and no 'endCursor'")
        if cursor is None or len(connections) > 1:
            found.is_cut = True
        else:
            found.cursor = cursor


@dataclass(frozen=True, slots=True)
class Record:
    """A record, its place, and the place of the thing that it is or that it is a part of."""

    raw: Mapping[str, Any]
    path: Path
    whole: Path


@dataclass(frozen=True, slots=True)
class Records:
    """The records in some things, and what could not be read."""

    found: Sequence[Record]
    strange: Sequence[str]


def records(things: Sequence[Thing], each: Call | None, setting: str | None) -> Records:
    """The records: the things themselves, or with `each` the parts in them."""
    found: list[Record] = []
    strange: list[str] = []
    for thing in things:
        if thing.value is None or thing.value == {}:
            continue  # Nothing there, or something of another type than was asked for.
        if not isinstance(thing.value, Mapping):
            strange.append(f"{dotted(thing.path)} is {type(thing.value).__name__}, not an object")
            continue
        try:
            whole = Record(thing.value, thing.path, thing.path)
            found += [whole] if each is None else [*_parts(thing, each)]
        except TypeError as exc:
            strange.append(f"`each: {setting}`: {exc}")
    return Records(found, strange)


def _parts(thing: Thing, each: Call) -> Iterator[Record]:
    within = Listed()
    for position, part in enumerate(_things(each, [thing], within), 1):
        if isinstance(part.value, Mapping):
            raw = {**part.value, "_parent": thing.value, "_position": position}
            yield Record(raw, part.path, thing.path)
    if within.is_cut:
        raise TypeError(f"{dotted(thing.path)} has more parts than one page: ask for more at once")


def dotted(path: Path) -> str:
    """A place in an answer, as a text."""
    return ".".join(str(each) for each in path)
