"""Checking a source: what is wrong, at which setting, and what to do; and what it offers."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from connectors.contract import DiscoveredEntity, Finding, Severity
from tests.connectors.rest.fake import Desk, ticket
from tests.connectors.rest.opening import COMMA, TICKET, answering, opened, tickets
from tests.connectors.rest.test_lookup import SINGLE, WAYS

LISTED = {"path": "/tickets", "items": "data"}


def _found(entities: dict[str, Any], desk: Desk | None = None, **settings: Any) -> list[Finding]:
    made = desk or Desk(tickets=[ticket(1, customer="c1"), ticket(2, customer="c2")])
    transport = settings.pop("transport", None) or httpx2.ASGITransport(app=made.app())

    async def run() -> Sequence[Finding]:
        async with opened(entities, transport=transport, **settings) as source:
            return await source.check()

    return list(asyncio.run(run()))


def test_nothing_is_said_about_a_source_that_fits() -> None:
    """List, mapping and both lookups were tried."""
    desk = Desk(tickets=[ticket(1), ticket(2)])
    by = {"record_id": COMMA | {"param": "ids"}, "customer": WAYS["body"]}

    assert _found(tickets(list=LISTED, by=by), desk) == []
    assert desk.log == ["/api/tickets", "/api/tickets?ids=t1", "/api/search"]


def test_bad_credentials_are_one_finding_not_one_for_each_entity() -> None:
    """Nor are they tried again."""
    desk = Desk()
    entities = {"ticket": TICKET | {"list": LISTED}} | {"customer": {"key": "id", "list": LISTED}}

    (finding,) = _found(entities, desk, auth={"bearer": "wrong"})

    assert finding.severity is Severity.ERROR
    assert "the credentials in `auth` are not valid" in finding.message
    assert len(desk.log) == 1


def test_a_wrong_path_says_so_at_its_entity() -> None:
    """The other entities are still looked at."""
    entities = {
        "ticket": TICKET | {"list": {"path": "/tikcets"}},
        "customer": {"key": "id", "list": LISTED, "fields": {"name": "nmae"}},
    }

    wrong, mapping = _found(entities)

    assert wrong.setting == "entities.ticket.list"
    assert "GET /api/tikcets answered 404" in wrong.message
    assert mapping.setting == "entities.customer.fields.name"


def test_a_path_that_nothing_has_names_what_is_near() -> None:
    """A renamed field is a warning, with the names that it may have got."""
    entity = TICKET | {"list": LISTED, "fields": {**TICKET["fields"], "queue": "subjet"}}

    (finding,) = _found({"ticket": entity})

    assert finding == Finding(
        Severity.WARNING,
        "ticket: no record on the first page has 'subjet'; near it there is: subject",
        "entities.ticket.fields.queue",
    )


def test_records_that_cannot_be_read_are_counted_with_an_example() -> None:
    """Some are a warning, all are an error."""
    desk = Desk(tickets=[ticket(1), ticket(2, created="gestern")])

    (some,) = _found(tickets(list=LISTED), desk)
    assert some.severity is Severity.WARNING
    assert "1 of the first 2 records cannot be read" in some.message
    assert "gestern" in some.message

    desk.tickets.pop(0)
    (every,) = _found(tickets(list=LISTED), desk)
    assert every.severity is Severity.ERROR


def test_one_request_for_each_customer_is_warned_of() -> None:
    """With what could be done instead."""
    (finding,) = _found(tickets(list=LISTED, by={"customer": SINGLE}))

    assert finding.severity is Severity.WARNING
    assert finding.setting == "entities.ticket.by.customer.how"
    assert "once for each customer" in finding.message
    assert "`how: repeat`" in finding.message


def test_a_parameter_that_the_source_ignores_is_an_error() -> None:
    """Asked for one customer, it gave others too."""
    desk = Desk(
        tickets=[ticket(1, customer="c1"), ticket(2, customer="c2")],
        ignores=frozenset({"customers"}),
    )

    (finding,) = _found(tickets(list=LISTED, by={"customer": WAYS["comma"]}), desk)

    assert finding.severity is Severity.ERROR
    assert "asked for 'c1', /tickets also gave 'c2'" in finding.message


def test_a_lookup_that_finds_nothing_is_warned_of() -> None:
    """A record of the list must be found by its key."""
    lookup = COMMA | {"param": "customers"}

    (finding,) = _found(tickets(list=LISTED, by={"record_id": lookup}))

    assert finding.severity is Severity.WARNING
    assert "asked for 't1', which is in the list, /tickets gave nothing" in finding.message


def test_pages_that_are_smaller_than_asked_for_are_an_error_where_short_ends_the_list() -> None:
    """All but the first page would be missing."""
    desk = Desk(tickets=[ticket(number) for number in range(20)], max_size=5)
    paging = {"style": "page", "size_param": "size", "size": 10, "ends": "short"}

    (finding,) = _found(tickets(list={"path": "/page", "items": "data", "paging": paging}), desk)

    assert finding.severity is Severity.ERROR
    assert "gives pages of 5 although 10 are asked for" in finding.message


def test_a_list_of_a_round_number_without_paging_is_warned_of() -> None:
    """Exactly 100 records are rather a page than a list."""
    desk = Desk(tickets=[ticket(number) for number in range(100)])

    (finding,) = _found(tickets(list=LISTED), desk)

    assert finding.setting == "entities.ticket.list.paging"


def test_an_empty_list_and_no_list_are_only_remarks() -> None:
    """There is nothing to try the mapping on."""
    (empty,) = _found(tickets(list=LISTED), Desk())
    (none,) = _found(tickets(by={"record_id": COMMA | {"param": "ids"}}))

    assert (empty.severity, none.severity) == (Severity.INFO, Severity.INFO)


def test_a_source_that_is_down_is_one_finding() -> None:
    """Further entities would say the same."""
    entities = {"ticket": TICKET | {"list": LISTED}, "customer": {"key": "id", "list": LISTED}}

    (finding,) = _found(entities, transport=answering(lambda _: httpx2.Response(503)))

    assert "answered 503" in finding.message


def test_discovery_tells_fields_and_their_types() -> None:
    """From the first page of each list, nested ones with their paths."""
    tickets_there = [
        {"id": 1, "who": {"name": "李雷", "e-mail": None}, "tags": ["a"], "rate": 1.5},
        {"id": "2", "who": {}, "open": True},
    ]
    desk = Desk(tickets=tickets_there)
    paging = {"style": "page", "total": "meta.total"}

    async def run() -> Sequence[DiscoveredEntity]:
        listing = {"path": "/page", "items": "data", "paging": paging}
        transport = httpx2.ASGITransport(app=desk.app())
        async with opened(tickets(list=listing), transport=transport) as source:
            return await source.discover()

    assert asyncio.run(run()) == [
        DiscoveredEntity(
            name="/page",
            fields={
                "id": "integer or text",
                "who.name": "text",
                'who."e-mail"': "null",
                "tags": "list",
                "rate": "number",
                "who": "object",
                "open": "boolean",
            },
            key="id",
            record_count=2,
        )
    ]


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_a_sample_of_strange_things_is_no_crash(kind: str) -> None:
    """Numbers where records should be."""
    body: object = {"data": [1, 2]} if kind == "list" else {"data": 1}

    found = _found(
        tickets(list=LISTED), transport=answering(lambda _: httpx2.Response(200, json=body))
    )

    assert found[0].severity in {Severity.ERROR, Severity.INFO}
