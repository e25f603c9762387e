"""A real Request Tracker as the help desk of a gateway, by configuration alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.connectors.rest.request_tracker import PASSWORD, USER, RequestTracker, running
from tests.documentation import yaml_blocks
from tests.stories.company import ask

WHOLE = """
{
  customers {
    nodes {
      name
      emails { address }
      tickets { nodes { number subject status priority queue agent openedAt resolvedAt } }
    }
  }
}
"""


@pytest.fixture(scope="module")
def desk() -> Iterator[RequestTracker]:
    """The help desk of two customers, one of whom has more tickets than a page holds."""
    with running() as tracker:
        tracker.create(
            "user", Name="o'brien", RealName="Ada O'Brien", EmailAddress="ada@example.com"
        )
        tracker.create("user", Name="王", RealName="王小明", EmailAddress="wang@example.cn")
        for subject, status, priority in (
            ("Where is it?", "open", 0),
            ("退货", "resolved", 50),
            ("Thanks", "new", 100),
        ):
            tracker.create(
                "ticket",
                Queue="General",
                Subject=subject,
                Requestor="ada@example.com",
                Status=status,
                Priority=priority,
            )
        yield tracker


@asynccontextmanager
async def _gateway(
    folder: Path, database: str, desk: RequestTracker, *, password: str = PASSWORD
) -> AsyncIterator[Gateway]:
    """A gateway as the documentation configures it, with pages of two."""
    (documented,) = [each for each in yaml_blocks("rest") if "REST/2.0" in each]
    settings = documented.replace("size: 100", "size: 2")
    store = f'store: {{url: "{database}", data_dir: "{folder}/data"}}\n'
    file = folder / "customer360.yaml"
    file.write_text(store + settings, "utf-8")
    given = {"RT_URL": desk.url, "RT_USER": USER, "RT_PASSWORD": password}
    async with open_gateway(load(file, given)) as opened:
        yield opened


async def _pulled(folder: Path, database: str, desk: RequestTracker) -> Mapping[str, Any]:
    async with _gateway(folder, database, desk) as gateway:
        await gateway.sync.sync_source("desk")
        return await ask(gateway, WHOLE)


def test_customers_and_their_tickets_come_from_request_tracker(
    tmp_path: Path, database_url: str, desk: RequestTracker
) -> None:
    """Names with quotes, three tickets over pages of two, status, priority, queue and times."""
    answer = asyncio.run(_pulled(tmp_path, database_url, desk))

    assert "errors" not in answer
    found = {each["name"]: each for each in answer["data"]["customers"]["nodes"]}
    assert found["王小明"]["tickets"]["nodes"] == []
    ada = found["Ada O'Brien"]
    assert ada["emails"] == [{"address": "ada@example.com"}]
    tickets = {each["subject"]: each for each in ada["tickets"]["nodes"]}
    assert {subject: (each["status"], each["priority"]) for subject, each in tickets.items()} == {
        "Where is it?": ("OPEN", "LOW"),
        "退货": ("RESOLVED", "NORMAL"),
        "Thanks": ("NEW", "HIGH"),
    }
    assert tickets["退货"]["resolvedAt"] is not None
    assert tickets["Thanks"]["resolvedAt"] is None
    assert {(each["queue"], each["agent"]) for each in tickets.values()} == {("General", None)}


def test_a_wrong_password_is_refused_and_customers_stay(
    tmp_path: Path, database_url: str, desk: RequestTracker
) -> None:
    """Names come from the index, tickets are refused, and the password is told nobody."""

    async def run() -> Mapping[str, Any]:
        await _pulled(tmp_path, database_url, desk)
        async with _gateway(tmp_path, database_url, desk, password="wr0ng-word") as gateway:
            return await ask(gateway, WHOLE)

    answer = asyncio.run(run())

    _has_no_tickets(answer, "SOURCE_REFUSED")
    assert answer["extensions"]["sources"]["desk"]["status"] == "refused"
    assert "wr0ng-word" not in str(answer)


def test_a_help_desk_that_ends_costs_its_tickets(
    tmp_path: Path, database_url: str, desk: RequestTracker
) -> None:
    """The last test: Request Tracker is gone after it."""

    async def run() -> Mapping[str, Any]:
        async with _gateway(tmp_path, database_url, desk) as gateway:
            await gateway.sync.sync_source("desk")
            desk.stop()
            return await ask(gateway, WHOLE)

    answer = asyncio.run(run())

    _has_no_tickets(answer, "SOURCE_UNAVAILABLE")
    assert answer["extensions"]["sources"]["desk"]["status"] == "down"
    assert "127.0.0.1" not in str(answer)


def _has_no_tickets(answer: Mapping[str, Any], code: str) -> None:
    """Every customer is there, without tickets and with an error that has the code."""
    nodes = answer["data"]["customers"]["nodes"]
    assert {"Ada O'Brien", "王小明"} <= {each["name"] for each in nodes}
    assert [each["tickets"] for each in nodes] == [None] * len(nodes)
    assert {each["extensions"]["code"] for each in answer["errors"]} == {code}
