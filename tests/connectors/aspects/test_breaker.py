"""The circuit breaker, with a clock that the tests move."""

import pytest

from connectors.aspects.breaker import LONGEST_REST_S, BreakerState, CircuitBreaker
from connectors.contract import (
    CircuitOpen,
    Malformed,
    OverLimit,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.options import Breaker
from tests.connectors.aspects.guarding import Clock


def _breaker(clock: Clock, *, failures: int = 5, open_s: float = 15) -> CircuitBreaker:
    return CircuitBreaker("desk", Breaker(failures=failures, open_s=open_s), clock=clock)


def _fail(breaker: CircuitBreaker, times: int = 1, error: SourceError | None = None) -> None:
    for _ in range(times):
        breaker.admit().failed(error or Unavailable("desk", "503"))


def _state(breaker: CircuitBreaker) -> BreakerState:
    return breaker.state


def _is_refused(breaker: CircuitBreaker) -> bool:
    try:
        breaker.admit().dropped()
    except CircuitOpen:
        return True
    return False


def test_a_source_that_failed_five_times_is_not_asked_for_15_s_and_then_once() -> None:
    """While one question tries, all others are refused at once; its success lets everybody in."""
    clock = Clock()
    breaker = _breaker(clock)
    _fail(breaker, 4)
    assert _state(breaker) is BreakerState.CLOSED
    _fail(breaker)

    assert _state(breaker) is BreakerState.OPEN
    clock.tick(14.9)
    with pytest.raises(CircuitOpen) as refused:
        breaker.admit()
    assert refused.value.code == "SOURCE_OPEN"
    assert refused.value.retry_after_s == pytest.approx(0.1)
    assert "5 times in a row" in refused.value.message
    assert refused.value.client_message == (
        "The source 'desk' is left alone for a while after it failed; try again later."
    )

    clock.tick(0.1)
    probe = breaker.admit()
    assert _state(breaker) is BreakerState.HALF_OPEN
    assert all(_is_refused(breaker) for _ in range(10))
    probe.answered()
    assert _state(breaker) is BreakerState.CLOSED
    assert not _is_refused(breaker)


def test_a_source_that_fails_when_it_is_tried_is_left_alone_again() -> None:
    """One failure is enough then."""
    clock = Clock()
    breaker = _breaker(clock)
    _fail(breaker, 5)
    clock.tick(15)

    _fail(breaker)

    assert _state(breaker) is BreakerState.OPEN
    assert breaker.rest_s == 15


def test_a_question_that_tries_and_is_given_up_leaves_the_try_to_the_next() -> None:
    """A client that goes away must not keep the source away for ever."""
    clock = Clock()
    breaker = _breaker(clock)
    _fail(breaker, 5)
    clock.tick(15)

    breaker.admit().dropped()

    assert _state(breaker) is BreakerState.HALF_OPEN
    breaker.admit().answered()
    assert _state(breaker) is BreakerState.CLOSED


def test_answers_to_questions_from_before_it_opened_change_nothing() -> None:
    """A late success is no sign that the source is back, a late failure none that it is not."""
    clock = Clock()
    breaker = _breaker(clock)
    early, earlier = breaker.admit(), breaker.admit()
    _fail(breaker, 5)

    early.answered()
    assert _state(breaker) is BreakerState.OPEN
    clock.tick(15)
    breaker.admit().answered()
    earlier.failed(TimedOut("desk", "late"))

    assert _state(breaker) is BreakerState.CLOSED


@pytest.mark.parametrize("answer", [None, Refused("desk", "403"), Malformed("desk", "HTML")])
def test_any_answer_ends_the_row_of_failures(answer: SourceError | None) -> None:
    """A source that refuses, or says what nobody can read, is there."""
    breaker = _breaker(Clock())
    _fail(breaker, 4)

    admission = breaker.admit()
    admission.failed(answer) if answer else admission.answered()
    _fail(breaker, 4)

    assert _state(breaker) is BreakerState.CLOSED


def test_what_was_never_asked_does_not_count() -> None:
    """Our own limits say nothing of the source."""
    breaker = _breaker(Clock())

    _fail(breaker, 100, OverLimit("desk", "100 calls per day"))

    assert _state(breaker) is BreakerState.CLOSED


def test_answers_that_lack_some_keys_neither_count_nor_end_the_row() -> None:
    """One record that always fails must not close the source to everybody else."""
    breaker = _breaker(Clock())
    _fail(breaker, 4)

    for _ in range(20):
        breaker.admit().answered_in_part()
    assert _state(breaker) is BreakerState.CLOSED
    _fail(breaker)

    assert _state(breaker) is BreakerState.OPEN


def test_an_answer_that_lacks_some_keys_is_enough_to_be_back() -> None:
    """Else one bad record would keep every other away."""
    clock = Clock()
    breaker = _breaker(clock)
    _fail(breaker, 5)
    clock.tick(15)

    breaker.admit().answered_in_part()

    assert _state(breaker) is BreakerState.CLOSED


def test_what_is_told_first_of_a_question_counts() -> None:
    """A question that timed out with no time to speak of is dropped, whatever is raised then."""
    breaker = _breaker(Clock(), failures=1)
    admission = breaker.admit()

    admission.dropped()
    admission.failed(TimedOut("desk", "no answer within 0.001 s"))

    assert _state(breaker) is BreakerState.CLOSED


@pytest.mark.parametrize(("asked_s", "rest_s"), [(40.0, 40.0), (2.0, 15), (86_400, LONGEST_REST_S)])
def test_it_stays_open_as_long_as_the_source_asks_within_reason(
    asked_s: float, rest_s: float
) -> None:
    """`Retry-After` of the failure that opened it, where that is longer than `open_s`."""
    breaker = _breaker(Clock(), failures=1)

    _fail(breaker, error=Unavailable("desk", "429", retry_after_s=asked_s))

    assert breaker.rest_s == rest_s
