"""What one request asked of one source becomes one status."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from connectors.aspects.account import Account, Accounts, accounted
from connectors.contract import Answer, Skipped
from connectors.errors import CircuitOpen, Malformed, Refused, SourceError, TimedOut, Unavailable
from connectors.health import HealthBoard, SourceStatus

ROWS = Answer({("1",): [("a",), ("b",)]}, calls=2)
GAPS = Answer({("1",): [("a",)]}, failures={("2",): TimedOut("desk", "late")})
BROKEN = Answer({("1",): [("a",)]}, skipped=(Skipped("7", "no date"),))
DOWN = Unavailable("desk", "gone")
LATE = TimedOut("desk", "late")
OPEN = CircuitOpen("desk", "left alone")
REFUSED = Refused("desk", "no")


def told(*outcomes: Answer | Exception) -> tuple[Account, HealthBoard]:
    """The account of a request that met these outcomes, one after the other."""
    accounts, board = Accounts(), HealthBoard(lambda: datetime(2026, 1, 1, tzinfo=UTC))

    async def answer(outcome: Answer | Exception) -> Answer:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def run() -> None:
        for each in outcomes:
            answering = answer(each)
            try:
                await accounted("desk", "ticket", answering, accounts=accounts, board=board)
            except SourceError:
                continue

    with capture_logs():
        asyncio.run(run())
    return accounts.of("desk"), board


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([ROWS], SourceStatus.OK),
        ([DOWN], SourceStatus.DOWN),
        ([LATE, DOWN], SourceStatus.DOWN),
        ([DOWN, REFUSED, LATE], SourceStatus.DOWN),
        ([REFUSED, LATE], SourceStatus.TIMEOUT),
        ([OPEN, LATE], SourceStatus.OPEN),
        ([REFUSED, REFUSED], SourceStatus.REFUSED),
        ([Malformed("desk", "html"), ValueError("what?")], SourceStatus.DOWN),
        ([GAPS], SourceStatus.PARTIAL),
        ([BROKEN], SourceStatus.PARTIAL),
        ([ROWS, DOWN], SourceStatus.PARTIAL),
        ([DOWN, ROWS], SourceStatus.PARTIAL),
        ([GAPS, DOWN], SourceStatus.PARTIAL),
    ],
)
def test_the_worst_wins_and_some_is_partial(
    outcomes: Sequence[Answer | Exception], status: SourceStatus
) -> None:
    """A source that gave anything at all is partial; one that gave nothing is what was worst."""
    account, _ = told(*outcomes)

    assert account.status is status


def test_a_source_that_is_left_alone_was_not_called() -> None:
    """Calls are what really left."""
    account, _ = told(OPEN, DOWN, ROWS)

    assert (account.call_count, account.row_count) == (3, 2)


def test_everything_that_is_asked_is_counted_by_entity() -> None:
    """Batches, rows, calls, what became of them, and failures by code."""
    _, board = told(ROWS, GAPS, DOWN, OPEN)

    tally = board.tallies.of("desk", "ticket")
    assert sum(tally.durations.counts) == 4
    assert (tally.row_count, tally.call_count) == (3, 4)
    assert tally.outcomes == {"PARTIAL": 1, "DOWN": 1, "OPEN": 1}
    assert tally.codes == {
        "SOURCE_TIMEOUT": 1,
        "SOURCE_UNAVAILABLE": 1,
        OPEN.code: 1,
    }


def test_a_fault_of_a_connector_is_logged_and_tells_the_client_nothing() -> None:
    """The text of the exception may hold anything."""
    accounts, board = Accounts(), HealthBoard(lambda: datetime(2026, 1, 1, tzinfo=UTC))

    async def fail() -> Answer:
        raise ValueError("postgresql://user:secret@db.internal")

    async def run() -> SourceError:
        with pytest.raises(SourceError) as caught:
            await accounted("desk", "ticket", fail(), accounts=accounts, board=board)
        return caught.value

    with capture_logs() as logs:
        error = asyncio.run(run())

    assert error.client_message == "The source 'desk' failed."
    assert [(each["event"], each["error_id"]) for each in logs] == [
        ("source_failed_unexpectedly", error.error_id)
    ]
