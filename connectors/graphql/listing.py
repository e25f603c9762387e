"""Lists: read page by page, from a position on.

A *position* is a small JSON object that says where in a list one is; scans keep it in cursors.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.contract import Malformed
from connectors.graphql.document import Asked, document
from connectors.graphql.endpoint import Said
from connectors.graphql.failure import Fault, gravest
from connectors.graphql.reading import Reading
from connectors.graphql.reply import Listed, Path, Thing, listed
from connectors.http.message import Run

Position: TypeAlias = Mapping[str, Any]
"""Where in a list one is; the beginning is the empty object."""


@dataclass(frozen=True, slots=True)
class Page:
    """The things of one answer, what failed of them, and the position after them."""

    things: Sequence[Thing]
    faults: Sequence[Fault]
    following: Position | None


async def pages(
    reading: Reading,
    asked: Asked,
    given: Mapping[str, Any],
    run: Run,
    *,
    start: Position | None = None,
    until_s: float | None = None,
) -> AsyncIterator[Page]:
    """All pages of a list, until then; else each page has the time of a question.

    A list that goes in circles is `Malformed`.
    """
    position: Position | None = start or {}
    visited: set[str] = set()
    while position is not None:
        _visit(position, visited, reading, asked)
        asking = document(asked, {**given, **_values(asked, position, given)})
        said = await reading.endpoint.ask(asking, run, timeout_s=_left_s(reading, until_s))
        page = _page(said, position, reading, asked)
        yield page
        position = page.following


def _left_s(reading: Reading, until_s: float | None) -> float:
    if until_s is None:
        return reading.timeout_s
    return max(0.0, until_s - asyncio.get_running_loop().time())


def _visit(position: Position, visited: set[str], reading: Reading, asked: Asked) -> None:
    mark = repr(sorted(position.items()))
    if mark in visited:
        raise Malformed(
            reading.source,
            f"`{asked.place.query}` goes in circles: it gives the same cursor twice",
        )
    visited.add(mark)
    if len(visited) > asked.place.max_pages:
        raise Malformed(
            reading.source,
            f"`{asked.place.query}` has more than {asked.place.max_pages} pages: check how it"
            " ends, or raise max_pages",
        )


def _values(asked: Asked, position: Position, given: Mapping[str, Any]) -> Mapping[str, Any]:
    place = asked.place
    counted = {"offset": 0, "page": place.first_page, **position}
    return {"size": given.get("size", place.size), **counted}


def _page(said: Said, position: Position, reading: Reading, asked: Asked) -> Page:
    root = asked.place.call.name
    found = listed(asked, said.data, root, source=reading.source)
    reading.must_be_whole(is_cut=found.is_cut, query=asked.place.query)
    of_all = [each for each in said.faults if not is_within(each.path, found, root)]
    if of_all:
        raise gravest(of_all)
    return Page(found.things, said.faults, _following(position, found, asked))


def _following(position: Position, found: Listed, asked: Asked) -> Position | None:
    call, place = asked.place.call, asked.place
    if call.has_cursor:
        return None if found.cursor is None else {"cursor": found.cursor}
    count = len(found.things)
    is_last = count == 0 or (place.ends == "short" and count < place.size)
    if is_last or not call.variables & {"offset", "page"}:
        return None
    if "offset" in call.variables:
        # Counted by what came: a source that gives less than was asked for loses nothing.
        return {"offset": position.get("offset", 0) + count}
    return {"page": position.get("page", place.first_page) + 1}


def is_within(path: Path, found: Listed, root: str) -> bool:
    """Whether an error is about one thing of a list, and not about the list or the whole answer."""
    inside = (each for each in found.things if path[: len(each.path)] == each.path)
    return path[:1] == (root,) and next(inside, None) is not None
