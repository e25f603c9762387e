"""Sorted lists: the source sorts, the first pages answer, and nothing is taken on trust."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Answer, Bound, Order
from domain.order import sort_key
from tests.connectors.rest.fake import ticket
from tests.connectors.rest.opening import answering, everything, opened, tickets

LISTING = {
    "path": "/tickets",
    "items": "data",
    "paging": {"style": "offset", "size": 3, "ends": "short"},
    "filters": {"opened_at": {"gte": "from", "lte": "to"}},
    "orders": {"opened_at": {"asc": {"sort": "created"}, "desc": {"sort": "-created"}}},
}


def _moment(hour: int) -> str:
    return f"2026-01-02T{hour:02d}:00:00Z"


class _Source:
    """A source that sorts by `created` only, ties as they come, and logs its questions."""

    def __init__(self, hours: Sequence[int], *, is_lying: bool = False) -> None:
        self.tickets = [ticket(n, created=_moment(hour)) for n, hour in enumerate(hours)]
        self.is_lying = is_lying
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        params = dict(request.url.params)
        self.asked.append(params)
        found = [
            each
            for each in self.tickets
            if params.get("from", "") <= each["created"] <= params.get("to", "9")
        ]
        if "sort" in params and not self.is_lying:
            is_descending = params["sort"].startswith("-")
            found.sort(key=lambda each: str(each["created"]), reverse=is_descending)
        start = int(params["offset"])
        return httpx2.Response(200, json={"data": found[start : start + 3]})


def _asked(source: _Source, **question: Any) -> Answer:
    async def run() -> Answer:
        async with opened(tickets(list=LISTING), transport=answering(source)) as connector:
            assert connector.capabilities["ticket"].orders == {"opened_at"}
            assert connector.capabilities["ticket"].can_page
            return await connector.fetch(everything("opened_at", "record_id", **question))

    return asyncio.run(run())


def test_the_newest_are_read_from_the_first_pages() -> None:
    """Two of twenty need one page of three, not seven."""
    source = _Source(range(20))

    answer = _asked(source, order=(Order("opened_at", True), Order("record_id")), limit=2)

    assert [row[1] for row in answer.rows[()]] == ["t19", "t18"]
    assert source.asked == [{"limit": "3", "offset": "0", "sort": "-created"}]


def test_the_next_page_begins_where_the_last_one_ended() -> None:
    """The bound goes to the source as a filter that it can do."""
    source = _Source(range(20))
    order = (Order("opened_at", True), Order("record_id"))
    first = _asked(source, order=order, limit=2).rows[()]

    answer = _asked(source, order=order, limit=1, after=Bound(tuple(first[-1])))

    assert [row[1] for row in answer.rows[()]] == ["t17"]
    assert source.asked[1:] == [
        {"limit": "3", "offset": "0", "to": "2026-01-02T18:00:00Z", "sort": "-created"}
    ]


@settings(max_examples=60, deadline=None)
@given(
    hours=st.lists(st.integers(0, 5), max_size=20),
    limit=st.integers(0, 8),
    is_descending=st.booleans(),
    is_lying=st.booleans(),
    after=st.none() | st.integers(0, 20),
)
def test_stopping_early_never_changes_the_answer(
    hours: list[int],
    limit: int,
    is_descending: bool,  # noqa: FBT001 - drawn by hypothesis
    is_lying: bool,  # noqa: FBT001 - drawn by hypothesis
    after: int | None,
) -> None:
    """With ties, bounds, and a source whose first rows show that it does not sort at all."""
    source = _Source(hours, is_lying=is_lying)
    order = (Order("opened_at", is_descending), Order("record_id"))
    whole = [tuple(row) for row in _asked(source).rows[()]]
    expected = sorted(whole, key=sort_key(order, {"opened_at": 0, "record_id": 1}))
    bound = None
    if after is not None and expected:
        place = after % len(expected)
        bound, expected = Bound(expected[place]), expected[place + 1 :]

    answer = _asked(source, order=order, limit=limit, after=bound)

    if not is_lying or hours == sorted(hours, reverse=is_descending):
        assert list(answer.rows[()]) == expected[:limit]
    else:
        assert len(answer.rows[()]) <= limit
