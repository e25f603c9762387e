"""Whether a run reached its goals."""

from benchmarks.goals import Goal, of_memory, reached, table
from benchmarks.measurement import Measurement


def _measured(per_s: float, cpu_us: float = 100.0, database_us: float = 50.0) -> Measurement:
    return Measurement(
        per_s=per_s, cpu_us=cpu_us, database_us=database_us, p50_ms=1, p99_ms=2, failures=0
    )


def test_what_was_not_measured_is_no_goal() -> None:
    """A part of a run must not look like a failed one."""
    assert reached({("tiny", "hello"): [_measured(10_000)]}) == []


def test_the_ratio_is_the_median_of_those_within_rounds() -> None:
    """What else the machine did in a round, it did to both."""
    rounds = [_measured(100), _measured(50), _measured(400)]
    peer = [_measured(20), _measured(25), _measured(100)]

    found = {
        each.title: each
        for each in reached({("whole", "gateway"): rounds, ("whole", "mercurius"): peer})
    }

    goal = found["one whole customer: times as fast as mercurius"]
    assert (goal.found, goal.bound, goal.is_reached) == (4.0, 5.5, False)


def test_the_cpu_of_the_floors_is_their_sum() -> None:
    """Statements and HTTP are both needed, and nothing else is."""
    results = {
        ("tiny", "gateway"): [_measured(1, cpu_us=60, database_us=40)],
        ("tiny", "statement"): [_measured(1, cpu_us=20, database_us=40)],
        ("tiny", "hello"): [_measured(1, cpu_us=20, database_us=0)],
    }

    [goal] = [each for each in reached(results) if "floors" in each.title]

    assert (goal.found, goal.is_reached) == (1.25, True)


def test_memory_is_flat_after_the_caches_are_full() -> None:
    """The first half of the documents may fill them."""
    after, flat = of_memory([100 * 2**20, 110, 150, 200, 200, 220])

    assert (after.found, after.is_reached) == (100.0, True)
    assert (round(flat.found, 6), flat.is_reached) == (10.0, False)


def test_a_goal_is_one_line_of_the_table() -> None:
    """Whoever reads it sees the bound beside what was found."""
    rows = table([Goal("whole", 4.2, 4, is_least=True), Goal("CPU", 91, 90)]).splitlines()

    assert rows[2:] == ["| whole | ≥ 4 | 4.20 | yes |", "| CPU | ≤ 90 | 91.00 | no |"]
