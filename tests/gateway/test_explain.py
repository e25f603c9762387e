"""`X-Explain` on the story world: what is predicted, what really happens, and who may see it."""

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.stories import company

PAGE = """
query Page($first: Int!) {
  customers(first: $first) {
    nodes {
      name
      records { recordId }
      tickets(first: 3) { nodes { subject customer { name } } }
    }
  }
}
"""
TICKETS = "{ tickets(first: 2, where: {status: {eq: OPEN}}) { nodes { subject } } }"
LOG = """
mutation {
  logInteraction(input: {
    customer: {email: "someone1@example.com"}, channel: PHONE, content: "hello",
    occurredAt: "2026-01-01T00:00:00Z"
  }) { interaction { id } problems { message } }
}
"""


@asynccontextmanager
async def world(
    folder: Path,
    database: str,
    *,
    keys_per_call: int = 100,
    explain: str = "analyze",
    desk_settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[tuple[Gateway, company.Desk]]:
    """A gateway over the company with forty customers, all pulled, and its help desk."""
    rows = [(f"k{n}", f"客户 {n}", f"someone{n}@example.com", "", "") for n in range(1, 41)]
    with (folder / "customers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "name", "mail", "phone", "joined"), *rows])
    (folder / "other.csv").write_text("id,name,mail\n")
    with company.running_desk() as (desk, port):
        desk.tickets = [{**company.TICKETS[0], "id": n, "who": f"k{n}"} for n in range(1, 41)]
        text = company.CONFIGURATION.format(
            database=database, folder=folder, port=port, precedence="[]"
        )
        config = yaml.safe_load(text)
        config["server"]["explain"] = explain
        config["sources"]["desk"]["entities"]["ticket"]["by"]["customer"] |= {
            "keys_per_call": keys_per_call
        }
        config["sources"]["desk"] |= desk_settings or {}
        path = folder / "customer360.yaml"
        path.write_text(yaml.safe_dump(config))
        async with open_gateway(load(path, {})) as gateway:
            await gateway.sync.sync_source("people")
            await gateway.sync.sync_source("more")
            yield gateway, desk


async def sent(
    gateway: Gateway, query: str, explain: str | None, **variables: Any
) -> httpx2.Response:
    """The HTTP answer to a query with the header."""
    transport = httpx2.ASGITransport(app=gateway.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        headers = {} if explain is None else {"X-Explain": explain}
        body = {"query": query, "variables": variables}
        return await client.post("/graphql", json=body, headers=headers)


def steps(explained: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All steps of an explanation, outer ones first."""
    found = []
    for each in explained["steps"]:
        found += [each, *steps({"steps": each.get("steps", ())})]
    return found


def calls(explained: Mapping[str, Any], name: str) -> Mapping[str, int]:
    """The calls to each source, as they are predicted or as they really were."""
    return {source: each[name] for source, each in explained["sources"].items() if each[name]}


@pytest.mark.parametrize(
    ("first", "keys_per_call", "desk"),
    [(1, 100, 1), (5, 100, 1), (40, 100, 1), (5, 2, 3), (40, 7, 6), (40, 1, 40)],
)
def test_what_is_predicted_is_what_happens(
    tmp_path: Path, empty_database_url: str, first: int, keys_per_call: int, desk: int
) -> None:
    """Page by page, and in as many batches as the source takes keys."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url, keys_per_call=keys_per_call) as (gate, it):
            planned = (await sent(gate, PAGE, "plan", first=first)).json()
            assert it.request_count == 0

            analyzed = (await sent(gate, PAGE, "analyze", first=first)).json()

            explained = planned["extensions"]["explain"]
            assert it.request_count == desk
            real = analyzed["extensions"]["explain"]
            assert calls(real, "realCalls") == {"native": 3, "desk": desk}
            assert calls(explained, "calls") == {"native": 3, "desk": desk}
            assert len(analyzed["data"]["customers"]["nodes"]) == first

    asyncio.run(scenario())


def test_a_plan_has_no_data_and_says_so_in_an_error(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Nobody takes it for an answer, and a null without an error is no response of GraphQL."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            answer = await sent(gateway, TICKETS, "plan")

            assert answer.status_code == 200
            body = answer.json()
            assert body["data"] is None
            (error,) = body["errors"]
            assert error["extensions"] == {"code": "NOT_EXECUTED"}
            assert set(body["extensions"]) == {"explain"}

    asyncio.run(scenario())


def test_it_says_what_the_source_does_and_what_is_done_here(
    tmp_path: Path, empty_database_url: str
) -> None:
    """The help desk can neither filter nor sort nor page: its whole list is read."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            body = (await sent(gateway, TICKETS, "plan")).json()

            (step,) = body["extensions"]["explain"]["steps"]
            (asked,) = step["asks"]
            assert (step["path"], step["kind"]) == ("tickets", "page")
            assert (asked["source"], asked["way"]) == ("desk", "live")
            assert "atSource" not in asked
            assert asked["here"] == {
                "where": "status = OPEN",
                "orderBy": "opened_at desc, record_id",
                "limit": 3,
            }

    asyncio.run(scenario())


def test_an_analysis_has_the_data_and_what_each_step_took(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Calls, rows and milliseconds stand at the step, and add up to `extensions.sources`."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            plain = (await sent(gateway, PAGE, None, first=3)).json()
            body = (await sent(gateway, PAGE, "analyze", first=3)).json()

            assert body["data"] == plain["data"]
            assert "errors" not in body
            found = {each["path"]: each for each in steps(body["extensions"]["explain"])}
            assert list(found) == [
                "customers",
                "customers.nodes.tickets",
                "customers.nodes.tickets.nodes.customer",
            ]
            real = {each["source"]: each for each in found["customers.nodes.tickets"]["real"]}
            assert {name: each["calls"] for name, each in real.items()} == {"native": 1, "desk": 1}
            assert found["customers"]["real"][0]["rows"] >= 3
            assert all(each["ms"] > 0 for each in found.values())
            counted = {name: each["calls"] for name, each in body["extensions"]["sources"].items()}
            assert counted == {
                name: each["calls"] for name, each in plain["extensions"]["sources"].items()
            }

    asyncio.run(scenario())


def test_what_comes_from_the_cache_is_told_with_its_age(
    tmp_path: Path, empty_database_url: str
) -> None:
    """The plan says how long answers are kept; the analysis, how many keys needed no call."""

    async def scenario() -> None:
        cache = {"cache": {"ticket": {"max_age_s": 60}}}
        async with world(tmp_path, empty_database_url, desk_settings=cache) as (gateway, desk):
            await sent(gateway, PAGE, None, first=5)

            body = (await sent(gateway, PAGE, "analyze", first=5)).json()

            assert desk.request_count == 1
            found = {each["path"]: each for each in steps(body["extensions"]["explain"])}
            (asked,) = [
                each for each in found["customers.nodes.tickets"]["asks"] if "cache" in each
            ]
            assert (asked["source"], asked["cache"]["maxAgeS"]) == ("desk", 60)
            assert asked["calls"] == 1
            (real,) = [
                each
                for each in found["customers.nodes.tickets"]["real"]
                if each["source"] == "desk"
            ]
            assert (real["calls"], real["keptKeys"]) == (0, 5)
            assert 0 <= real["ageS"] < 60
            assert body["extensions"]["explain"]["sources"]["desk"]["realCalls"] == 0

    asyncio.run(scenario())


def test_a_dead_source_is_told_at_its_step_only(tmp_path: Path, empty_database_url: str) -> None:
    """With its code, and in the words that clients may read."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, desk):
            desk.status = 500

            body = (await sent(gateway, PAGE, "analyze", first=2)).json()

            failed = [each for each in steps(body["extensions"]["explain"]) if "problems" in each]
            assert [each["path"] for each in failed] == ["customers.nodes.tickets"]
            (problem,) = failed[0]["problems"]
            assert problem["source"] == "desk"
            assert "127.0.0.1" not in str(problem)

    asyncio.run(scenario())


def test_a_mutation_that_is_planned_writes_nothing(tmp_path: Path, empty_database_url: str) -> None:
    """Only what it would look up is told."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            body = (await sent(gateway, LOG, "plan")).json()

            explained = body["extensions"]["explain"]
            assert [each["path"] for each in steps(explained)] == [
                "logInteraction",
                "logInteraction.interaction",
            ]
            (count,) = await gateway.store.fetch("SELECT count(*) AS n FROM interaction")
            assert count["n"] == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(("allowed", "asked"), [("none", "plan"), ("plan", "analyze")])
def test_who_may_not_see_it_is_refused(
    tmp_path: Path, empty_database_url: str, allowed: str, asked: str
) -> None:
    """Nothing is executed, and it is said who can allow it."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url, explain=allowed) as (gateway, desk):
            answer = await sent(gateway, PAGE, asked, first=1)

            assert answer.status_code == 403
            (error,) = answer.json()["errors"]
            assert error["extensions"] == {"code": "FORBIDDEN"}
            assert "`server.explain`" in error["message"]
            assert desk.request_count == 0

    asyncio.run(scenario())


def test_another_word_in_the_header_is_a_bad_request(
    tmp_path: Path, empty_database_url: str
) -> None:
    """It lists the words that there are."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            answer = await sent(gateway, TICKETS, "verbose")

            assert answer.status_code == 400
            assert "'plan' or 'analyze'" in answer.json()["errors"][0]["message"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ customers { nodes { nmae } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ customers {", {}, "GRAPHQL_PARSE_FAILED"),
        (PAGE, {"first": "many"}, "BAD_USER_INPUT"),
        (PAGE, {"first": 9}, None),
    ],
)
def test_what_is_wrong_with_a_request_is_answered_as_ever(
    tmp_path: Path, empty_database_url: str, query: str, variables: Any, code: str | None
) -> None:
    """The header changes nothing about it."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, _):
            plain = (await sent(gateway, query, None, **variables)).json()
            planned = (await sent(gateway, query, "plan", **variables)).json()

            if code is None:
                assert "errors" not in plain
            else:
                assert planned == plain
                assert planned["errors"][0]["extensions"]["code"] == code

    asyncio.run(scenario())


def test_no_secret_and_no_host_is_in_an_explanation(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Neither in a plan nor in an analysis, also of what fails."""

    async def scenario() -> None:
        async with world(tmp_path, empty_database_url) as (gateway, desk):
            texts = [(await sent(gateway, PAGE, "plan", first=2)).text]
            desk.status = 401
            texts.append((await sent(gateway, PAGE, "analyze", first=2)).text)

            for text in texts:
                assert "open-sesame" not in text
                assert "127.0.0.1" not in text
                assert empty_database_url not in text

    asyncio.run(scenario())
