"""What a policy hides might as well not be there: no answer tells of it, nor of its absence."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.oracle.comparison import cursors_in
from tests.oracle.database import ALIVE, Databases, Kind
from tests.oracle.differing import compared
from tests.oracle.generator import Generator
from tests.oracle.restricted import RestrictedWorld, restricted, weakened
from tests.oracle.role import draw
from tests.oracle.world import DESK

OPERATIONS = int(os.environ.get("CUSTOMER360_POLICY_OPERATIONS", "900"))
"""How many operations to compare in all."""

AT_ONCE = 4
CHUNK = 25
"""How many operations each role asks."""

ROLES = 3
"""How many roles share a world, all asking at the same time."""

KINDS: Mapping[str, Kind] = {
    "all in memory": Kind(None),
    "all in memory, one source dead": Kind(None, DESK),
    "all in the store": Kind(ALIVE, share=3),
    "one source live": Kind(DESK),
    "one source live, its answers kept": Kind(DESK, kept=DESK),
    "one source live and dead": Kind(DESK, DESK),
    "one source live that can do little": Kind(DESK),
}
COMPANIES = max(2, OPERATIONS // 5000)


def _chunks() -> list[tuple[str, int]]:
    share = sum(each.share for each in KINDS.values())
    count = max(1, OPERATIONS // CHUNK // ROLES // share)
    return [(name, n) for name, kind in KINDS.items() for n in range(count * kind.share)]


@contextmanager
def _worlds(databases: Databases, name: str, number: int) -> Iterator[list[RestrictedWorld]]:
    kind = KINDS[name]
    with databases.world(kind, number % COMPANIES) as opened:
        world = weakened(opened) if name.endswith("can do little") else opened
        chance = random.Random(f"roles {name} {number}")
        parts = [draw(chance, world.company) for _ in range(ROLES)]
        yield [restricted(world, each, dead=kind.dead) for each in parts]


@pytest.mark.parametrize(("name", "number"), _chunks())
def test_what_is_hidden_might_as_well_not_be_there(
    databases: Databases, name: str, number: int
) -> None:
    """Under a policy over all records, the answers are those over what it leaves of them.

    Data, nulls, order, cursors and errors are equal, for every operation of roles at random.
    """
    with _worlds(databases, name, number) as worlds:
        for n, world in enumerate(worlds):
            chance = random.Random(f"{name} {number} {n}")
            cursors: list[str] = ["garbage"]
            generator = Generator(
                world.schema, world.company, chance, ids=world.ids(), cursors=cursors
            )
            done = 0
            while done < CHUNK:
                operations = [generator.operation() for _ in range(AT_ONCE)]
                found = [each for each in compared(world, operations) if each is not None]
                done += max(1, len(found))
                cursors += [cursor for data, _ in found for cursor in cursors_in(data)]
