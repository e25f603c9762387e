"""One entity of a source with all that is needed to read it, and its listing."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from connectors.contract import Skipped
from connectors.http.message import Question, Run
from connectors.http.wire import Wire
from connectors.mapping import Translation
from connectors.rest.options import Listing, Place, RestEntity
from connectors.rest.paging import Position
from connectors.rest.walk import Page, records, walk

Rows: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One entity: its settings, its mapping compiled, and the way to the source."""

    source: str
    entity: RestEntity
    translation: Translation
    wire: Wire
    now: Callable[[], datetime]

    @property
    def listing(self) -> Listing:
        """How to list the entity; asked only where it can be listed."""
        if self.entity.listing is None:
            raise ValueError(f"{self.entity.written_as} of '{self.source}' cannot be listed")
        return self.entity.listing

    def pages(
        self, question: Question, place: Place, *, run: Run, start: Position | None = None
    ) -> AsyncIterator[Page]:
        """The pages of a list, from a position on."""
        return walk(self.wire, question, place, run=run, source=self.source, start=start or {})

    def rows(self, page: Page, fields: Sequence[str]) -> tuple[Rows, list[Skipped]]:
        """The rows of a page, and what of it could not be read."""
        raws, strange = records(page.things, self.entity.each)
        rows, skipped = self.translation.read(raws, fields, observed_at=self.now())
        named = f"{self.entity.written_as}: "
        return rows, [*skipped, *(Skipped(None, named + reason) for reason in strange)]


def listing_question(listing: Listing, params: dict[str, str] | None = None) -> Question:
    """The question that lists everything, with further parameters."""
    fixed = tuple((name, str(value)) for name, value in listing.params.items())
    return Question(path=listing.path, params=fixed).with_params(params or {})
