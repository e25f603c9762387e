"""The engine answers like graphql-core: data, nulls, order and errors, wherever records are."""

import os
import random
from collections.abc import Mapping

import pytest

from tests.oracle.comparison import cursors_in
from tests.oracle.database import ALIVE, Databases, Kind
from tests.oracle.differing import compared
from tests.oracle.generator import Generator
from tests.oracle.world import DESK

OPERATIONS = int(os.environ.get("CUSTOMER360_ORACLE_OPERATIONS", "2000"))
"""How many operations to compare in all."""

CHUNK = 125
COMPANIES = max(3, OPERATIONS // 1000)
"""How many companies to make of each kind."""

AT_ONCE = 4
"""How many operations are under way at the same time."""

KINDS: Mapping[str, Kind] = {
    "all in memory": Kind(None),
    "all in memory, one source dead": Kind(None, DESK),
    "all in the store": Kind(ALIVE, share=3),
    "one source live": Kind(DESK),
    "one source live, its answers kept": Kind(DESK, kept=DESK),
    "one source live and dead": Kind(DESK, DESK),
}


def _chunks() -> list[tuple[str, int]]:
    count = max(1, OPERATIONS // CHUNK // sum(each.share for each in KINDS.values()))
    return [(name, n) for name, kind in KINDS.items() for n in range(count * kind.share)]


@pytest.mark.parametrize(("name", "number"), _chunks())
def test_the_engine_answers_random_operations_as_graphql_core_does(
    databases: Databases, name: str, number: int
) -> None:
    """Data, nulls, order and errors are equal for every operation."""
    with databases.world(KINDS[name], number % COMPANIES) as world:
        cursors: list[str] = ["garbage"]
        chance = random.Random(f"{name} {number}")
        generator = Generator(world.schema, world.company, chance, ids=world.ids(), cursors=cursors)
        count = 0
        while count < CHUNK:
            operations = [generator.operation() for _ in range(AT_ONCE)]
            found = [each[0] for each in compared(world, operations) if each is not None]
            count += len(found)
            cursors += [cursor for data in found for cursor in cursors_in(data)]
