"""An HTTP API with paging, sorting and one way of looking up for each entity."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contract import Environment
from connectors.rest import KIND
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
from tests.conformance.source import Connect, Source, connecting
from tests.serving import serving

_SIZE: Values = {"size_param": "size", "size": 3}
PAGING: Mapping[str, Values] = {
    "customer_record": {"style": "keyset", "param": "after", "field": "record_id"} | _SIZE,
    "purchase": {"style": "offset", "param": "offset", "ends": "short"} | _SIZE,
    "purchase_line": {"style": "page", "param": "page", "total": "total"} | _SIZE,
    "ticket": {"style": "cursor", "param": "cursor", "next": "next"} | _SIZE,
    "document": {"style": "link"} | _SIZE,
}
"""Each entity is paged in another style."""
HOW: Mapping[str, str] = {
    "customer_record": "repeat",
    "purchase": "comma",
    "purchase_line": "body",
    "ticket": "single",
    "document": "repeat",
}


@dataclass
class Api:
    """The API over flat records; `log` has the path and query of every request."""

    records: Mapping[str, Sequence[Values]]
    log: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """The API as an ASGI application."""
        return Starlette(
            routes=[
                Route("/{entity}/search", self._search, methods=["POST"]),
                Route("/{entity}/{name}/{key:path}", self._one),
                Route("/{entity}", self._list),
            ]
        )

    async def _search(self, request: Request) -> Response:
        self.log.append(request.url.path)
        body = json.loads(await request.body())
        return self._chosen(request, body["field"], body["keys"])

    async def _one(self, request: Request) -> Response:
        self.log.append(request.url.path)
        return self._chosen(request, request.path_params["name"], [request.path_params["key"]])

    async def _list(self, request: Request) -> Response:
        self.log.append(f"{request.url.path}?{request.url.query}")
        params = request.query_params
        for name in ("record_id", "customer_ref", "purchase_ref"):
            if name in params:
                keys = params.getlist(name)
                return self._chosen(request, name, [k for each in keys for k in each.split(",")])
        found = self._sorted(request)
        start, size = _start(params, found), int(params["size"])
        following = str(start + size) if start + size < len(found) else None
        path = request.url.path
        link = {"Link": f'<{path}?offset={following}&size={size}>; rel="next"'} if following else {}
        body = {"data": found[start : start + size], "total": len(found), "next": following}
        return JSONResponse(body, headers=link)

    def _sorted(self, request: Request) -> list[Values]:
        params = request.query_params
        found = list(self.records[request.path_params["entity"]])
        if "status" in params:
            found = [each for each in found if each["status"] == params["status"]]
        if "from" in params:
            found = [each for each in found if each["placed_at"] >= params["from"]]
        if "sort" in params:
            name = params["sort"].removeprefix("-")
            found.sort(key=lambda each: str(each[name]), reverse=params["sort"].startswith("-"))
        return found

    def _chosen(self, request: Request, name: str, keys: list[str]) -> Response:
        records = self.records[request.path_params["entity"]]
        return JSONResponse({"data": [each for each in records if each[name] in keys]})


def _start(params: QueryParams, found: Sequence[Values]) -> int:
    if "after" in params:
        return [each["record_id"] for each in found].index(params["after"]) + 1
    if "page" in params:
        return (int(params["page"]) - 1) * int(params["size"])
    return int(params.get("cursor", params.get("offset", 0)))


def _lookup(entity: str, name: str, how: str, keys_per_call: int) -> Values:
    place: Values = {"path": f"/{entity}", "items": "data", "how": how}
    match how:
        case "body":
            body = {"field": name, "keys": "$keys"}
            return place | {
                "path": f"/{entity}/search",
                "body": body,
                "keys_per_call": keys_per_call,
            }
        case "single":
            return place | {"path": f"/{entity}/{name}/{{key}}"}
    return place | {"param": name, "keys_per_call": keys_per_call}


def _entity(entity: str, how: str, keys_per_call: int) -> Values:
    names = {"record_id": "record_id"}
    if entity in RELATION:
        names[RELATION[entity]] = f"{RELATION[entity]}_ref"
    listing: Values = {"path": f"/{entity}", "items": "data", "paging": PAGING[entity]}
    if entity == "purchase":
        listing["filters"] = {"status": {"eq": "status"}, "placed_at": {"gte": "from"}}
        listing["orders"] = {
            "placed_at": {"asc": {"sort": "placed_at"}, "desc": {"sort": "-placed_at"}}
        }
    by = {s: _lookup(entity, name, how, keys_per_call) for s, name in names.items()}
    return mapping(entity, list=listing, by=by)


def entities(ways: Mapping[str, str] = HOW, *, keys_per_call: int = 50) -> dict[str, Values]:
    """The mapping of each entity, looked up in the way that is named."""
    return {written_as(name): _entity(name, how, keys_per_call) for name, how in ways.items()}


def connect(port: int, mapped: Mapping[str, Any]) -> Connect:
    """A connector to the API at a port of this machine."""
    options = KIND.options.model_validate(
        {"kind": "rest", "base_url": f"http://127.0.0.1:{port}", "entities": mapped}
    )
    environment = Environment(now=lambda: START, base_dir=Path())
    return connecting(lambda: KIND.open(SOURCE, options, environment))


@contextmanager
def api(_request: pytest.FixtureRequest) -> Iterator[Source]:
    """The API behind a real socket."""
    wrong = _entity("ticket", "single", 1)
    flat = {name: [raw(name, each) for each in some] for name, some in RECORDS.items()}
    wrong["list"]["path"] = "/nothing/here/at/all"
    with serving(Api(flat).app()) as url, door(("127.0.0.1", urlsplit(url).port or 0)) as entrance:
        yield Source(
            records=RECORDS,
            connect=connect(entrance.port, entities()),
            connect_wrongly=connect(entrance.port, {"ticket": wrong}),
            stop=entrance.shut,
            start=entrance.reopen,
        )


SOURCES = {"rest": api}
