"""Scans: everything, or what changed since, page by page, with a cursor to go on from.

Records come in the order of the source.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.contract import Change, ChangePage, Cursor, Misconfigured
from connectors.http.message import Question, Run
from connectors.mapping.getter import Get
from connectors.mapping.progress import Progress, changed_at, written
from connectors.rest.reading import Reading, listing_question
from connectors.rest.walk import records


async def scan(reading: Reading, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """Pages of changes. A cursor that the source no longer knows starts its scan again."""
    progress = Progress.of(since, now=reading.now())
    try:
        async for page in _scan(reading, progress):
            progress = progress.from_its_first_page()
            yield page
    except Misconfigured:
        if progress.position is None:
            raise
        async for page in _scan(reading, progress.from_its_first_page()):
            yield page


async def _scan(reading: Reading, progress: Progress) -> AsyncIterator[ChangePage]:
    fields = ("record_id", "observed_at", *sorted(reading.translation.provided_fields))
    changed = _changed(reading)
    pages = reading.pages(
        _question(reading, progress.since), reading.listing, run=Run(), start=progress.position
    )
    async for page in pages:
        rows, skipped = reading.rows(page, fields)
        raws, _ = records(page.things, reading.entity.each)
        progress = replace(progress.seeing(raws, changed), position=page.following)
        yield ChangePage(
            fields=fields,
            changes=[Change(row[0], row) for row in rows],
            cursor=progress.cursor(tells_changes=reading.listing.changed_since is not None),
            skipped=tuple(skipped),
            total=None if reading.entity.each else page.total,
        )


def _question(reading: Reading, since: datetime | None) -> Question:
    how = reading.listing.changed_since
    if how is None or since is None:
        return listing_question(reading.listing)
    text = written(since - timedelta(seconds=how.overlap_s), how.format)
    return listing_question(reading.listing, {how.param: text})


def _changed(reading: Reading) -> Get | None:
    how = reading.listing.changed_since
    return None if how is None else changed_at(reading.translation, how.format)
