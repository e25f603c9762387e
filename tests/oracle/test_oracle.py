"""The engine answers like graphql-core: data, nulls, order and errors, wherever records are."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest

from resolvers.request import Request
from tests.oracle.awkward import awkward_company
from tests.oracle.comparison import Answer, answered, cursors_in, difference, expected
from tests.oracle.generator import Generator, Operation
from tests.oracle.records import Company
from tests.oracle.reduction import reduced
from tests.oracle.world import DESK, World, fill, memory_world, stored_world
from tests.postgres import Server

OPERATIONS = int(os.environ.get("CUSTOMER360_ORACLE_OPERATIONS", "2000"))
"""How many operations to compare in all."""

CHUNK = 125
COMPANIES = max(3, OPERATIONS // 1000)
"""How many companies to make of each kind."""

AT_ONCE = 4
"""How many operations are under way at the same time."""

ALIVE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of world: which sources are not in the store, which are dead, which answers are kept.

    `share` is how much of the operations it gets; the store is in memory where `live` is none.
    """

    live: frozenset[str] | None
    dead: frozenset[str] = ALIVE
    kept: frozenset[str] = ALIVE
    share: int = 1


KINDS: Mapping[str, Kind] = {
    "all in memory": Kind(None),
    "all in memory, one source dead": Kind(None, DESK),
    "all in the store": Kind(ALIVE, share=3),
    "one source live": Kind(DESK),
    "one source live, its answers kept": Kind(DESK, kept=DESK),
    "one source live and dead": Kind(DESK, DESK),
}


@dataclass(slots=True)
class Databases:
    """The filled databases of a session, each made when it is first asked for."""

    server: Server
    stack: ExitStack
    made: dict[tuple[int, frozenset[str]], tuple[Company, str]] = field(default_factory=dict)

    def of(self, seed: int, live: frozenset[str]) -> tuple[Company, str]:
        """A company, and the store that holds it."""
        if (seed, live) not in self.made:
            records = awkward_company(seed, live=live)
            url = self.stack.enter_context(self.server.database())
            fill(url, records)
            self.made[seed, live] = records, url
        return self.made[seed, live]

    @contextmanager
    def world(self, kind: Kind, seed: int) -> Iterator[World]:
        """A world over the company of that seed."""
        if kind.live is None:
            with memory_world(seed, dead=kind.dead) as world:
                yield world
            return
        with stored_world(*self.of(seed, kind.live), dead=kind.dead, kept=kind.kept) as world:
            yield world


@pytest.fixture(scope="session")
def databases(postgres: Server) -> Iterator[Databases]:
    """The databases of this session."""
    with ExitStack() as stack:
        yield Databases(postgres, stack)


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
        compared = 0
        while compared < CHUNK:
            operations = [generator.operation() for _ in range(AT_ONCE)]
            found = [each[0] for each in _compare(world, operations) if each is not None]
            compared += len(found)
            cursors += [cursor for data in found for cursor in cursors_in(data)]


def _compare(world: World, operations: list[Operation]) -> list[Answer]:
    runs = [(each, variables) for each in operations for variables in each.variables]
    requests = [_request(each, variables) for each, variables in runs]
    results = zip(requests, world.ask(*requests), strict=True)
    answers = [answered(result, request.query) for request, result in results]
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
        return answered(result, text) != _expected(world, smaller)

    is_alone = differs(request.query)
    text = reduced(request.query, differs) if is_alone else request.query
    small = replace(request, query=text)
    (result,) = world.ask(small)
    return (
        f"{text}\n\nvariables: {request.variables}\n\n"
        + difference(answered(result, text), _expected(world, small))
        + ("" if is_alone else "\n\nIt differs only while other operations are under way.")
    )
