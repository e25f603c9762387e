"""Ids that sort by time."""

from datetime import UTC, datetime, timedelta

from domain.uuid7 import Uuid7Factory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_id_tells_its_version_and_its_time() -> None:
    """As RFC 9562 lays it out."""
    made = Uuid7Factory(now=lambda: NOON, chance=lambda n: b"\xff" * n)()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(NOON.timestamp() * 1000)


def test_every_id_is_greater_than_the_one_before() -> None:
    """Within a millisecond, when chance is against it, and when the clock goes back."""
    times = [NOON, NOON, NOON - timedelta(hours=1), NOON, NOON + timedelta(milliseconds=1)]
    chances = [b"\xff" * 10, b"\0" * 10, b"\x7f" * 10, b"\xff" * 10, b"\0" * 10]
    moments, luck = iter(times), iter(chances)
    make = Uuid7Factory(now=lambda: next(moments), chance=lambda _: next(luck))

    made = [make() for _ in times]

    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}
