"""Times of every kind of column: the same moments in UTC, as cursors too, and in queries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Batch, Compare, Op, Order
from connectors.sql.connector import SqlConnector
from connectors.sql.options import SqlOptions
from tests.connectors.sql.database import ENGINES, database
from tests.connectors.sql.source import asked, opened, scanned

MAPPING = """
time_zone: Asia/Shanghai
page_size: 1
entities:
  ticket:
    query: >
      SELECT t.*, 'at 12:30' AS note FROM visits t WHERE t.mark <> ':no' ;
    key: [shop, mark]
    changed: seen
    fields:
      subject: note
      kind: {constant: INQUIRY}
      status: {constant: OPEN}
      opened_at: begun
      resolved_at: seen
"""
ZONED = {"sqlite": "TEXT", "postgresql": "timestamptz", "mariadb": "TIMESTAMP NULL"}
WALL = {"sqlite": "TEXT", "postgresql": "timestamp", "mariadb": "DATETIME"}
BEGUN = datetime(2024, 5, 1, 2, tzinfo=UTC)
SEEN = datetime(2024, 5, 1, 4, tzinfo=UTC)


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlConnector]:
    """Three visits: `begun` is Shanghai's wall clock, `seen` knows its zone."""
    engine = request.param
    offset = "" if engine == "mariadb" else "+00:00"
    table = (
        "CREATE TABLE visits (shop INTEGER NOT NULL, mark VARCHAR(9) NOT NULL,"
        f" begun {WALL[engine]}, seen {ZONED[engine]})"
    )
    rows = (
        "INSERT INTO visits VALUES"  # noqa: S608  # the test's own values
        f" (1, 'a:b', '2024-05-01 10:00:00', '2024-05-01 04:00:00{offset}'),"
        f" (1, 'A', '2024-05-01 10:00:00', '2024-05-01 04:00:00{offset}'),"
        f" (2, 'a', '2024-05-01 11:00:00', '2024-05-01 05:00:00{offset}')"
    )
    utc = "SET time_zone = '+00:00'" if engine == "mariadb" else "SELECT 1"
    script = [table, utc, rows]
    with database(engine, tmp_path, script) as url:
        yield opened(MAPPING, url=url, base_dir=tmp_path)


def test_clocks_on_the_wall_and_moments_become_utc(shop: SqlConnector) -> None:
    """A composite key finds its record; both kinds of times are moments."""
    batch = Batch(
        entity="ticket",
        fields=("record_id", "subject", "opened_at", "resolved_at"),
        match=("record_id",),
        keys=(("1:a\\:b",), ("1:a",), ("nonsense",)),
    )

    answer = asked(shop, lambda it: it.fetch(batch))

    assert answer.rows == {("1:a\\:b",): [("1:a\\:b", "at 12:30", BEGUN, SEEN)]}


def test_times_are_compared_and_ordered_as_moments(shop: SqlConnector) -> None:
    """The filter takes UTC, the column is Shanghai's; ties are broken by the composite key."""
    batch = Batch(
        entity="ticket",
        fields=("record_id",),
        where=Compare("opened_at", Op.LTE, BEGUN),
        order=(Order("opened_at"), Order("record_id")),
        limit=5,
    )

    answer = asked(shop, lambda it: it.fetch(batch))

    assert answer.rows[()] == [("1:A",), ("1:a\\:b",)]


def test_a_time_is_a_cursor(shop: SqlConnector) -> None:
    """A scan stopped in the middle of one instant goes on within it, the next repeats the last."""

    async def runs(it: SqlConnector) -> list[list[Any]]:
        whole = await scanned(it, "ticket")
        places = [page.cursor for page in whole if page.changes]
        begun = [await scanned(it, "ticket", since=place) for place in places]
        again = await scanned(it, "ticket", since=whole[-1].cursor)
        return [
            [c.record_id for page in run for c in page.changes] for run in [whole, *begun, again]
        ]

    assert asked(shop, runs) == [
        ["1:A", "1:a\\:b", "2:a"],
        ["1:a\\:b", "2:a"],
        ["2:a"],
        [],
        ["2:a"],
    ]


def test_the_settings_have_a_manual() -> None:
    """Every setting of a SQL source is described, and what is internal does not show."""
    schema = SqlOptions.model_json_schema()

    assert all(each.get("description") for each in schema["properties"].values())
    assert "written_as" not in schema["$defs"]["SqlEntity"]["properties"]
