"""Scans: a run of the program, whose records are stored in pages that end where it says so.

A page ends at each state message, so that a place is never remembered before the records in front
of it are stored. Where none comes for long, pages are cut by number and remember the last place.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from connectors.airbyte.catalog import Catalog
from connectors.airbyte.options import AirbyteEntity
from connectors.airbyte.program import Program
from connectors.airbyte.protocol import Estimate, Garbage, Record, State
from connectors.contract import Change, ChangePage, Cursor, Environment, Malformed, Skipped
from connectors.mapping import Translation, getter


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One entity of a source with all that is needed to read it."""

    entity: AirbyteEntity
    translation: Translation
    program: Program
    catalog: Catalog
    environment: Environment
    page_size: int


@dataclass(slots=True)
class _Place:
    """Where a scan is: the states of the source, and how many records there are thought to be."""

    states: dict[str, Any] = field(default_factory=dict)
    legacy: Any = None
    total: int | None = None

    @classmethod
    def of(cls, cursor: Cursor | None) -> "_Place":
        found = cursor or {}
        return cls(dict(found.get("states") or {}), found.get("legacy"))

    def reach(self, state: State) -> None:
        if state.is_legacy:
            self.legacy = state.value
        else:
            self.states[state.key] = state.value

    @property
    def cursor(self) -> Cursor | None:
        if self.states:
            return {"states": dict(self.states)}
        return None if self.legacy is None else {"legacy": self.legacy}

    @property
    def file(self) -> Any:
        """What the program is given as its state."""
        if self.legacy is not None and not self.states:
            return self.legacy
        return [*self.states.values()]


async def scan(reading: Reading, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """Pages of changes, the last one with the place from which the next scan goes on."""
    stream = await reading.catalog.stream(reading.entity, at=reading.environment.now())
    catalog = stream.configured(reading.entity)
    is_incremental = catalog["streams"][0]["sync_mode"] == "incremental"
    place = _Place.of(since)
    files: dict[str, Any] = {"catalog": catalog}
    if place.cursor is not None:
        files["state"] = place.file
    page: list[Mapping[str, Any]] = []
    skipped: list[Skipped] = []
    async with aclosing(reading.program.say("read", **files)) as messages:
        async for each in messages:
            match each:
                case Record(name, data) if name == stream.bare_name:
                    page.append(data)
                case State():
                    place.reach(each)
                case Estimate(name, count) if name == stream.bare_name:
                    place.total = count
                case Garbage():
                    skipped.append(Skipped(None, "a message was longer than `max_line_bytes`"))
            if page and (isinstance(each, State) or len(page) >= reading.page_size):
                yield _page(reading, page, skipped, place)
                page, skipped = [], []
    # What has been read in full has no place to go on from: the next pull begins again.
    end = place if is_incremental else _Place(total=place.total)
    yield _page(reading, page, skipped, end)


def _page(
    reading: Reading, raws: list[Mapping[str, Any]], skipped: list[Skipped], place: _Place
) -> ChangePage:
    translation = reading.translation
    fields = ("record_id", "observed_at", *sorted(translation.provided_fields))
    is_deleted = getter(reading.entity.deleted, reading.entity.dialect)
    read = translation.reader(fields, observed_at=reading.environment.now())
    changes: list[Change] = []
    for raw in raws:
        key = translation.record_id(raw)
        if key is not None and is_deleted(raw) is not None:
            changes.append(Change(key, None))
            continue
        try:
            row = read(raw)
        except Malformed as problem:
            skipped.append(Skipped(key, problem.message))
        else:
            changes.append(Change(row[0], row))
    return ChangePage(
        fields=fields,
        changes=changes,
        cursor=place.cursor,
        skipped=tuple(skipped),
        total=place.total,
    )
