"""Scans: everything, or what changed since, page by page, with a cursor to go on from.

Records come in the order of the source.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Change, ChangePage, Cursor, Misconfigured
from connectors.graphql.failure import Failed
from connectors.graphql.listing import pages
from connectors.graphql.reading import Reading
from connectors.http.message import Run
from connectors.mapping.getter import Get
from connectors.mapping.progress import Progress, changed_at, written


async def scan(reading: Reading, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """Pages of changes. A cursor that the source no longer knows starts its scan again."""
    progress = Progress.of(since, now=reading.now())
    try:
        async for page in _scan(reading, progress):
            progress = progress.from_its_first_page()
            yield page
    except (Misconfigured, Failed):
        # Sources say in many ways that they no longer know a cursor.
        if progress.position is None:
            raise
        async for page in _scan(reading, progress.from_its_first_page()):
            yield page


async def _scan(reading: Reading, progress: Progress) -> AsyncIterator[ChangePage]:
    fields = ("record_id", "observed_at", *sorted(reading.translation.provided_fields))
    place, path = reading.listing, reading.translation.mapping.changed
    asked = reading.asked(place, fields, also=[path] if path else [])
    given, changed = _since(reading, progress.since), _changed(reading)
    tells_changes = "changed" in place.call.variables
    walked = pages(reading, asked, given, Run(), start=progress.position)
    async for page in walked:
        found = reading.records(page.things)
        some = reading.sorted_by_faults(found, page.faults)
        rows, skipped = reading.rows(some.sound, fields)
        seen = progress.seeing([each.raw for each in found.found], changed)
        progress = replace(seen, position=page.following)
        yield ChangePage(
            fields=fields,
            changes=[Change(row[0], row) for row in rows],
            cursor=progress.cursor(tells_changes=tells_changes),
            skipped=(*skipped, *reading.unread(found, some)),
        )


def _since(reading: Reading, since: datetime | None) -> Mapping[str, Any]:
    if since is None or "changed" not in reading.listing.call.variables:
        return {}
    how = reading.listing.changed_since
    text = written(since - timedelta(seconds=how.overlap_s), how.format)
    is_number = reading.listing.type_of("changed").strip("!") in {"Int", "BigInt", "bigint"}
    return {"changed": int(text) if is_number else text}


def _changed(reading: Reading) -> Get | None:
    if "changed" not in reading.listing.call.variables:
        return None
    return changed_at(reading.translation, reading.listing.changed_since.format)
