"""A source that fails costs its own fields, says so, and nothing else."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from tests.stories.company import ask, free_port, gateway, running_desk

ADA = """
query ($mail: String!) {
  customer(by: {email: $mail}) {
    name
    phones { e164 }
    tickets { nodes { subject status customer { name } } }
  }
}
"""
TICKETS_OF_SHARED = """
{
  customers(where: {name: {startsWith: "Shared"}}) {
    nodes { tickets { nodes { id } missingSources { source } } }
  }
}
"""
SOURCES = "{ sources { name status problem entities { entity mode recordCount skippedCount } } }"


def test_a_source_that_is_down_at_the_start_costs_its_own_fields(
    tmp_path: Path, database_url: str
) -> None:
    """The gateway boots, answers everything else, names the source and the code."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")

            with capture_logs() as logs:
                answer = await ask(it, ADA, mail="ada@example.COM")

            assert answer["data"] == {
                "customer": {
                    "name": "Ada Lovelace",
                    "phones": [{"e164": "+442079460000"}],
                    "tickets": None,
                }
            }
            (error,) = answer["errors"]
            assert error["path"] == ["customer", "tickets"]
            assert error["extensions"] == {
                "code": "SOURCE_UNAVAILABLE",
                "source": "desk",
                "errorId": logs[-1]["error_id"],
            }
            assert "127.0.0.1" not in str(answer)
            assert answer["extensions"]["sources"]["desk"]["status"] == "down"

    asyncio.run(run())


def test_a_source_that_was_down_is_shown_as_such_and_heals(
    tmp_path: Path, database_url: str
) -> None:
    """Once the source answers again, so do its fields, without a restart."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")
                desk.status = 503

                broken = await ask(it, ADA, mail="ada@example.com")
                while_down = await ask(it, SOURCES)
                desk.status = 200
                healed = await ask(it, ADA, mail="ada@example.com")
                after = await ask(it, SOURCES)

        assert broken["data"]["customer"]["tickets"] is None
        assert _of(while_down, "desk")["status"] == "DOWN"
        assert "unavailable" in _of(while_down, "desk")["problem"]
        assert "errors" not in healed
        assert healed["data"]["customer"]["tickets"]["nodes"] == [
            {"subject": "Thanks", "status": "OPEN", "customer": {"name": "Ada Lovelace"}},
            {
                "subject": "Where is my order?",
                "status": "OPEN",
                "customer": {"name": "Ada Lovelace"},
            },
        ]
        assert _of(after, "desk")["status"] == "OK"
        assert _of(after, "desk")["problem"] is None

    asyncio.run(run())


def test_wrong_credentials_are_refused_fields_and_not_retried(
    tmp_path: Path, database_url: str
) -> None:
    """The client reads that the source refused; the token stays secret."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")
                desk.status = 403

                with capture_logs() as logs:
                    answer = await ask(it, ADA, mail="ada@example.com")

        (error,) = answer["errors"]
        assert error["extensions"] == {
            "code": "SOURCE_REFUSED",
            "source": "desk",
            "errorId": logs[-1]["error_id"],
        }
        assert desk.request_count == 1
        assert "open-sesame" not in str(answer)

    asyncio.run(run())


def test_broken_rows_are_skipped_counted_and_shown_and_the_rest_is_there(
    tmp_path: Path, database_url: str
) -> None:
    """A row without a key, an unreadable date and a broken line lose nobody else."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            result = await it.sync.sync_source("people")
            await it.sources.refresh(it.store)
            answer = await ask(it, SOURCES)
            names = await ask(it, "{ customers { nodes { name } } }")

        (pulled,) = result.entities
        assert (pulled.record_count, pulled.skipped_count) == (4, 3)
        (entity,) = _of(answer, "people")["entities"]
        assert entity == {
            "entity": "customer",
            "mode": "indexed",
            "recordCount": 4,
            "skippedCount": 3,
        }
        assert {each["name"] for each in names["data"]["customers"]["nodes"]} == {
            "Ada Lovelace",
            "王小明",
            "Shared One",
            "Shared Two",
        }

    asyncio.run(run())


def test_two_customers_with_one_address_stay_two_and_the_address_names_neither(
    tmp_path: Path, database_url: str
) -> None:
    """A client that asks by the shared address is told so, instead of getting one of them."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")

            answer = await ask(it, ADA, mail="family@example.com")

        assert answer["data"] == {"customer": None}
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"].startswith("2 customers have this in common")

    asyncio.run(run())


def test_an_empty_list_is_not_a_list_that_is_unknown(tmp_path: Path, database_url: str) -> None:
    """Who has no tickets has none; who cannot be asked for is unknown; and so says the source."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")

                empty = await ask(it, TICKETS_OF_SHARED)
                desk.status = 500
                unknown = await ask(it, TICKETS_OF_SHARED)

        pages = [each["tickets"] for each in empty["data"]["customers"]["nodes"]]
        assert pages == [{"nodes": [], "missingSources": []}] * 2
        assert "errors" not in empty
        assert empty["extensions"]["sources"]["desk"]["status"] == "ok"
        pages = [each["tickets"] for each in unknown["data"]["customers"]["nodes"]]
        assert pages == [None, None]
        assert unknown["extensions"]["sources"]["desk"]["status"] == "down"
        ids = {each["extensions"]["errorId"] for each in unknown["errors"]}
        assert (len(unknown["errors"]), len(ids)) == (2, 1)

    asyncio.run(run())


def test_a_source_that_says_when_to_come_back_is_quoted(tmp_path: Path, database_url: str) -> None:
    """In whole seconds, never too few."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")
                desk.status = 429
                desk.headers = {"Retry-After": "30"}

                answer = await ask(it, ADA, mail="ada@example.com")

        (error,) = answer["errors"]
        assert error["extensions"]["retryAfter"] == 30
        assert answer["data"]["customer"]["name"] == "Ada Lovelace"

    asyncio.run(run())


def test_a_page_of_customers_asks_a_live_source_once(tmp_path: Path, database_url: str) -> None:
    """Tickets of all customers of the page come with one request."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")

                answer = await ask(it, "{ customers { nodes { name tickets { nodes { id } } } } }")

        assert "errors" not in answer
        assert len(answer["data"]["customers"]["nodes"]) == 4
        assert desk.request_count == 1

    asyncio.run(run())


def _of(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(
        each for each in answer["data"]["sources"] if each["name"] == name
    )
    return found


HEALTH = """
{ sources { name status problem breaker { state triesAgainAt }
            latency { p50Ms p95Ms p99Ms answerCount } answeredAt } }
"""


def test_a_source_that_keeps_failing_is_left_alone_and_the_graph_says_until_when(
    tmp_path: Path, database_url: str
) -> None:
    """Two questions of three attempts open the breaker; the third is not asked any more."""

    async def run() -> None:
        with running_desk() as (desk, port):
            async with gateway(tmp_path, database_url, port) as it:
                await it.sync.sync_source("people")
                await ask(it, ADA, mail="ada@example.com")
                well = _of(await ask(it, HEALTH), "desk")
                desk.status, desk.request_count = 500, 0

                codes = [
                    (await ask(it, ADA, mail="ada@example.com"))["errors"][0]["extensions"]["code"]
                    for _ in range(3)
                ]
                asked_count = desk.request_count
                (error,) = (await ask(it, ADA, mail="ada@example.com"))["errors"]
                alone = _of(await ask(it, HEALTH), "desk")
                store = _of(await ask(it, HEALTH), "native")

        assert well["breaker"] == {"state": "CLOSED", "triesAgainAt": None}
        assert well["latency"]["answerCount"] == 1
        assert 0 < well["latency"]["p50Ms"] == well["latency"]["p99Ms"]
        assert codes == ["SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE", "SOURCE_OPEN"]
        assert asked_count == 5
        assert error["extensions"]["retryAfter"] <= 15
        assert error["message"].startswith("The source 'desk' is left alone for a while")
        assert alone["status"] == "OPEN"
        assert alone["problem"] == (
            "The source 'desk' is unavailable at the moment; try again later."
            " Until it is tried again it is not asked."
        )
        assert alone["breaker"]["state"] == "OPEN"
        assert alone["breaker"]["triesAgainAt"] > alone["answeredAt"] == well["answeredAt"]
        assert alone["latency"] == well["latency"]
        assert store["breaker"] is None
        assert store["latency"]["answerCount"] > 1

    asyncio.run(run())
