"""A run: one execution of a plan, with the rows that its steps found and the errors on the way."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from graphql.execution import VariableValues

from connectors.contract import Key, Row, SourceError
from connectors.federation import Found, Question
from connectors.health import SourceStatus
from resolvers.context import Context
from resolvers.permission import told
from resolvers.place import Failure, Page, Place
from resolvers.problem import UserError
from resolvers.result import ErrorCode
from resolvers.site import SiteNote

Path: TypeAlias = "tuple[Path, str | int] | None"
"""A response path as linked pairs, the innermost part first."""

Shape: TypeAlias = Callable[[Any, int, Path, "Run"], dict[str, Any] | None]


class Doing(Protocol):
    """A step, as far as a run knows it."""

    index: int

    def places(self, run: "Run", parents: Sequence[Any]) -> Awaitable[Sequence[Any]]:
        """Do it for all parents."""
        ...


class Run:
    """What one execution knows. Generated shapes call the methods that report errors."""

    page_type = Page

    def __init__(
        self,
        *,
        width: int,
        sites: Sequence[SiteNote],
        variables: VariableValues,
        context: Context,
    ) -> None:
        self.rows: list[list[Row]] = [[] for _ in range(width)]
        self.places: list[Sequence[Any]] = [()] * width
        self.cursors: list[Callable[[Row], str]] = [_no_cursor] * width
        self.errors: list[dict[str, Any]] = []
        self.variables = variables
        self.context = context
        self.bound: list[Any] = []
        self.witnesses: list[bytes] = []
        self._sites = sites

    def do(self, step: Doing, parents: Sequence[Any]) -> Awaitable[Sequence[Any]]:
        """Do a step. Who wants to watch the steps of a run makes another kind of it."""
        return step.places(self, parents)

    async def ask(
        self, question: Question, keys: Sequence[Key], *, below: int = 0
    ) -> list[Found | SourceError]:
        """Ask the sources of an entity; nothing is asked where there are no keys.

        Time is left for so many levels of steps `below`.
        """
        return await self.context.session.ask(question, keys, below=below) if keys else []

    def report(
        self, path: Path, key: str | int, site: int, message: str, **extensions: object
    ) -> None:
        """Note a field error."""
        note = self._sites[site]
        self.errors.append(
            {
                "message": message,
                "locations": note.locations,
                "path": _listed((path, key)),
                "extensions": extensions or {"code": ErrorCode.INTERNAL_SERVER_ERROR},
            }
        )

    def null(self, path: Path, key: str, site: int) -> None:
        """Note that a required field has no value."""
        self.report(path, key, site, self._null_message(site))

    def null_item(self, path: Path, key: str, place: int, site: int) -> None:
        """Note that a list with required items has a missing one."""
        self.report((path, key), place, site, self._null_message(site))

    def _null_message(self, site: int) -> str:
        return f"Cannot return null for non-nullable field {self._sites[site].coordinate}."

    def fail(self, path: Path, key: str | int, site: int, failure: Failure) -> None:
        """Note that a field has no value because something failed."""
        if isinstance(failure, UserError):
            self.report(path, key, site, failure.message, code=failure.code)
            return
        more: dict[str, object] = {"source": failure.source}
        more |= _told(failure)
        self.report(path, key, site, failure.client_message, code=failure.code, **more)

    def absent(self, path: Path, key: str, site: int, place: Place, required: object) -> None:
        """Note why there is nothing at a place, where that is an error."""
        if isinstance(place, (SourceError, UserError)):
            self.fail(path, key, site, place)
        elif required:
            self.null(path, key, site)

    def any_of(
        self, place: Any, table: Mapping[str, tuple[int, Shape]], path: Path, key: str, site: int
    ) -> dict[str, Any] | None:
        """Complete a value of an abstract type: the place says its type and row."""
        if not isinstance(place, tuple):
            self.absent(path, key, site, place, required=False)
            return None
        return self._typed(place, table, (path, key))

    def any_of_list(
        self, places: Any, table: Mapping[str, tuple[int, Shape]], path: Path, key: str, site: int
    ) -> list[dict[str, Any] | None] | None:
        """Complete a list of values of an abstract type, whose items may be missing."""
        if not isinstance(places, list):
            self.absent(path, key, site, places, required=True)
            return None
        here = (path, key)
        completed: list[dict[str, Any] | None] = []
        for n, place in enumerate(places):
            if isinstance(place, tuple):
                completed.append(self._typed(place, table, (here, n)))
            else:
                if place is not None:
                    self.fail(here, n, site, place)
                completed.append(None)
        return completed

    def _typed(
        self, place: tuple[str, int], table: Mapping[str, tuple[int, Shape]], path: Path
    ) -> dict[str, Any] | None:
        type_name, position = place
        index, shape = table[type_name]
        return shape(self.rows[index][position], position, path, self)

    def source(self, name: str | None) -> Mapping[str, Any] | None:
        """What is known of a source. One that is no longer configured is known by its name."""
        if name is None:
            return None
        return self.context.sources.get(name) or {
            "name": name,
            "kind": "unknown",
            "status": SourceStatus.UNKNOWN,
            "problem": "It is not configured any more; what it once gave is still in the store.",
            "entities": (),
        }

    def viewer(self) -> Mapping[str, Any]:
        """Who asks, as the type `Viewer` shows it."""
        return told(self.context.viewer, self.context.policy)

    def missing(self, errors: Sequence[SourceError]) -> list[Mapping[str, Any]]:
        """The sources that failed to add to a page, as the type `MissingSource` shows them."""
        return [
            {
                "source": each.source,
                "code": each.code,
                "message": each.client_message,
                "retry_after": _whole(each.retry_after_s),
                "error_id": each.error_id,
            }
            for each in errors
        ]

    def ends(self, index: int, page: Page, *, is_start: bool) -> str | None:
        """The cursor of the first or last row of a page; none where the page is empty."""
        if page.start == page.stop:
            return None
        row = self.rows[index][page.start if is_start else page.stop - 1]
        return self.cursors[index](row)


def complete_rows(  # noqa: PLR0917  # called by generated code only, where positions are fastest
    rows: Sequence[Row], start: int, stop: int, shape: Shape, path: Path, run: Run, required: object
) -> list[dict[str, Any] | None] | None:
    """Complete the rows of a span; `None` where a required item had to be null."""
    completed: list[dict[str, Any] | None] = []
    for place in range(start, stop):
        item = shape(rows[place], place, (path, place - start), run)
        if item is None and required:
            return None
        completed.append(item)
    return completed


def complete_items(  # noqa: PLR0917  # called by generated code only, as above
    items: Sequence[Any], shape: Shape, path: Path, run: Run, required: object, site: int
) -> list[dict[str, Any] | None] | None:
    """Complete the mappings of a list; `None` where a required item had to be null."""
    completed: list[dict[str, Any] | None] = []
    for place, each in enumerate(items):
        item = None if each is None else shape(each, place, (path, place), run)
        if item is None and required:
            if each is None and path is not None:
                run.null_item(path[0], str(path[1]), place, site)
            return None
        completed.append(item)
    return completed


def _told(failure: SourceError) -> Mapping[str, object]:
    """When to ask again, and under which id the log tells more, as far as that is known."""
    known = {"retryAfter": _whole(failure.retry_after_s), "errorId": failure.error_id}
    return {name: each for name, each in known.items() if each is not None}


def _whole(duration_s: float | None) -> int | None:
    """Whole seconds, never too few."""
    return None if duration_s is None else math.ceil(duration_s)


def _listed(path: Path) -> list[str | int]:
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return parts[::-1]


def _no_cursor(_row: Row) -> str:
    raise RuntimeError("a cursor was read from a step that was not asked for cursors")
