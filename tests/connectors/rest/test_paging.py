"""Paging: every style gives every record once, ends with the list, never runs in circles."""

import asyncio
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Malformed
from tests.connectors.rest.fake import Desk, ticket
from tests.connectors.rest.opening import answering, everything, opened, tickets

SIZED = {"size_param": "size"}
PAGE = {"style": "page", **SIZED}
BEYOND = {"style": "keyset", "param": "starting_after", **SIZED}
FROM = {"style": "keyset", "param": "changed[gte]", "field": "changed", "inclusive": True, **SIZED}
STYLES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "page until empty": ("/page", "data", PAGE),
    "page until short": ("/page", "data", PAGE | {"ends": "short"}),
    "page by total": ("/page", "data", PAGE | {"total": "meta.total"}),
    "page by pages": ("/page", "data", PAGE | {"pages": "meta.pages"}),
    "page by more": ("/page", "data", PAGE | {"more": "meta.more"}),
    "page from zero": ("/page?first=0", "data", PAGE | {"first": 0}),
    "offset until empty": ("/offset", "data", {"style": "offset", **SIZED}),
    "offset by total": ("/offset", "data", {"style": "offset", "total": "meta.total", **SIZED}),
    "cursor": ("/cursor", "data", {"style": "cursor", "param": "cursor", "next": "next", **SIZED}),
    "address in body": ("/next", "data", {"style": "cursor", "next": "links.next", **SIZED}),
    "keyset until empty": ("/beyond", "data", BEYOND),
    "keyset until short": ("/beyond", "data", BEYOND | {"ends": "short"}),
    "keyset by more": ("/beyond", "data", BEYOND | {"more": "has_more"}),
    "link header": ("/link", "@", {"style": "link", **SIZED}),
    "whole": ("/whole", "@", {"style": "none"}),
}


async def _read_all(desk: Desk, style: str, size: int) -> tuple[list[str], int]:
    path, items, paging = STYLES[style]
    listing = {"path": path, "items": items, "paging": paging | {"size": size}}
    transport = httpx2.ASGITransport(app=desk.app())
    async with opened(tickets(list=listing), transport=transport) as source:
        answer = await source.fetch(everything())
    return [str(row[0]) for row in answer.rows[()]], answer.calls


@settings(max_examples=60, deadline=None)
@given(
    style=st.sampled_from(sorted(STYLES)),
    count=st.integers(0, 40),
    size=st.integers(1, 12),
)
def test_every_style_gives_every_record_exactly_once(style: str, count: int, size: int) -> None:
    """Whatever the style, the number of records and the size of a page."""
    desk = Desk(tickets=[ticket(number) for number in range(count)])

    found, calls = asyncio.run(_read_all(desk, style, size))

    assert found == [f"t{number}" for number in range(count)]
    assert calls == len(desk.log)


@settings(max_examples=30, deadline=None)
@given(
    style=st.sampled_from(sorted(set(STYLES) - {"page until short", "keyset until short"})),
    count=st.integers(0, 40),
    cap=st.integers(1, 12),
)
def test_smaller_pages_than_asked_for_lose_nothing(style: str, count: int, cap: int) -> None:
    """A source that caps its pages below the size that is asked for is still read whole."""
    desk = Desk(tickets=[ticket(number) for number in range(count)], max_size=cap)

    found, _ = asyncio.run(_read_all(desk, style, 20))

    assert found == [f"t{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("style", "calls"),
    [
        ("page until empty", 4),
        ("page until short", 3),
        ("page by total", 3),
        ("page by pages", 3),
        ("page by more", 3),
        ("offset until empty", 4),
        ("offset by total", 3),
        ("cursor", 3),
        ("address in body", 3),
        ("keyset until empty", 4),
        ("keyset until short", 3),
        ("keyset by more", 3),
        ("link header", 3),
        ("whole", 1),
    ],
)
def test_each_style_takes_the_fewest_requests_it_can(style: str, calls: int) -> None:
    """25 records in pages of 10: three requests, and one more where only emptiness tells."""
    desk = Desk(tickets=[ticket(number) for number in range(25)])

    asyncio.run(_read_all(desk, style, 10))

    assert len(desk.log) == calls


def _endless(paging: dict[str, Any], body: Any, **headers: str) -> tuple[str, int]:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        data = body(len(asked)) if callable(body) else body
        return httpx2.Response(200, json=data, headers=headers)

    async def run() -> str:
        listing = {"path": "/tickets", "items": "data", "paging": paging}
        async with opened(tickets(list=listing), transport=answering(answer)) as source:
            with pytest.raises(Malformed) as caught:
                await source.fetch(everything())
        return caught.value.message

    return asyncio.run(run()), len(asked)


def test_a_cursor_that_comes_twice_is_an_error() -> None:
    """A source that sends the same next cursor again would be read for ever."""
    message, calls = _endless(
        {"style": "cursor", "param": "c", "next": "next"},
        lambda n: {"data": [ticket(n)], "next": "same"},
    )

    assert "goes in circles" in message
    assert calls == 2


def test_a_page_that_comes_twice_is_an_error() -> None:
    """A source that ignores the page number gives its first page for ever."""
    message, calls = _endless({"style": "page"}, {"data": [ticket(1)]})

    assert "same page twice" in message
    assert calls == 2


def test_more_pages_than_allowed_are_an_error() -> None:
    """A list that never ends is given up after `max_pages`."""
    message, calls = _endless({"style": "page", "max_pages": 3}, lambda n: {"data": [ticket(n)]})

    assert "more than 3 pages" in message
    assert calls == 3


def test_a_next_page_on_another_host_is_never_asked() -> None:
    """The credentials stay with the host of the configuration."""
    message, calls = _endless(
        {"style": "link"}, {"data": [ticket(1)]}, Link='<http://evil.example/x>; rel="next"'
    )

    assert "http://evil.example" in message
    assert calls == 1


def test_paging_parameters_can_go_into_the_body() -> None:
    """`place: body` makes the list a POST whose JSON holds the page."""
    bodies: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.content)
        return httpx2.Response(200, json={"data": [ticket(1)] if len(bodies) == 1 else []})

    async def run() -> None:
        paging = {"style": "offset", "place": "body", "size": 5}
        listing = {"path": "/q", "items": "data", "paging": paging}
        async with opened(tickets(list=listing), transport=answering(answer)) as source:
            await source.fetch(everything())

    asyncio.run(run())

    assert bodies == [b'{"limit":5,"offset":0}', b'{"limit":5,"offset":1}']


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 40), size=st.integers(2, 12))
def test_records_at_the_edge_of_inclusive_pages_are_read_once(count: int, size: int) -> None:
    """After `changed[gte]` each page begins with the last record of the one before."""
    desk = Desk(tickets=[ticket(number) for number in range(count)])
    listing = {"path": "/from", "items": "data", "paging": FROM | {"size": size}}

    async def run() -> list[str]:
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened(tickets(list=listing), transport=transport) as source:
            return [str(row[0]) for row in (await source.fetch(everything())).rows[()]]

    assert asyncio.run(run()) == [f"t{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("paging", "body", "words", "calls"),
    [
        (BEYOND, {"data": [{}]}, "the last record has no 'id'", 1),
        (BEYOND | {"more": "more"}, {"data": [], "more": True}, "has no 'id'", 1),
        (BEYOND, {"data": [ticket(1)]}, "not beyond the last one: check 'starting_after'", 2),
        (FROM | {"size": 1}, {"data": [ticket(1)]}, "a whole page has the same 'changed'", 2),
        (PAGE | {"more": "more"}, {"data": [], "more": True}, "21 empty pages in a row", 21),
    ],
)
def test_a_list_that_says_there_is_more_and_leads_nowhere_is_an_error(
    paging: dict[str, Any], body: Any, words: str, calls: int
) -> None:
    """Ending it there would lose records without a word."""
    message, made = _endless(paging, body)

    assert words in message
    assert made == calls


def test_a_list_that_goes_on_behind_some_empty_pages_is_read_whole() -> None:
    """Sources that filter after they have cut a page send empty ones in between."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.params.get("page", ""))
        data = [ticket(7)] if len(asked) == 5 else []
        return httpx2.Response(200, json={"data": data, "more": len(asked) < 5})

    async def run() -> object:
        listing = {"path": "/tickets", "items": "data", "paging": PAGE | {"more": "more"}}
        async with opened(tickets(list=listing), transport=answering(answer)) as source:
            return (await source.fetch(everything())).rows[()]

    assert asyncio.run(run()) == [("t7",)]
    assert asked == ["1", "2", "3", "4", "5"]
