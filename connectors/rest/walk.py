"""Walking a list page by page, and taking the records out of each page."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.contract import Malformed
from connectors.http.message import Question, Reply, Run
from connectors.http.wire import Wire
from connectors.rest.options import Place
from connectors.rest.paging import LostWay, Position, found

_MAX_EMPTY = 20
"""So many pages in a row may be empty: sources that filter late send some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The things that one answer lists, and the position after them; `None` at the end."""

    things: Sequence[Any]
    following: Position | None
    total: int | None


async def walk(
    wire: Wire, question: Question, place: Place, *, run: Run, source: str, start: Position
) -> AsyncIterator[Page]:
    """All pages of a list from a position on. A list that goes in circles is `Malformed`."""
    position: Position | None = start
    visited: set[str] = set()
    before: Sequence[Any] = ()
    empty_count = 0
    while position is not None:
        _visit(position, visited, place=place, source=source)
        reply = await wire.ask(_at(question, place, position), run)
        page = _page(reply, position, place=place, source=source)
        empty_count = 0 if page.things else empty_count + 1
        _refuse_circle(page, before, empty_count, place=place, source=source)
        yield page
        position, before = page.following, page.things


def _refuse_circle(
    page: Page, before: Sequence[Any], empty_count: int, *, place: Place, source: str
) -> None:
    if page.things and page.things == before and not place.paging.may_repeat:
        raise Malformed(
            source,
            f"{place.path} gave the same page twice: it seems to ignore the paging parameters;"
            " check `paging`",
        )
    if empty_count > _MAX_EMPTY:
        raise Malformed(
            source,
            f"{place.path} gave {empty_count} empty pages in a row and says that there is more;"
            " check `more` and `next`",
        )


def _visit(position: Position, visited: set[str], *, place: Place, source: str) -> None:
    mark = json.dumps(position, sort_keys=True)
    if mark in visited:
        raise Malformed(
            source, f"{place.path} goes in circles: it sends the same next page twice; check `next`"
        )
    visited.add(mark)
    if len(visited) > place.paging.max_pages:
        raise Malformed(
            source,
            f"{place.path} has more than {place.paging.max_pages} pages: check how `paging` ends,"
            " or raise max_pages",
        )


def _at(question: Question, place: Place, position: Position) -> Question:
    url = position.get("url")
    if url is not None:
        # The address of the next page says everything but the body.
        return replace(question, path=str(url), params=())
    return question.with_params(place.paging.params(position), place=place.paging.place)


def _page(reply: Reply, position: Position, *, place: Place, source: str) -> Page:
    things = _things(reply, place=place, source=source)
    total = getattr(place.paging, "total", None)
    count = found(total, reply.value) if total else None
    return Page(
        things=things,
        following=_following(reply, position, things, place=place, source=source),
        total=count if isinstance(count, int) else None,
    )


def _following(
    reply: Reply, position: Position, things: Sequence[Any], *, place: Place, source: str
) -> Position | None:
    try:
        return place.paging.following(position, reply, things)
    except LostWay as exc:
        raise Malformed(source, f"{place.path}: {exc}") from exc


def _things(reply: Reply, *, place: Place, source: str) -> Sequence[Any]:
    if reply.is_empty:
        return ()
    things = found(place.items, reply.value)
    if isinstance(things, list):
        return things
    if isinstance(things, Mapping) and getattr(place, "how", None) == "single":
        return (things,)
    kind = "nothing" if things is None else f"a JSON {_JSON_NAMES.get(type(things), 'value')}"
    raise Malformed(
        source,
        f"{place.path} answered JSON in which `items: {place.items}` finds {kind} instead of a"
        f" list{_offer(reply.value)}; where the source says null for no records, write"
        f" `items: {place.items} || `[]``",
    )


_JSON_NAMES: Mapping[type, str] = {dict: "object", str: "string", bool: "boolean"}


def _offer(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    lists = [name for name, each in value.items() if isinstance(each, list)]
    return f" (lists are at: {', '.join(lists)})" if lists else ""


def records(things: Sequence[Any], each: str | None) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The records in the things of a page, and what is wrong with those that are none."""
    found_records: list[Mapping[str, Any]] = []
    strange: list[str] = []
    for thing in things:
        if not isinstance(thing, Mapping):
            strange.append(f"a record is {type(thing).__name__}, not a JSON object")
        elif each is None:
            found_records.append(thing)
        else:
            _add_parts(thing, each, found_records, strange)
    return found_records, strange


def _add_parts(
    thing: Mapping[str, Any], each: str, into: list[Mapping[str, Any]], strange: list[str]
) -> None:
    parts = found(each, thing)
    if parts is None:
        return
    if not isinstance(parts, list):
        strange.append(f"`each: {each}` finds {type(parts).__name__}, not a list")
        return
    for position, part in enumerate(parts, 1):
        if isinstance(part, Mapping):
            into.append({**part, "_parent": thing, "_position": position})
        else:
            strange.append(f"`each: {each}` holds {type(part).__name__}, not JSON objects")
