"""The program: what it is told and what not, its noise, its silence and its end."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from connectors.airbyte.options import AirbyteOptions
from connectors.contract import ChangePage, Misconfigured, TimedOut, Unavailable
from tests.connectors.airbyte.opening import TOKEN, ids, opened, pages, ticket, tickets


def _read(config: dict[str, Any], **settings: Any) -> list[list[str]]:
    async def run() -> list[list[str]]:
        async with opened(config, **settings) as connector:
            return ids(await pages(connector))

    return asyncio.run(run())


def test_the_environment_of_the_gateway_is_not_handed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor do files stay behind: the fake refuses the one, the folder shows the other."""
    monkeypatch.setenv("GATEWAY_SECRET", "x")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert _read(tickets(ticket(1))) == [["1"], []]
    assert [*tmp_path.iterdir()] == []


def test_a_variable_that_is_named_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the fake complains."""
    monkeypatch.setenv("GATEWAY_SECRET", "x")

    with pytest.raises(Misconfigured, match="environment of the gateway"):
        _read(tickets(ticket(1)), environment=["GATEWAY_SECRET"])


def test_lines_that_are_no_messages_are_counted_and_logged() -> None:
    """They are no reason to stop, and their text, which may hold anything, is not logged."""
    garbage = ["Starting …", "{", '"type"', "[]", '{"type": "RECORD"}', f"key {TOKEN}"]
    config = tickets(ticket(1)) | {"quirks": {"garbage": garbage}}

    with capture_logs() as logs:
        assert _read(config) == [["1"], []]

    assert [each["line_count"] for each in logs if each["event"] == "airbyte_garbage"] == [6]
    assert TOKEN not in str(logs)


def test_a_message_that_is_too_long_is_skipped() -> None:
    """It is counted as a record without a name, and the next ones are read."""
    config = tickets(ticket(1)) | {"quirks": {"long_bytes": 300_000}}

    async def run() -> None:
        async with opened(config, max_line_bytes=4096) as connector:
            found = await pages(connector)
            assert ids(found) == [["1"], []]
            assert [each.record_id for page in found for each in page.skipped] == [None]

    asyncio.run(run())


def test_a_program_that_says_nothing_is_given_up() -> None:
    """After the time that it may be silent."""
    config = tickets(ticket(1)) | {"quirks": {"silent_s": 30}}

    with pytest.raises(TimedOut, match="said nothing"):
        _read(config, silence_s=1)


def test_a_program_that_is_not_there_is_a_matter_of_configuration() -> None:
    """It is named, and its arguments are not."""
    with pytest.raises(Misconfigured, match="'/no/such/program' of `command` cannot be started"):
        _read(tickets(), command=["/no/such/program", TOKEN])


def test_who_stops_listening_ends_the_program_and_its_children(tmp_path: Path) -> None:
    """Nothing goes on running, though the program was not at its end."""
    note = tmp_path / "pids"
    config = tickets(*[ticket(n) for n in range(1, 9)]) | {"every": 1}
    config["quirks"] = {"child": str(note), "flood": 10}

    async def run() -> None:
        async with opened(config) as connector:
            scan = cast("AsyncGenerator[ChangePage]", connector.scan("ticket", since=None))
            async with aclosing(scan):
                await anext(scan)

    asyncio.run(run())
    for pid in note.read_text("utf-8").split():
        assert not _runs(int(pid))


def test_a_program_waits_for_who_stores_its_records(tmp_path: Path) -> None:
    """What is not taken yet stays with the program, but for what fits into a pipe and a line."""
    note = tmp_path / "number"
    config = tickets(*[ticket(n, subject="茶" * 1000) for n in range(1, 501)]) | {"every": 1}
    config["quirks"] = {"progress": str(note)}

    async def run() -> int:
        async with opened(config, max_line_bytes=8192) as connector:
            scan = cast("AsyncGenerator[ChangePage]", connector.scan("ticket", since=None))
            async with aclosing(scan):
                await anext(scan)
                await asyncio.sleep(1)
                return int(note.read_text("utf-8"))

    assert asyncio.run(run()) < 60


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")  # noqa: PTH110  # no file at all


def test_a_changed_configuration_counts_until_the_end() -> None:
    """Such as a new refresh token; it is hidden like the old one, and the operator is told."""
    config = tickets(ticket(1))
    config["quirks"] = {"new_config": config | {"token": "another-secret", "quirks": {}}}

    async def run() -> None:
        async with opened(config) as connector:
            with capture_logs() as logs:
                await pages(connector)
            assert "airbyte_changed_its_config" in {each["event"] for each in logs}
            assert "another-secret" not in str(logs)
            assert ids(await pages(connector)) == [["1"], []]

    asyncio.run(run())


def test_a_configuration_that_wants_to_ask_is_refused() -> None:
    """In words."""
    with pytest.raises(ValueError, match="write `mode: synced`"):
        AirbyteOptions.model_validate(
            {
                "kind": "airbyte",
                "command": ["x"],
                "entities": {"customer": {"stream": "a", "key": "id", "mode": "live"}},
            }
        )


def test_the_configuration_of_the_program_is_not_shown() -> None:
    """Not by who prints the settings."""
    options = AirbyteOptions.model_validate(
        {"kind": "airbyte", "command": ["x"], "config": {"token": TOKEN}}
    )

    assert TOKEN not in repr(options)


def test_what_the_program_logs_as_an_error_is_logged_without_secrets() -> None:
    """The rest of its log is its own business."""
    with capture_logs() as logs:
        assert _read(tickets(ticket(1))) == [["1"], []]

    assert logs == [
        {
            "event": "airbyte_says",
            "log_level": "warning",
            "source": "desk",
            "words": "could not renew ***",
        }
    ]


def test_closing_ends_a_pull_that_is_under_way(tmp_path: Path) -> None:
    """Who was reading is told that the program was ended."""
    note = tmp_path / "pids"
    config = tickets(ticket(1)) | {"quirks": {"child": str(note), "silent_s": 60}}

    async def run() -> None:
        async with opened(config) as connector:
            pulling = asyncio.create_task(pages(connector))
            while not note.exists():  # noqa: ASYNC110  # another process makes it
                await asyncio.sleep(0.02)
            await connector.close()
            with pytest.raises(Unavailable, match="ended by signal 15"):
                await pulling

    asyncio.run(run())
    for pid in note.read_text("utf-8").split():
        assert not _runs(int(pid))
