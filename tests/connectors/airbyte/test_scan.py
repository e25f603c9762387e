"""What a pull of an Airbyte source gives, and from where the next one goes on."""

import asyncio

import pytest

from connectors.contract import (
    Batch,
    ChangePage,
    Connector,
    Misconfigured,
    SourceError,
    Unavailable,
)
from tests.connectors.airbyte.opening import TICKET, TOKEN, ids, opened, pages, ticket, tickets


@pytest.mark.parametrize("kind", ["STREAM", "GLOBAL", "LEGACY"])
def test_a_page_ends_where_the_source_marks_a_place(kind: str) -> None:
    """The next scan hands the last place back, whatever form it has, and gets what is new."""
    config = tickets(*[ticket(n) for n in range(1, 6)]) | {"state": kind, "every": 2}

    async def run() -> None:
        async with opened(config) as connector:
            found = await pages(connector)
            assert ids(found) == [["1", "2"], ["3", "4"], ["5"], []]
            assert [page.total for page in found] == [5, 5, 5, 5]
            config["streams"]["tickets"]["records"].append(ticket(6))
        async with opened(config) as connector:
            assert ids(await pages(connector, found[-1].cursor)) == [["6"], []]
            assert ids(await pages(connector, found[0].cursor)) == [["3", "4"], ["5", "6"], []]

    asyncio.run(run())


def test_records_after_the_last_place_are_stored_and_read_again() -> None:
    """A source that crashes in the middle: nothing is lost, and the failure is told."""
    config = tickets(*[ticket(n) for n in range(1, 7)]) | {"quirks": {"crash_after": 4}}

    async def run() -> None:
        seen: list[ChangePage] = []
        async with opened(config, page_size=1) as connector:
            with pytest.raises(Unavailable, match="ended with code 3"):
                await _collect(connector, seen)
        config["quirks"] = {}
        async with opened(config) as connector:
            rest = await pages(connector, seen[-1].cursor)
        assert ids(seen) == [["1"], ["2"], ["3"], ["4"]]
        assert [page.cursor is None for page in seen] == [True, True, True, False]
        assert ids(rest) == [["4", "5", "6"], []]

    asyncio.run(run())


async def _collect(connector: Connector, into: list[ChangePage]) -> None:
    async for page in connector.scan("ticket", since=None):
        into.append(page)  # noqa: PERF401  # what came before a failure is kept


def test_a_stream_that_cannot_be_read_incrementally_is_read_whole() -> None:
    """Its last page has no place, so that the next pull sees everything and what is gone."""
    config = tickets(ticket(1), ticket(2), modes=())

    async def run() -> None:
        async with opened(config) as connector:
            found = await pages(connector)
            assert ids(found) == [["1", "2"]]
            assert found[-1].cursor is None

    asyncio.run(run())


def test_a_record_that_was_deleted_is_told_as_gone() -> None:
    """As databases tell it, in the order in which it came."""
    gone = ticket(1) | {"_ab_cdc_deleted_at": "2026-02-03T00:00:00Z"}
    config = tickets(ticket(1), gone, ticket(2)) | {"every": 9}

    async def run() -> None:
        async with opened(config) as connector:
            (page, _) = await pages(connector)
            told = [(change.record_id, change.row is None) for change in page.changes]
            assert told == [("1", False), ("1", True), ("2", False)]

    asyncio.run(run())


def test_a_record_that_cannot_be_read_is_skipped_with_its_reason() -> None:
    """The others are stored."""
    config = tickets(ticket(1, status="?"), ticket(2))

    async def run() -> None:
        async with opened(config) as connector:
            (page, _) = await pages(connector)
            assert ids([page]) == [["2"]]
            assert [each.record_id for each in page.skipped] == ["1"]
            assert "'status'" in page.skipped[0].reason

    asyncio.run(run())


@pytest.mark.parametrize(
    ("failure_type", "kind"),
    [
        ("config_error", Misconfigured),
        ("system_error", Unavailable),
        ("transient_error", Unavailable),
    ],
)
def test_what_the_source_tells_of_its_failure_decides(
    failure_type: str, kind: type[SourceError]
) -> None:
    """Its words are for the operator, without the secrets of its configuration."""
    config = tickets(ticket(1), ticket(2))
    config["quirks"] = {"fail_after": 1, "failure_type": failure_type}

    async def run() -> None:
        async with opened(config) as connector:
            with pytest.raises(kind) as raised:
                await pages(connector)
            assert "no more for ***" in raised.value.message
            assert TOKEN not in raised.value.message

    asyncio.run(run())


def test_an_entity_is_never_asked_for() -> None:
    """It says so to who tries, and declares nothing that could be asked."""

    async def run() -> None:
        async with opened(tickets()) as connector:
            capability = connector.capabilities["ticket"]
            assert not capability.can_list
            assert capability.matches == frozenset()
            assert capability.tells_changes

            with pytest.raises(Misconfigured, match="cannot be asked for"):
                await connector.fetch(Batch(entity="ticket", fields=("subject",)))

    asyncio.run(run())


@pytest.mark.parametrize("entity", [{"namespace": "crm"}, {"stream": "crm.tickets"}])
def test_a_stream_of_a_namespace_is_found_by_both_or_by_one_name(entity: dict[str, str]) -> None:
    """As `discover` writes it, or apart; records name the stream without its namespace."""
    config = tickets(ticket(1))
    config["streams"]["tickets"]["namespace"] = "crm"

    async def run() -> None:
        async with opened(config, TICKET | entity) as connector:
            assert [each.name for each in await connector.discover()] == ["crm.tickets"]
            assert ids(await pages(connector)) == [["1"], []]

    asyncio.run(run())
