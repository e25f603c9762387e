"""The databases of the worlds, filled once for all tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.oracle.awkward import awkward_company
from tests.oracle.records import Company
from tests.oracle.world import World, fill, memory_world, stored_world
from tests.postgres import Server

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
