"""Scans: pages of everything or of what changed, with cursors that lose and double nothing."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from connectors.contract import ChangePage, Cursor, Unavailable
from tests.connectors.rest.fake import Desk, ticket
from tests.connectors.rest.opening import answering, opened, tickets

PAGING = {"style": "page", "size_param": "size"}


def _scanned(
    entities: dict[str, Any],
    transport: httpx2.AsyncBaseTransport,
    since: Cursor | None,
    *,
    pages: int = 1000,
) -> list[ChangePage]:
    async def run() -> list[ChangePage]:
        found: list[ChangePage] = []
        async with opened(entities, transport=transport) as source:
            async for page in source.scan("ticket", since=since):
                found.append(page)
                if len(found) == pages:
                    break
        return found

    return asyncio.run(run())


def _sized(size: int, **paging: Any) -> dict[str, Any]:
    listing = {"path": "/page", "items": "data", "paging": PAGING | {"size": size} | paging}
    return tickets(list=listing)


def _ids(pages: list[ChangePage]) -> list[str]:
    return [change.record_id for page in pages for change in page.changes]


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_scan_that_was_stopped_goes_on_where_it_was(stop_after: int) -> None:
    """The cursor of the last stored page, as JSON, is all that the next process has."""
    desk = Desk(tickets=[ticket(number) for number in range(35)])
    entities = _sized(10, total="meta.total")

    before = _scanned(entities, httpx2.ASGITransport(app=desk.app()), None, pages=stop_after)
    cursor = json.loads(json.dumps(before[-1].cursor))
    after = _scanned(entities, httpx2.ASGITransport(app=desk.app()), cursor)

    assert _ids(before) + _ids(after) == [f"t{number}" for number in range(35)]
    assert len(desk.log) == 4
    assert before[0].total == 35


def test_a_row_has_every_field_of_the_page() -> None:
    """With the id, the moment of the pull, and what the mapping gives."""
    desk = Desk(tickets=[ticket(1)])

    (page, end) = _scanned(_sized(10), httpx2.ASGITransport(app=desk.app()), None)

    row = dict(zip(page.fields, page.changes[0].row or (), strict=True))
    assert row["record_id"] == "t1"
    assert row["subject"] == "工单 1"
    assert row["customer_ref"] == "c1"
    assert str(row["observed_at"]) == "2026-03-01 12:00:00+00:00"
    assert end.changes == []


def test_without_a_way_to_ask_for_changes_each_scan_reads_everything() -> None:
    """The last cursor is none, so that the next scan begins at the beginning."""
    desk = Desk(tickets=[ticket(1)])

    pages = _scanned(_sized(10, ends="short"), httpx2.ASGITransport(app=desk.app()), None)

    assert [page.cursor for page in pages] == [None]


CHANGED = {"path": "/tickets", "items": "data", "changed_since": {"param": "since"}}


def test_the_next_scan_asks_for_what_changed_since_the_latest_change() -> None:
    """Five minutes before it, for changes that became visible late."""
    desk = Desk(tickets=[ticket(number) for number in range(3)])
    entities = tickets(list=CHANGED)

    (first,) = _scanned(entities, httpx2.ASGITransport(app=desk.app()), None)
    desk.tickets.append(ticket(9, changed="2026-02-02T00:00:00Z"))
    (second,) = _scanned(entities, httpx2.ASGITransport(app=desk.app()), first.cursor)

    assert first.cursor == {"since": "2026-02-01T00:00:02+00:00"}
    assert desk.log == ["/api/tickets", "/api/tickets?since=2026-01-31T23%3A55%3A02Z"]
    assert _ids([second]) == ["t0", "t1", "t2", "t9"]
    assert second.cursor == {"since": "2026-02-02T00:00:00+00:00"}


def test_a_change_in_the_future_does_not_move_the_mark_past_the_scan() -> None:
    """A record dated 2099 would hide every change until then."""
    desk = Desk(tickets=[ticket(1, changed="2099-01-01T00:00:00Z")])

    (page,) = _scanned(tickets(list=CHANGED), httpx2.ASGITransport(app=desk.app()), None)

    assert page.cursor == {"since": "2026-03-01T12:00:00+00:00"}


def test_nothing_changed_leaves_the_mark_where_it_was() -> None:
    """An empty answer moves nothing."""
    cursor = {"since": "2026-02-20T00:00:00+00:00"}
    desk = Desk(tickets=[ticket(1)])

    (page,) = _scanned(tickets(list=CHANGED), httpx2.ASGITransport(app=desk.app()), cursor)

    assert page.changes == []
    assert page.cursor == cursor


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-02-19T23:55:00Z"),
        ("seconds", "1771545300"),
        ("milliseconds", "1771545300000"),
        ("%Y/%m/%d %H:%M", "2026/02/19 23:55"),
    ],
)
def test_the_time_is_written_as_the_source_wants_it(form: str, text: str) -> None:
    """ISO 8601, a number, or the source's own format."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"data": []})

    listing = CHANGED | {"changed_since": {"param": "since", "format": form}}
    _scanned(tickets(list=listing), answering(answer), {"since": "2026-02-20T00:00:00+00:00"})

    assert asked[0].url.params["since"] == text


def test_a_cursor_that_the_source_forgot_starts_its_scan_again() -> None:
    """Cursors of some sources live for a day; an interrupted pull must not be stuck for ever."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if "c" in request.url.params:
            return httpx2.Response(400, json={"error": "expired cursor"})
        return httpx2.Response(200, json={"data": [ticket(1)], "next": None})

    paging = {"style": "cursor", "param": "c", "next": "next"}
    listing = {"path": "/tickets", "items": "data", "paging": paging}
    cursor = {"started": "2026-02-20T00:00:00+00:00", "position": {"cursor": "old"}}

    pages = _scanned(tickets(list=listing), answering(answer), cursor)

    assert _ids(pages) == ["t1"]


def test_a_source_that_fails_in_the_middle_fails_the_scan() -> None:
    """What came before is the caller's to keep, with its cursor."""
    calls = 0

    def answer(_: httpx2.Request) -> httpx2.Response:
        nonlocal calls
        calls += 1
        return httpx2.Response(200, json={"data": [ticket(1)]}) if calls == 1 else _down()

    with pytest.raises(Unavailable):
        _scanned(_sized(1), answering(answer), None)
    assert calls == 2


def _down() -> httpx2.Response:
    return httpx2.Response(503)


def test_records_without_a_key_are_counted_and_told() -> None:
    """They cost themselves only; so do things in the list that are no objects."""
    desk = Desk(tickets=[ticket(1), {"subject": "no id"}, "?"])  # type: ignore[list-item]  # a strange source

    pages = _scanned(_sized(10, ends="short"), httpx2.ASGITransport(app=desk.app()), None)

    assert _ids(pages) == ["t1"]
    assert [each.record_id for each in pages[0].skipped] == [None, None]
    assert "not a JSON object" in pages[0].skipped[1].reason
