"""Failures are logged once each, under the id that the client gets."""

from collections.abc import Iterator
from itertools import count

from structlog.testing import capture_logs

from connectors.aspects.failure_log import FailureLog
from connectors.errors import SourceError, Unavailable


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def _ids() -> Iterator[str]:
    return (f"id-{number}" for number in count(1))


def _log(clock: Clock) -> FailureLog:
    ids = _ids()
    return FailureLog(quiet_s=60, new_id=lambda: next(ids), clock=clock)


def _down(message: str = "nobody answers at desk.internal: is it running?") -> Unavailable:
    return Unavailable("desk", message)


def test_a_failure_is_logged_with_what_it_was_made_of() -> None:
    """The log has everything under the id."""
    failure = _down()
    failure.__cause__ = ConnectionError("desk.internal:443 refused")

    with capture_logs() as logs:
        told = _log(Clock()).failed(failure, entity="ticket")

    assert told is failure
    assert failure.error_id == "id-1"
    assert logs == [
        {
            "event": "source_failed",
            "log_level": "warning",
            "source": "desk",
            "entity": "ticket",
            "code": "SOURCE_UNAVAILABLE",
            "error": "nobody answers at desk.internal: is it running?",
            "error_id": "id-1",
            "cause": "ConnectionError: desk.internal:443 refused",
        }
    ]


def test_one_failure_that_many_met_is_logged_once() -> None:
    """It keeps its id, even after the quiet time."""
    clock, failure = Clock(), _down()
    failures = _log(clock)

    with capture_logs() as logs:
        failures.failed(failure, entity="ticket")
        clock.now = 100
        failures.failed(failure, entity="ticket")

    assert (failure.error_id, len(logs)) == ("id-1", 1)


def test_a_failure_that_repeats_itself_is_counted_and_summed_up() -> None:
    """A thousand questions to a dead source are two lines a minute; all share the id that is there.

    Numbers in the text make no difference: a timeout is as long as what was left of the time.
    """
    clock = Clock()
    failures = _log(clock)

    with capture_logs() as logs:
        seen = {
            failures.failed(_down(f"none in {n} s"), entity="ticket").error_id for n in range(1000)
        }
        clock.now = 61
        failures.sum_up()
        failures.sum_up()

    assert seen == {"id-1"}
    assert [each["event"] for each in logs] == ["source_failed", "failed_again"]
    assert (logs[1]["times"], logs[1]["within_s"], logs[1]["error_id"]) == (999, 61, "id-1")


def test_after_the_quiet_time_a_failure_is_news_again() -> None:
    """Under a new id, after the sum of what was before."""
    clock = Clock()
    failures = _log(clock)

    with capture_logs() as logs:
        for at in (0, 1, 60):
            clock.now = at
            failures.failed(_down(), entity="ticket")

    assert [(each["event"], each["error_id"]) for each in logs] == [
        ("source_failed", "id-1"),
        ("failed_again", "id-1"),
        ("source_failed", "id-2"),
    ]


def test_another_failure_of_the_same_source_is_told() -> None:
    """What is different is not hidden behind what is known."""
    failures = _log(Clock())

    with capture_logs() as logs:
        failures.failed(_down(), entity="ticket")
        failures.failed(_down("answered 503"), entity="ticket")

    assert [each["error_id"] for each in logs] == ["id-1", "id-2"]


def test_a_source_that_is_well_says_nothing() -> None:
    """No summary of one line."""
    clock = Clock()
    failures = _log(clock)

    with capture_logs() as logs:
        failures.failed(_down(), entity="ticket")
        clock.now = 3600
        failures.sum_up()

    assert len(logs) == 1


def test_kinds_of_failures_are_forgotten_before_they_fill_the_memory() -> None:
    """A source that fails in ever new words is logged each time, and no more is kept."""
    failures = _log(Clock())

    with capture_logs() as logs:
        for number in range(3000):
            failures.failed(_down("x" * number), entity="ticket")

    assert len(logs) == 3000
    assert len(failures._told) == 1000


def test_what_should_not_happen_is_logged_with_where_it_did() -> None:
    """A guarded connector gives it as a failure of the source, with the exception behind it."""
    failure = SourceError("desk", "unexpected KeyError")
    failure.__cause__ = KeyError("nobody foresaw this")

    with capture_logs() as logs:
        _log(Clock()).failed(failure, entity="ticket")

    (told,) = logs
    assert told["event"] == "source_failed_unexpectedly"
    assert told["exc_info"] is failure.__cause__
    assert told["error_id"] == failure.error_id == "id-1"
