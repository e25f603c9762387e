"""Critical sources decide about readiness, others never; and whoever comes back is taken back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.contract import Finding, Severity, SourceError
from connectors.errors import TimedOut, Unavailable
from connectors.health import HealthBoard
from gateway.critical import IDLE_PROBES, Watch
from gateway.readiness import Readiness
from tests.connectors.federated import source
from tests.gateway.process import TICKETS, desk_at, running, running_desk, shop, wait

GONE = Unavailable("crm", "nobody answers at crm.internal")
WRONG = Finding(Severity.ERROR, "there is no column 'name'")
ODD = Finding(Severity.WARNING, "half of the rows have no name")


class Crm:
    """A source whose checks give what is set, and are counted."""

    def __init__(self, outcome: Exception | Sequence[Finding] = ()) -> None:
        self.inner = source("crm")
        self.outcome = outcome
        self.check_count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def check(self) -> Sequence[Finding]:
        """What is set."""
        self.check_count += 1
        if isinstance(self.outcome, asyncio.CancelledError | TimeoutError):
            await asyncio.Event().wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class World:
    """A watch over one critical source."""

    def __init__(self, outcome: Exception | Sequence[Finding] = ()) -> None:
        self.crm = Crm(outcome)
        self.board = HealthBoard(lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.readiness = Readiness()
        self.watch = Watch(
            {"crm": self.crm, "desk": source("desk")},
            timeouts_s={"crm": 0.05},
            board=self.board,
            readiness=self.readiness,
        )

    def look(self, times: int = 1) -> list[str]:
        """Look so often; the events that were logged."""

        async def run() -> None:
            for _ in range(times):
                await self.watch.look()

        with capture_logs() as logs:
            asyncio.run(run())
        return [each["event"] for each in logs]


@pytest.mark.parametrize("outcome", [GONE, [ODD, WRONG], TimeoutError(), ValueError("what?")])
def test_a_critical_source_that_stands_no_check_is_lost(
    outcome: Exception | Sequence[Finding],
) -> None:
    """Down, refusing, slow or broken; once it stands one it is back, and both are logged once."""
    world = World(outcome)
    assert world.readiness.objection == "these critical sources were not reached yet: crm"

    events = world.look(times=3)
    assert world.readiness.objection == "these critical sources do not answer: crm"
    assert events.count("critical_source_lost") == 1

    world.crm.outcome = [ODD]
    assert world.look(times=2) == ["critical_source_is_back"]
    assert world.readiness.objection is None


def test_a_source_that_answers_is_not_asked_anything() -> None:
    """One that nobody asks is tried now and then."""
    world = World()

    world.look(times=IDLE_PROBES)

    assert (world.crm.check_count, world.readiness.objection) == (1, None)
    world.look()
    assert world.crm.check_count == 2


def test_a_source_that_was_reached_before_the_settings_changed_needs_no_second_proof() -> None:
    """The gateway stays ready while it takes up another configuration."""
    world = World()
    world.look()

    after = Readiness()
    Watch(
        {"crm": world.crm},
        timeouts_s={"crm": 0.05, "new": 0.05},
        board=world.board,
        readiness=after,
        proven=world.watch.proven,
    )

    assert after.unproven == ["new"]


@pytest.mark.parametrize("failure", [GONE, TimedOut("crm", "late")])
def test_a_failed_question_has_the_source_tried(failure: SourceError) -> None:
    """It alone does not take the gateway away from everybody."""
    world = World()
    world.look()

    world.board.failed(failure)
    world.look()

    assert (world.crm.check_count, world.readiness.objection) == (2, None)


def test_readiness_follows_a_critical_source_and_no_other(
    tmp_path: Path, database_url: str
) -> None:
    """The gateway boots while it is down, answers all else, and is ready when it comes up."""
    with running_desk() as (desk, url):
        desk.status = 503
        sources = {
            "shop": shop(),
            "desk": desk_at(url, critical=True),
            "other": desk_at("http://127.0.0.1:1"),
        }
        with running(tmp_path, {"store": {"url": database_url}, "sources": sources}) as it:
            wait(lambda: "do not answer" in it.ready().text)
            while_down = it.ready()
            answer = it.ask(TICKETS).json()
            desk.status = 200
            wait(lambda: it.ready().status_code == 200)

            reason = "these critical sources do not answer: desk"
            assert while_down.json() == {"status": "unavailable", "reason": reason}
            assert [each["name"] for each in answer["data"]["customers"]["nodes"]] == [
                "Ada",
                "王小明",
                "Grace",
            ]
            assert "127.0.0.1" not in while_down.text
