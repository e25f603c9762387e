"""Who takes part: how each contender is started, what it is asked, and how it is configured."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from types import MappingProxyType

from benchmarks import peers
from benchmarks.database import Database
from benchmarks.document import Dialect, OwnWords, PostGraphileWords, RestWords
from benchmarks.query import LIST, LIVE, STORED, TINY, WHOLE_CUSTOMER, Query
from benchmarks.roles import GENERIC

GATEWAY, GATEWAY_LIVE = "gateway", "gateway_live"
"""What the others are compared with: on the stored questions, and on the live ones."""

STATEMENT, HELLO = "statement", "hello"
"""The floors: the statements without HTTP, and HTTP without anything."""

OWN = OwnWords()
"""The words of the gateway's schema."""

COMPARED = (WHOLE_CUSTOMER, LIST, TINY)
"""The questions that the goals are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One line of the tables.

    `peer` is its npm project; `without` are fields whose values are its own, and not compared.
    """

    name: str
    title: str
    configuration: str
    packages: Sequence[str] = ()
    queries: Sequence[Query] = STORED
    dialect: Dialect = OWN
    role: str | None = None
    program: Sequence[str] = ()
    peer: str | None = None
    is_live: bool = False
    without: Sequence[str] = ()

    @property
    def is_floor(self) -> bool:
        """Whether it does not answer the questions."""
        return self.name in {STATEMENT, HELLO}

    def command(self, database: Database, desk: str | None) -> Sequence[str]:
        """Its command line. `desk` is where the REST service is, for who needs it.

        Raises `MissingError` where it cannot be run here.
        """
        url = database.url_of(self.role) if self.role else database.url
        if self.peer:
            folder = peers.install(self.peer)
            return [peers.node(), str(folder / "server.js"), (desk or "") if self.is_live else url]
        tickets = ["--tickets", desk] if self.is_live and desk else []
        module, *options = self.program
        return [sys.executable, "-m", f"benchmarks.contenders.{module}", url, *tickets, *options]

    def versions(self) -> str:
        """The versions of what it is made of."""
        find: Callable[[str], str] = version
        if self.peer:
            peer = self.peer
            find = lambda package: peers.version(peer, package)  # noqa: E731 - of two, one
        return ", ".join(f"{each} {find(each)}" for each in self.packages)


def _generic(entrant: Entrant) -> Entrant:
    return replace(
        entrant,
        name=f"{entrant.name}_generic",
        title=f"{entrant.title}, generic plans",
        configuration="The same; its sessions have `plan_cache_mode=force_generic_plan`.",
        queries=COMPARED,
        role=GENERIC,
    )


_GATEWAY = Entrant(
    name=GATEWAY,
    title="this gateway",
    configuration="Everything on: limits, deadlines, accounts of sources; pulls are off, there is"
    " nothing to pull. One uvicorn worker on uvloop and httptools.",
    packages=("graphql-core", "asyncpg", "uvicorn", "uvloop"),
    program=["gateway"],
)
_STRAWBERRY = Entrant(
    name="strawberry",
    title="Strawberry + DataLoader, caches, orjson",
    configuration="FastAPI router; `ParserCache`, `ValidationCache`, `encode_json` by orjson;"
    " asyncpg's pool of 16. One uvicorn worker on uvloop and httptools.",
    packages=("strawberry-graphql", "graphql-core", "fastapi", "asyncpg", "orjson"),
    program=["strawberry_loaders", "--fast"],
)
_POSTGRAPHILE = Entrant(
    name="postgraphile",
    title="PostGraphile",
    configuration="Amber and V4 presets with connection-filter, Grafserv on `node:http`,"
    " `NODE_ENV` and `GRAPHILE_ENV` production, explain, watch and Ruru off, relations from smart"
    " tags, `pgOrderByNullsLast`, sorted as the indexes are, pool of 16. JSON columns come whole.",
    packages=("postgraphile", "pg", "graphql"),
    dialect=PostGraphileWords(),
    peer="postgraphile",
    without=("id", "emails", "phones", "addresses"),
)
_MERCURIUS = Entrant(
    name="mercurius",
    title="Mercurius + JIT + loaders",
    configuration="Fastify; `jit: 1`, loaders with `cache: false`; prepared statements of pg,"
    " pool of 16; `NODE_ENV=production`.",
    packages=("mercurius", "graphql-jit", "fastify", "pg", "graphql"),
    peer="mercurius",
)
_APOLLO = Entrant(
    name="apollo",
    title="Apollo Server + DataLoader",
    configuration="Its Fastify integration; DataLoaders of a request; prepared statements of pg,"
    " pool of 16; `NODE_ENV=production`.",
    packages=("@apollo/server", "dataloader", "fastify", "pg", "graphql"),
    peer="apollo",
)

_ALL = (
    _GATEWAY,
    replace(
        _GATEWAY,
        name="gateway_2",
        title="this gateway, 2 workers",
        configuration="The same with two workers.",
        queries=COMPARED,
        program=["gateway", "--workers", "2"],
    ),
    _STRAWBERRY,
    replace(
        _STRAWBERRY,
        name="strawberry_plain",
        title="Strawberry + DataLoader",
        configuration="The same without caches and orjson.",
        queries=COMPARED,
        program=["strawberry_loaders"],
    ),
    _generic(_STRAWBERRY),
    _POSTGRAPHILE,
    _generic(_POSTGRAPHILE),
    _MERCURIUS,
    _generic(_MERCURIUS),
    _APOLLO,
    _generic(_APOLLO),
    replace(
        _GATEWAY,
        name=GATEWAY_LIVE,
        title="this gateway, tickets live",
        configuration="Tickets from a live `rest` source, 100 keys a call; the rest is stored.",
        queries=LIVE,
        is_live=True,
    ),
    Entrant(
        name="hive",
        title="Hive Gateway over REST",
        configuration="Composed by Mesh; everything comes from the REST service: customers from"
        " one endpoint, their tickets joined by `@resolveTo` with `keysArg`, so batched;"
        " `NODE_ENV=production`.",
        packages=("@graphql-hive/gateway", "@graphql-mesh/compose-cli", "graphql"),
        queries=LIVE,
        dialect=RestWords(),
        peer="hive",
        is_live=True,
        without=("id",),
    ),
    Entrant(
        name=STATEMENT,
        title="floor: the statements of the gateway, without HTTP",
        configuration="What the gateway asks PostgreSQL, recorded in its log and asked again by"
        " asyncpg over as many connections as the load has, with the gateway's session settings.",
        packages=("asyncpg",),
        queries=COMPARED,
        program=["statement"],
    ),
    Entrant(
        name=HELLO,
        title="floor: bare ASGI hello",
        configuration="A function that answers a constant, one uvicorn worker.",
        packages=("uvicorn", "httptools"),
        queries=(TINY,),
        program=["hello"],
    ),
)

ENTRANTS: Mapping[str, Entrant] = MappingProxyType({each.name: each for each in _ALL})
"""All of them by name, in the order of the tables."""
