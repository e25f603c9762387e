"""Scans of GraphQL lists: what changed since, and cursors that have grown old."""

import asyncio
from typing import Any

import pytest

from connectors.contract import ChangePage, Cursor, Refused
from tests.connectors.graphql.fake import Shop
from tests.connectors.graphql.opening import asking, opened, purchase, purchases, shop

CHANGED = purchases(
    list={
        "query": "purchases(first: $size, after: $cursor, changed: $changed) { nodes }",
        "size": 2,
    }
)


def _scan(fake: Shop, since: Cursor | None, entities: dict[str, Any] = CHANGED) -> list[ChangePage]:
    async def run() -> list[ChangePage]:
        async with opened(entities, asking(fake)) as connector:
            return [page async for page in connector.scan("purchase", since=since)]

    return asyncio.run(run())


def _ids(pages: list[ChangePage]) -> list[str]:
    return [change.record_id for page in pages for change in page.changes]


def test_the_next_scan_asks_for_what_changed_since_the_last_change_seen() -> None:
    """Looking back a little; nothing but a variable says so."""
    fake = shop(*[purchase(n) for n in range(1, 6)])
    first = _scan(fake, None)
    second = _scan(fake, first[-1].cursor)

    assert _ids(first) == ["p1", "p2", "p3", "p4", "p5"]
    assert first[-1].cursor == {"since": "2026-02-05T00:00:00+00:00"}
    assert fake.log[-1]["variables"] == {"size": 2, "changed": "2026-02-04T23:55:00Z"}
    assert _ids(second) == ["p5"]


def test_a_time_is_written_as_the_source_wants_it() -> None:
    """As a search text, say."""
    listing = CHANGED["purchase"]["list"] | {
        "changed_since": {"format": "updated_at:>='%Y-%m-%d'", "overlap_s": 0}
    }
    fake = shop(purchase(1))
    _scan(fake, {"since": "2026-02-05T00:00:00+00:00"}, purchases(list=listing))

    assert fake.log[-1]["variables"]["changed"] == "updated_at:>='2026-02-05'"


def test_a_cursor_that_the_source_no_longer_knows_starts_the_scan_again() -> None:
    """Everything is read again, which does no harm."""
    fake = shop(*[purchase(n) for n in range(1, 4)])
    pages = _scan(fake, {"started": "2026-02-05T00:00:00+00:00", "position": {"cursor": "old"}})

    assert _ids(pages) == ["p1", "p2", "p3"]


def test_a_source_that_refuses_is_not_read_from_its_beginning() -> None:
    """It is refused, and not read from the beginning."""
    fake = shop(*[purchase(n) for n in range(1, 4)])
    fake.broken[("p1", "number")] = "x"
    (first, *_) = _scan(fake, None)
    assert first.skipped[0].record_id == "p1"
    fake.token = "another"  # a fake's

    with pytest.raises(Refused, match="Who are you"):
        _scan(fake, first.cursor)


def test_a_list_without_a_way_to_ask_for_changes_is_read_whole_each_time() -> None:
    """Its last page has no cursor."""
    entity = purchases(list={"query": "purchases(first: $size, after: $cursor) { nodes }"})

    assert _scan(shop(purchase(1)), None, entity)[-1].cursor is None
