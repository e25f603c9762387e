"""Lookups: many keys, few requests, every record at the key that it belongs to."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from connectors.contract import Answer, Batch, Compare, Op, Refused, TimedOut, Unavailable
from tests.connectors.rest.fake import MAX_KEYS, Desk, ticket
from tests.connectors.rest.opening import (
    COMMA,
    answering,
    by_customer,
    everything,
    opened,
    tickets,
)
from tests.serving import serving

SINGLE = {"path": "/customers/{key}/tickets", "how": "single", "items": "data"}
WAYS: dict[str, dict[str, Any]] = {
    "comma": COMMA | {"param": "customers"},
    "repeat": COMMA | {"how": "repeat", "param": "customer"},
    "body": {
        "path": "/search",
        "how": "body",
        "items": "data",
        "keys_per_call": MAX_KEYS,
        "body": {"query": {"customers": "$keys", "state": "any"}},
    },
    "single": SINGLE,
}
ODD = ["a/b", "q?x=1&y=2", "50%", "zwei wörter", "客户 42", "#1", "a+b", "..x", "'\"", "\\"]
COMMAS = ["x,y", "客户,甲"]


def _desk(customers: Sequence[str]) -> Desk:
    made = [ticket(n, customer=each) for n, each in enumerate(customers)]
    return Desk(tickets=made)


def _asked(desk: Desk, lookup: dict[str, Any], batch: Batch, **settings: Any) -> Answer:
    async def run() -> Answer:
        by = {"customer" if batch.match == ("customer_ref",) else "record_id": lookup}
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened(tickets(by=by), transport=transport, **settings) as source:
            return await source.fetch(batch)

    return asyncio.run(run())


@pytest.mark.parametrize(("way", "calls"), [("comma", 3), ("repeat", 3), ("body", 3)])
def test_many_customers_take_one_request_for_as_many_as_the_source_takes(
    way: str, calls: int
) -> None:
    """25 customers at 10 keys a request are three requests, whatever the way."""
    customers = [f"c{number}" for number in range(25)]
    desk = _desk(customers)

    answer = _asked(desk, WAYS[way], by_customer(*customers))

    assert len(desk.log) == calls
    assert answer.calls == calls
    assert answer.rows == {(f"c{n}",): [(f"t{n}",)] for n in range(25)}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_records_come_back_at_their_own_customer(way: str) -> None:
    """Rows of one request are mixed; a customer without tickets has none."""
    desk = _desk(["c1", "c2", "c1"])

    answer = _asked(desk, WAYS[way], by_customer("c1", "c2", "nobody"))

    assert answer.rows == {("c1",): [("t0",), ("t2",)], ("c2",): [("t1",)]}
    assert answer.failures == {}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_keys_that_need_escaping_reach_the_source_unchanged(way: str) -> None:
    """Slashes, question marks, percent signs, spaces and Chinese are part of the key."""
    answer = _asked(_desk(ODD), WAYS[way], by_customer(*ODD))

    assert answer.rows == {(key,): [(f"t{number}",)] for number, key in enumerate(ODD)}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_keys_that_need_escaping_survive_a_real_server(way: str) -> None:
    """The same over sockets, where servers and libraries have their own ideas of addresses."""
    desk = _desk(ODD)

    async def run(url: str) -> Answer:
        by = {"customer": WAYS[way]}
        async with opened(tickets(by=by), base_url=f"{url}/api/") as source:
            return await source.fetch(by_customer(*ODD))

    with serving(desk.app()) as url:
        answer = asyncio.run(run(url))

    assert answer.rows == {(key,): [(f"t{number}",)] for number, key in enumerate(ODD)}


@pytest.mark.parametrize("way", ["repeat", "body", "single"])
def test_keys_with_commas_are_whole_where_no_comma_separates(way: str) -> None:
    """Only a comma list has trouble with commas."""
    answer = _asked(_desk(COMMAS), WAYS[way], by_customer(*COMMAS))

    assert answer.rows == {("x,y",): [("t0",)], ("客户,甲",): [("t1",)]}


def test_a_comma_list_asks_for_keys_with_commas_in_the_other_way() -> None:
    """`otherwise` says how; the keys without commas still share a request."""
    desk = _desk(["x,y", "x", "y"])
    lookup = WAYS["comma"] | {"otherwise": SINGLE}

    answer = _asked(desk, lookup, by_customer("x,y", "x", "y"))

    assert answer.rows == {("x,y",): [("t0",)], ("x",): [("t1",)], ("y",): [("t2",)]}
    assert sorted(desk.log) == [
        "/api/customers/x%2Cy/tickets",
        "/api/tickets?customers=x%2Cy",
    ]


def test_a_comma_list_without_another_way_calls_such_a_key_unknown_not_empty() -> None:
    """The source reads `x,y` as two keys: their records are not given to the wrong customer."""
    desk = _desk(["x,y", "x", "y"])

    answer = _asked(desk, WAYS["comma"], by_customer("x,y", "x"))

    assert answer.rows == {("x",): [("t1",)]}
    assert list(answer.failures) == [("x,y",)]
    assert isinstance(answer.failures["x,y",], Refused)
    assert "otherwise" in answer.failures["x,y",].message


def test_a_blank_key_is_never_asked() -> None:
    """An empty key in a path would be the path of the whole list."""
    desk = _desk(["c1"])

    answer = _asked(desk, SINGLE, by_customer("", " ", "c1"))

    assert answer.rows == {("c1",): [("t0",)]}
    assert desk.log == ["/api/customers/c1/tickets"]


def test_a_key_that_would_be_another_path_is_refused() -> None:
    """`..` cannot be escaped; the other customers are answered."""
    desk = _desk(["c1", ".."])

    answer = _asked(desk, SINGLE, by_customer("..", "c1"))

    assert answer.rows == {("c1",): [("t0",)]}
    assert isinstance(answer.failures["..",], Refused)
    assert desk.log == ["/api/customers/c1/tickets"]


def test_the_same_key_twice_is_asked_once() -> None:
    """Callers may repeat themselves."""
    desk = _desk(["c1"])

    answer = _asked(desk, WAYS["comma"], by_customer("c1", "c1"))

    assert desk.log == ["/api/tickets?customers=c1"]
    assert answer.rows == {("c1",): [("t0",)]}


def test_long_keys_are_spread_over_shorter_addresses() -> None:
    """Servers refuse long request lines, long before the limit of keys is reached."""
    customers = ["客" * 200 + str(number) for number in range(8)]
    desk = _desk(customers)

    answer = _asked(desk, WAYS["comma"], by_customer(*customers))

    assert all(len(line) < 8_000 for line in desk.log)
    assert len(desk.log) == 3
    assert sum(len(rows) for rows in answer.rows.values()) == 8


def test_integer_keys_go_into_a_body_as_numbers() -> None:
    """`key_type: integer`; a key that is no number cannot exist there and is not asked."""
    desk = Desk(tickets=[ticket(1, customer="7") | {"customer_id": 7}])
    lookup = WAYS["body"] | {"key_type": "integer"}

    answer = _asked(desk, lookup, by_customer("7", "seven", "07", "-0", "٧", "9" * 40))

    assert answer.rows == {("7",): [("t1",)]}


def test_half_a_character_is_nobodys_key() -> None:
    """A lone surrogate cannot be written into any request."""
    desk = _desk(["c1"])

    answer = _asked(desk, WAYS["repeat"], by_customer("\ud800", "c1"))

    assert answer.rows == {("c1",): [("t0",)]}
    assert desk.log == ["/api/tickets?customer=c1"]


def test_one_record_by_its_id_is_read_from_an_object() -> None:
    """`GET /tickets/t1` answers the record itself; 404 is no record."""
    desk = _desk(["c1", "c1"])
    lookup = {"path": "/tickets/{key}", "how": "single"}
    batch = Batch(
        entity="ticket",
        fields=("subject", "status"),
        match=("record_id",),
        keys=(("t1",), ("t9",)),
    )

    answer = _asked(desk, lookup, batch)

    assert answer.rows == {("t1",): [("工单 1", "OPEN")]}
    assert answer.failures == {}


def test_404_can_be_declared_a_failure() -> None:
    """`when_404: fail` is for sources in which every customer must exist."""
    answer = _asked(_desk(["c1"]), SINGLE | {"when_404": "fail"}, by_customer("c1", "nobody"))

    assert answer.rows == {("c1",): [("t0",)]}
    assert "404" in answer.failures["nobody",].message


def test_records_that_do_not_tell_their_customer_belong_to_the_one_asked_about() -> None:
    """Below `/customers/c1/` nothing else can come; batched ways need `references`."""

    async def run() -> Answer:
        entity = tickets(by={"customer": SINGLE})["ticket"] | {"references": {}}
        desk = _desk(["c1", "c2"])
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened({"ticket": entity}, transport=transport) as source:
            batch = by_customer("c1", "c2", fields=("record_id", "customer_ref"))
            return await source.fetch(batch)

    assert asyncio.run(run()).rows == {("c1",): [("t0", "c1")], ("c2",): [("t1", "c2")]}


def test_records_of_others_are_never_given_to_a_customer() -> None:
    """A source that ignores the parameter answers with everybody's tickets."""
    desk = Desk(tickets=[ticket(1, customer="c1"), ticket(2, customer="c2")])
    lookup = {"path": "/tickets", "how": "single", "param": "no_such", "items": "data"}

    answer = _asked(desk, lookup, by_customer("c1"))

    assert answer.rows == {("c1",): [("t1",)]}


def test_one_failing_customer_fails_alone() -> None:
    """One by one, each key has its own fate."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/customers/c2/tickets":
            return httpx2.Response(500, text="boom")
        return httpx2.Response(200, json={"data": [ticket(1, customer="c1")]})

    async def run() -> Answer:
        entities = tickets(by={"customer": SINGLE})
        async with opened(entities, transport=answering(answer)) as source:
            return await source.fetch(by_customer("c1", "c2"))

    found = asyncio.run(run())

    assert found.rows == {("c1",): [("t1",)]}
    assert isinstance(found.failures["c2",], Unavailable)
    assert found.calls == 2


def test_bad_credentials_are_tried_once_not_for_every_customer() -> None:
    """A locked account would be the price; nobody there and a rate limit stop in the same way."""
    desk = _desk(["c1"])

    with pytest.raises(Refused, match="credentials"):
        _asked(
            desk,
            SINGLE,
            by_customer(*(f"c{n}" for n in range(50))),
            auth={"bearer": "wrong"},
            limits={"concurrent": 1},
        )

    assert len(desk.log) == 1


def test_no_more_requests_at_a_time_than_allowed() -> None:
    """`limits.concurrent` holds over all keys and batches."""
    now, most = 0, 0

    async def answer(_: httpx2.Request) -> httpx2.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return httpx2.Response(200, json={"data": []})

    async def run() -> None:
        entities = tickets(by={"customer": SINGLE})
        transport = httpx2.MockTransport(answer)
        async with opened(entities, transport=transport, limits={"concurrent": 3}) as source:
            questions = [by_customer(*(f"c{n}{m}" for m in range(10))) for n in range(2)]
            await asyncio.gather(*(source.fetch(each) for each in questions))

    asyncio.run(run())

    assert most == 3


def test_keys_that_are_late_fail_and_those_in_time_are_kept() -> None:
    """The deadline of the batch ends what is not done; what is there is not thrown away."""

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if "slow" in request.url.path:
            await asyncio.Event().wait()
        return httpx2.Response(200, json={"data": [ticket(1, customer="c1")]})

    async def run() -> Answer:
        entities = tickets(by={"customer": SINGLE})
        async with opened(entities, transport=httpx2.MockTransport(answer)) as source:
            return await source.fetch(by_customer("slow", "c1", timeout_s=0.2))

    found = asyncio.run(run())

    assert found.rows == {("c1",): [("t1",)]}
    assert isinstance(found.failures["slow",], TimedOut)


def test_records_that_tell_nobodys_customer_are_an_error() -> None:
    """A wrong path in `references` must not look like customers without tickets."""
    entity = tickets(by={"customer": WAYS["comma"]})["ticket"]
    entity |= {"references": {"customer": "custmer_id"}}

    async def run() -> None:
        transport = httpx2.ASGITransport(app=_desk(["c1"]).app())
        async with opened({"ticket": entity}, transport=transport) as source:
            await source.fetch(by_customer("c1"))

    with pytest.raises(Exception, match="nobody knows whose it is"):
        asyncio.run(run())


def test_records_that_cannot_be_read_are_skipped_and_told() -> None:
    """A date nobody can read costs its record, not the customer's other tickets."""
    desk = Desk(tickets=[ticket(1), ticket(2, created="the other day"), ticket(3)])

    answer = _asked(desk, WAYS["comma"], by_customer("c1", fields=("record_id", "opened_at")))

    assert [row[0] for row in answer.rows["c1",]] == ["t1", "t3"]
    assert [each.record_id for each in answer.skipped] == ["t2"]
    assert "the other day" in answer.skipped[0].reason


def test_a_declared_filter_is_asked_of_the_source_and_checked_again() -> None:
    """The source gets its own word for the status; what it gives too much is left out."""
    desk = Desk(tickets=[ticket(1), ticket(2, status="done")])
    listing = {"path": "/tickets", "items": "data", "filters": {"status": {"eq": "status"}}}

    async def run(value: str) -> Answer:
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened(tickets(list=listing), transport=transport) as source:
            assert source.capabilities["ticket"].filters == {"status": frozenset({Op.EQ})}
            return await source.fetch(everything(where=Compare("status", Op.EQ, value)))

    assert asyncio.run(run("CLOSED")).rows == {(): [("t2",)]}
    assert asyncio.run(run("NEW")).rows == {(): []}
    assert desk.log == ["/api/tickets?status=done", "/api/tickets"]


def test_escaping_is_that_of_rfc_3986() -> None:
    """A space is `%20`, never a plus, which some servers take for itself."""
    desk = _desk(["a b+c"])

    _asked(desk, WAYS["repeat"], by_customer("a b+c"))

    assert desk.log == [f"/api/tickets?customer={quote('a b+c', safe='')}"]


TERMS = COMMA | {
    "path": "/search",
    "how": "terms",
    "param": "query",
    "term": "customer = '{key}'",
}


def _terms(keys: Sequence[str], **more: Any) -> tuple[list[str], Answer]:
    """The queries that are sent for these customers, and what becomes of them."""
    queries: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        queries.append(request.url.params["query"])
        return httpx2.Response(200, json={"data": []})

    async def run() -> Answer:
        by = {"customer": TERMS | more}
        transport = httpx2.MockTransport(answer)
        async with opened(tickets(by=by), transport=transport) as source:
            return await source.fetch(by_customer(*keys))

    return queries, asyncio.run(run())


def test_terms_of_a_query_language_ask_for_many_keys_at_once() -> None:
    """A term for each key, with what stands between them."""
    queries, answer = _terms(["a", "客户"], join=" or ")

    assert queries == ["customer = 'a' or customer = '客户'"]
    assert answer.failures == {}


@pytest.mark.parametrize(
    ("escape", "query"),
    [("backslash", r"customer = 'x\' or 1=1 \\ \"'"), ("double", None), (None, None)],
)
def test_a_key_does_not_get_out_of_its_quotes(escape: str | None, query: str | None) -> None:
    """It is escaped as the language has it, or not asked for, which is not the same as empty."""
    key = "x' or 1=1 \\ \""

    queries, answer = _terms(["a", key], escape=escape)

    if query is None:
        assert queries == ["customer = 'a'"]
        assert isinstance(answer.failures[key,], Refused)
    else:
        assert queries == [f"customer = 'a' OR {query}"]
        assert answer.failures == {}


def test_quotes_are_doubled_where_the_language_wants_it() -> None:
    """As in SQL and OData."""
    queries, _ = _terms(["o'brien"], escape="double")

    assert queries == ["customer = 'o''brien'"]


def test_a_line_end_in_a_key_is_not_sent() -> None:
    """Nobody knows what a language makes of it."""
    queries, answer = _terms(["a", "a\nb"], escape="backslash")

    assert queries == ["customer = 'a'"]
    assert isinstance(answer.failures["a\nb",], Refused)
