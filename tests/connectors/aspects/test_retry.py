"""Asking again, with a clock that the tests move."""

import asyncio

import pytest

from connectors.aspects.breaker import BreakerState
from connectors.contract import (
    Malformed,
    Refused,
    SourceError,
    Unavailable,
)
from tests.connectors.aspects.guarding import Clock
from tests.connectors.aspects.scripted import BATCH, Scripted, down, fail, ids, over


def test_a_failure_that_may_pass_is_asked_again_with_growing_pauses() -> None:
    """All attempts' calls are counted, and the time that is left is what each of them gets."""
    inner, clock = Scripted(down(), down()), Clock()
    source = over(inner, clock, retry={"attempts": 2, "pause_s": 1})

    answer = asyncio.run(source.fetch(BATCH))

    assert ids(answer) == ["a", "b", "王"]
    assert answer.calls == 1 + 1 + 2
    assert clock.slept == [1.0, 2.0]
    assert [each.timeout_s for each in inner.asked] == [10, 9, 7]


def test_up_to_half_of_a_pause_is_left_out_by_chance() -> None:
    """So that replicas do not come back all at once."""
    clock = Clock()
    source = over(Scripted(down()), clock, chance=0.8, retry={"pause_s": 1})

    asyncio.run(source.fetch(BATCH))

    assert clock.slept == [0.6]


def test_what_the_source_asks_for_is_kept_instead_of_the_pause() -> None:
    """And nothing of it is left out; by then the gate lets calls through again."""
    clock = Clock()
    source = over(Scripted(down(3)), clock, chance=1.0, retry={"pause_s": 1})

    asyncio.run(source.fetch(BATCH))

    assert clock.slept == [3.0]


def test_nothing_is_waited_for_beyond_the_time_of_the_question() -> None:
    """It fails at once, says when to come again, and is not asked before by anybody else."""
    inner, clock = Scripted(down(30)), Clock()
    source = over(inner, clock)

    assert fail(source).retry_after_s == 30

    assert clock.slept == []
    refused = fail(source)
    assert (refused.code, refused.retry_after_s) == ("SOURCE_OPEN", 30)
    assert len(inner.asked) == 1
    clock.tick(30)
    assert ids(asyncio.run(source.fetch(BATCH))) == ["a", "b", "王"]


@pytest.mark.parametrize("error", [Refused("desk", "403"), Malformed("desk", "HTML"), down()])
def test_what_would_fail_again_is_asked_once(error: SourceError) -> None:
    """A refusal does not pass by itself, and with `attempts: 0` nothing is asked again."""
    inner = Scripted(error)
    attempts = 0 if isinstance(error, Unavailable) else 5
    source = over(inner, Clock(), retry={"attempts": attempts})

    assert fail(source) is error

    assert len(inner.asked) == 1
    assert error.call_count == 1


def test_only_the_keys_that_failed_are_asked_again_and_the_answers_are_joined() -> None:
    """What was there already is not asked for twice; a key that is refused stays refused."""
    refused = Refused("desk", "403")
    inner = Scripted({"b": down(), "王": refused}, {"b": down()})
    source = over(inner, Clock())

    answer = asyncio.run(source.fetch(BATCH))

    assert [each.keys for each in inner.asked] == [BATCH.keys, (("b",),), (("b",),)]
    assert ids(answer) == ["a", "b"]
    assert answer.failures == {("王",): refused}
    assert answer.calls == 6


def test_what_was_found_is_given_where_the_rest_fails_to_the_end() -> None:
    """The keys that failed keep their failure, the others their rows."""
    reason = down()
    inner = Scripted({"b": reason}, down(), down())
    source = over(inner, Clock())

    answer = asyncio.run(source.fetch(BATCH))

    assert ids(answer) == ["a", "王"]
    assert answer.failures == {("b",): reason}
    assert answer.calls == 2 + 1 + 1


def test_a_question_is_not_asked_again_once_the_breaker_has_opened() -> None:
    """It tells why it failed, not that the source is left alone since."""
    inner, clock = Scripted(*[down()] * 9), Clock()
    source = over(inner, clock, retry={"attempts": 5}, breaker={"failures": 2})

    error = fail(source)

    assert error.code == "SOURCE_UNAVAILABLE"
    assert error.call_count == 2
    assert len(inner.asked) == 2


def test_a_key_that_always_fails_does_not_close_the_source_to_others() -> None:
    """Many answers that lack one key leave the breaker closed."""
    inner, clock = Scripted(*[{"b": down()}] * 60), Clock()
    source = over(inner, clock)

    for _ in range(20):
        assert ids(asyncio.run(source.fetch(BATCH))) == ["a", "王"]

    assert source.guard.breaker.state is BreakerState.CLOSED


def test_answers_without_any_key_count_as_failures() -> None:
    """A source that fails for each key by itself is as down as one that fails as a whole."""
    nothing = dict.fromkeys(("a", "b", "王"), down())
    inner = Scripted(*[nothing] * 9)
    source = over(inner, Clock(), retry={"attempts": 0})

    for _ in range(5):
        assert len(asyncio.run(source.fetch(BATCH)).failures) == 3

    assert fail(source).code == "SOURCE_OPEN"
