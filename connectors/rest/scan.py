"""Scans: everything, or what changed since, page by page, with a cursor to go on from.

Records come in the order of the source. A cursor inside a scan says on which page to go on; the
one of its last page says since when the next scan asks: the latest change that was seen, but not
later than the scan began, because pages that were already read may have changed behind it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Change, ChangePage, Cursor, Misconfigured
from connectors.http.message import Question, Run
from connectors.mapping.expression import Expression
from connectors.mapping.getter import Get
from connectors.mapping.rule import value
from connectors.mapping.value import Unreadable
from connectors.rest.options import ChangedSince
from connectors.rest.paging import Position
from connectors.rest.reading import Reading, listing_question
from connectors.rest.walk import Page, records
from domain.entity import Field, FieldType

_UNITS = frozenset({"seconds", "milliseconds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    """How far a scan is: what it asks for, when it began, what it saw, and the page to go on."""

    started: datetime
    since: datetime | None = None
    latest: datetime | None = None
    position: Position | None = None

    @classmethod
    def of(cls, cursor: Cursor | None, *, now: datetime) -> "_Progress":
        found = cursor or {}
        times = {
            name: datetime.fromisoformat(found[name])
            for name in ("since", "latest", "started")
            if found.get(name)
        }
        if found.get("position") is None:
            return cls(started=now, since=times.get("since"))
        return cls(**({"started": now} | times), position=found["position"])

    def inside(self) -> Cursor:
        times = {"started": self.started, "since": self.since, "latest": self.latest}
        texts = {name: each.isoformat() for name, each in times.items() if each is not None}
        return texts | {"position": dict(self.position or {})}

    def at_end(self) -> Cursor | None:
        seen = self.since if self.latest is None else min(self.latest, self.started)
        return None if seen is None else {"since": seen.isoformat()}


async def scan(reading: Reading, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """Pages of changes. A cursor that the source no longer knows starts its scan again."""
    progress = _Progress.of(since, now=reading.now())
    try:
        async for page in _scan(reading, progress):
            progress = replace(progress, position=None)
            yield page
    except Misconfigured:
        if progress.position is None:
            raise
        async for page in _scan(reading, replace(progress, position=None)):
            yield page


async def _scan(reading: Reading, progress: _Progress) -> AsyncIterator[ChangePage]:
    fields = ("record_id", "observed_at", *sorted(reading.translation.provided_fields))
    changed = _changed(reading)
    pages = reading.pages(
        _question(reading, progress.since), reading.listing, run=Run(), start=progress.position
    )
    async for page in pages:
        rows, skipped = reading.rows(page, fields)
        latest = _latest(reading, page, progress, changed)
        progress = replace(progress, latest=latest, position=page.following)
        yield ChangePage(
            fields=fields,
            changes=[Change(row[0], row) for row in rows],
            cursor=_cursor(reading, progress),
            skipped=tuple(skipped),
            total=None if reading.entity.each else page.total,
        )


def _cursor(reading: Reading, progress: _Progress) -> Cursor | None:
    if progress.position is not None:
        return progress.inside()
    return progress.at_end() if reading.listing.changed_since else None


def _question(reading: Reading, since: datetime | None) -> Question:
    how = reading.listing.changed_since
    if how is None or since is None:
        return listing_question(reading.listing)
    text = _written(since - timedelta(seconds=how.overlap_s), how)
    return listing_question(reading.listing, {how.param: text})


def _written(moment: datetime, how: ChangedSince) -> str:
    moment = moment.astimezone(UTC)
    match how.format:
        case "iso":
            return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        case "seconds":
            return str(int(moment.timestamp()))
        case "milliseconds":
            return str(int(moment.timestamp()) * 1000)
    return moment.strftime(how.format)


def _changed(reading: Reading) -> Get | None:
    """Takes the time of the last change out of a record; numbers are in the unit of the param."""
    path, how = reading.entity.changed, reading.listing.changed_since
    if path is None or how is None:
        return None
    unit = how.format if how.format in _UNITS else None
    expression = Expression.model_validate({"from": path, "unit": unit})
    field = Field("changed", FieldType.DATETIME, required=False)
    return value(field, expression, reading.translation.setting)


def _latest(
    reading: Reading, page: Page, progress: _Progress, changed: Get | None
) -> datetime | None:
    if changed is None:
        # Nothing tells when records changed: all we know is when we asked.
        return progress.started
    raws, _ = records(page.things, reading.entity.each)
    times = [progress.latest, *_times(raws, changed)]
    return max((each for each in times if each is not None), default=None)


def _times(raws: Iterable[Mapping[str, Any]], changed: Get) -> list[datetime | None]:
    times: list[datetime | None] = []
    for raw in raws:
        try:
            times.append(changed(raw))
        except Unreadable:
            times.append(None)  # The record itself is still read; only the mark is not moved.
    return times
