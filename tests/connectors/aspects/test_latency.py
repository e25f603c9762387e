"""The percentiles of the last answers."""

import random

from connectors.aspects.latency import KEPT_ANSWERS, Latencies, Latency


def test_a_source_that_has_not_answered_has_none() -> None:
    """Nothing known is not the same as fast."""
    assert Latencies().of("desk") is None


def test_percentiles_are_the_times_within_which_so_many_answers_came() -> None:
    """Of a hundred answers of 1 to 100 ms, in whatever order they came."""
    times = [number / 1000 for number in range(1, 101)]
    random.Random(1).shuffle(times)
    kept = Latencies()
    for each in times:
        kept.note("desk", each)
    kept.note("shop", 7.0)

    assert kept.of("desk") == Latency(p50_ms=50, p95_ms=95, p99_ms=99, answer_count=100)
    assert kept.of("shop") == Latency(p50_ms=7000, p95_ms=7000, p99_ms=7000, answer_count=1)


def test_old_answers_are_forgotten() -> None:
    """What a source once was is soon out of the figures."""
    kept = Latencies()
    for _ in range(KEPT_ANSWERS):
        kept.note("desk", 9.0)
    for _ in range(KEPT_ANSWERS):
        kept.note("desk", 0.002)

    assert kept.of("desk") == Latency(p50_ms=2, p95_ms=2, p99_ms=2, answer_count=KEPT_ANSWERS)
