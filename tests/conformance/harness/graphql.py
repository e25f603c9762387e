"""GraphQL upstreams: Relay lists with lookups by lists or by aliases; a fake, and GraphQL Yoga."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contract import Environment
from connectors.graphql import KIND
from tests.conformance.canonical import (
    RECORDS,
    RELATION,
    SOURCE,
    START,
    Values,
    mapping,
    raw,
    written_as,
)
from tests.conformance.proxy import door
from tests.conformance.source import Connect, Source, connecting, new_folder
from tests.connectors.graphql.fake import Shop
from tests.connectors.graphql.sdl import LISTS, SINGLES, TYPES
from tests.connectors.graphql.yoga import yoga
from tests.serving import serving

_SIZE = 3
_SORTS = {down: {"sort": "PLACED", "reverse": down == "desc"} for down in ("asc", "desc")}


def _listing(entity: str, end: str) -> Values:
    plural = LISTS[entity]
    if entity != "purchase":
        return {"query": f"{plural}(first: $size, after: $cursor) {end}", "size": _SIZE}
    return {
        "query": f"{plural}(first: $size, after: $cursor, status: $status, from: $from,"
        f" sort: $sort, reverse: $reverse) {end}",
        "size": _SIZE,
        "types": {"status": "String", "from": "String", "sort": "Sort", "reverse": "Boolean"},
        "filters": {"status": {"eq": "status"}, "placed_at": {"gte": "from"}},
        "orders": {"placed_at": _SORTS},
    }


def _by_list(entity: str, keys_per_call: int) -> Values:
    """Ids as Shopify takes them, relations as Hasura does."""
    by: Values = {
        "record_id": {
            "query": "nodes(ids: $keys)",
            "type": TYPES[entity],
            "keys_per_call": keys_per_call,
        }
    }
    if entity in RELATION:
        name = RELATION[entity]
        where = f"where: {{{name}_ref: {{_in: $keys}}}}, limit: $size, offset: $offset"
        by[name] = {
            "query": f"{LISTS[entity]}_list({where})",
            "types": {"keys": "[String!]!"},
            "size": 500,
            "keys_per_call": keys_per_call,
        }
    return by


def _by_alias(entity: str, keys_per_call: int) -> Values:
    """Each key by an alias, the relation as a connection of its owner."""
    by: Values = {
        "record_id": {
            "query": f"{SINGLES[entity]}(record_id: $key)",
            "keys_per_call": keys_per_call,
        }
    }
    if entity in RELATION:
        owner = "customer_record" if RELATION[entity] == "customer" else RELATION[entity]
        nested = f"{LISTS[entity]}(first: $size, after: $cursor) {{ nodes }}"
        by[RELATION[entity]] = {
            "query": f"{SINGLES[owner]}(record_id: $key) {{ {nested} }}",
            "size": 2,
            "keys_per_call": keys_per_call,
        }
    return by


WAYS: Mapping[str, tuple[str, Callable[[str, int], Values]]] = {
    "list": ("{ nodes }", _by_list),
    "alias": ("{ edges { node } }", _by_alias),
}


def entities(
    way: str, *, keys_per_call: int = 50, of: Iterable[str] = RECORDS
) -> dict[str, Values]:
    """The mapping of each entity, looked up in the way that is named."""
    end, by = WAYS[way]
    return {
        written_as(name): mapping(name, list=_listing(name, end), by=by(name, keys_per_call))
        for name in of
    }


def connect(port: int, mapped: Mapping[str, Any]) -> Connect:
    """A connector to a server at a port of this machine."""
    options = KIND.options.model_validate(
        {"kind": "graphql", "base_url": f"http://127.0.0.1:{port}", "entities": mapped}
    )
    environment = Environment(now=lambda: START, base_dir=Path())
    return connecting(lambda: KIND.open(SOURCE, options, environment))


FLAT = {name: [raw(name, each) for each in some] for name, some in RECORDS.items()}


@contextmanager
def _fake() -> Iterator[int]:
    with serving(Shop(FLAT).app()) as url:
        yield urlsplit(url).port or 0


@contextmanager
def _source(server: AbstractContextManager[int], way: str) -> Iterator[Source]:
    wrong = mapping("ticket", list={"query": "tickest(first: $size) { nodes }"})
    with server as port, door(("127.0.0.1", port)) as entrance:
        yield Source(
            records=RECORDS,
            connect=connect(entrance.port, entities(way)),
            connect_wrongly=connect(entrance.port, {"ticket": wrong}),
            stop=entrance.shut,
            start=entrance.reopen,
        )


def _upstream(way: str, _request: pytest.FixtureRequest) -> AbstractContextManager[Source]:
    return _source(_fake(), way)


def _yoga(way: str, request: pytest.FixtureRequest) -> AbstractContextManager[Source]:
    return _source(yoga(FLAT, new_folder(request)), way)


SOURCES = {
    "graphql-list": partial(_upstream, "list"),
    "graphql-alias": partial(_upstream, "alias"),
    "graphql-yoga": partial(_yoga, "alias"),
}
