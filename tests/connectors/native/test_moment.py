"""Moments in the store: those at the ends of the calendar, which are a common way to say never."""

import asyncio
from datetime import UTC, datetime

from connectors.native.store import Store

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def _row(database_url: str, statement: str, *values: object) -> list[object]:
    async def scenario() -> list[object]:
        store = await Store.open(database_url)
        try:
            return list((await store.fetch(statement, *values))[0])
        finally:
            await store.close()

    return asyncio.run(scenario())


def test_infinite_moments_are_read_as_the_ends_of_the_calendar(database_url: str) -> None:
    """So are years that Python does not know; all have a zone, and compare with other moments."""
    statement = (
        "SELECT 'infinity'::timestamptz, '-infinity'::timestamptz,"
        " '20000-01-01'::timestamptz, '0044-03-15 BC'::timestamptz"
    )
    assert _row(database_url, statement) == [LAST, FIRST, LAST, FIRST]


def test_the_ends_of_the_calendar_are_written_as_what_they_are(database_url: str) -> None:
    """They are finite, alone and in lists, and come back to the microsecond."""
    statement = (
        "SELECT $1::timestamptz::text, $2::timestamptz::text, $1::timestamptz, $3::timestamptz[]"
    )
    assert _row(database_url, statement, FIRST, LAST, [FIRST, None, LAST]) == [
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        FIRST,
        [FIRST, None, LAST],
    ]
