"""The engine answers like graphql-core: data, nulls, order and errors, wherever records are."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from resolvers.request import Request
from tests.oracle.comparison import Answer, answered, cursors_in, difference, expected
from tests.oracle.generator import Generator, Operation
from tests.oracle.reduction import reduced
from tests.oracle.world import DESK, World, memory_world, stored_world
from tests.postgres import Server

OPERATIONS = int(os.environ.get("CUSTOMER360_ORACLE_OPERATIONS", "2000"))
"""How many operations to compare in all."""

CHUNK = 125
AT_ONCE = 4
"""How many operations are under way at the same time."""

Open = Callable[[int, str], AbstractContextManager[World]]

WORLDS: Mapping[str, Open] = {
    "all in memory": lambda seed, _url: memory_world(seed),
    "in memory, one source dead": lambda seed, _url: memory_world(seed, dead=DESK),
    "all in the store": stored_world,
    "one source live": partial(stored_world, live=DESK),
    "one source live and dead": partial(stored_world, live=DESK, dead=DESK),
}
IN_STORE = {"all in the store": 3}
"""How much more of the operations a world gets than the others."""


@dataclass(slots=True)
class Worlds:
    """The worlds of a session, each made when it is first asked for."""

    server: Server
    stack: ExitStack
    made: dict[tuple[str, int], World] = field(default_factory=dict)

    def of(self, name: str, seed: int) -> World:
        """The world of that name over the company of that seed."""
        if (name, seed) not in self.made:
            url = "" if "memory" in name else self.stack.enter_context(self.server.database())
            self.made[name, seed] = self.stack.enter_context(WORLDS[name](seed, url))
        return self.made[name, seed]


@pytest.fixture(scope="session")
def worlds(postgres: Server) -> Iterator[Worlds]:
    """The worlds of this session."""
    with ExitStack() as stack:
        yield Worlds(postgres, stack)


def _chunks() -> list[tuple[str, int]]:
    shares = {name: IN_STORE.get(name, 1) for name in WORLDS}
    count = max(1, OPERATIONS // CHUNK // sum(shares.values()))
    return [(name, n) for name, share in shares.items() for n in range(count * share)]


@pytest.mark.parametrize(("name", "number"), _chunks())
def test_the_engine_answers_random_operations_as_graphql_core_does(
    worlds: Worlds, name: str, number: int
) -> None:
    """Data, nulls, order and errors are equal for every operation."""
    world = worlds.of(name, number % 3)
    cursors: list[str] = ["garbage"]
    chance = random.Random(f"{name} {number}")
    generator = Generator(world.schema, world.company, chance, ids=world.ids(), cursors=cursors)
    compared = 0
    while compared < CHUNK:
        operations = [generator.operation() for _ in range(AT_ONCE)]
        answers = _compare(world, operations)
        found = [each[0] for each in answers if each is not None]
        compared += len(found)
        cursors += [cursor for data in found for cursor in cursors_in(data)]


def _compare(world: World, operations: list[Operation]) -> list[Answer]:
    runs = [(each, variables) for each in operations for variables in each.variables]
    requests = [_request(each, variables) for each, variables in runs]
    answers = [answered(each) for each in world.ask(*requests)]
    for request, answer in zip(requests, answers, strict=True):
        if answer != _expected(world, request):
            pytest.fail(_difference(world, request), pytrace=False)
    return answers


def _request(operation: Operation, variables: Mapping[str, object]) -> Request:
    return Request(query=operation.text, operation_name=operation.name, variables=variables)


def _expected(world: World, request: Request) -> Answer:
    variables = request.variables or {}
    return expected(world.reference.execute(request.query, variables, request.operation_name))


def _difference(world: World, request: Request) -> str:
    """The request, as small as it still shows the difference, and both answers."""

    def differs(text: str) -> bool:
        smaller = replace(request, query=text)
        (result,) = world.ask(smaller)
        return answered(result) != _expected(world, smaller)

    is_alone = differs(request.query)
    text = reduced(request.query, differs) if is_alone else request.query
    small = replace(request, query=text)
    (result,) = world.ask(small)
    return (
        f"{text}\n\nvariables: {request.variables}\n\n"
        + difference(answered(result), _expected(world, small))
        + ("" if is_alone else "\n\nIt differs only while other operations are under way.")
    )
