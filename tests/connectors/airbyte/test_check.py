"""What `check` and `discover` tell of an Airbyte source."""

import asyncio
from typing import Any

from connectors.contract import Finding, Severity
from tests.connectors.airbyte.opening import PROPERTIES, TICKET, TOKEN, opened, ticket, tickets


def _findings(config: dict[str, Any], **entity: Any) -> list[Finding]:
    async def run() -> list[Finding]:
        async with opened(config, TICKET | entity) as connector:
            return list(await connector.check())

    return asyncio.run(run())


def test_nothing_is_wrong_with_what_fits() -> None:
    """The program is content, and has the stream and its fields."""
    assert _findings(tickets(ticket(1))) == []


def test_what_the_program_says_against_its_configuration_is_all() -> None:
    """Without the secrets in it."""
    (found,) = _findings(tickets() | {"quirks": {"refuses": True}})

    assert found == Finding(Severity.ERROR, "the source says: wrong key ***", "config")
    assert TOKEN not in found.message


def test_a_stream_that_is_not_there_is_named_with_the_nearest_one() -> None:
    """And all there are."""
    (found,) = _findings(tickets(), stream="tickest")

    assert found.setting == "entities.ticket.stream"
    assert "there is no stream 'tickest'; did you mean 'tickets'?" in found.message


def test_paths_that_the_stream_does_not_describe_are_warned_of() -> None:
    """At their setting; a schema need not be complete."""
    (found,) = _findings(tickets(), fields=TICKET["fields"] | {"subject": "subjekt"})

    assert found.severity is Severity.WARNING
    assert found.setting == "entities.ticket.fields.subject"
    assert "did you mean 'subject'?" in found.message


def test_a_stream_that_is_read_whole_each_time_is_remarked() -> None:
    """Where it was meant to be read incrementally."""
    (found,) = _findings(tickets(modes=()))

    assert found.severity is Severity.INFO
    assert found.setting == "entities.ticket.incremental"


def test_discover_tells_the_streams() -> None:
    """With types in words."""

    async def run() -> None:
        async with opened(tickets()) as connector:
            (found,) = await connector.discover()
            assert found.name == "tickets"
            assert found.fields.keys() == PROPERTIES.keys()
            assert found.fields["subject"] == "string"

    asyncio.run(run())
