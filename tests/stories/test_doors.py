"""The doors: what the documented configuration of roles lets through, over HTTP."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from gateway.app import open_gateway
from gateway.config import load
from tests.documentation import yaml_blocks

ME = "{ me { name role } }"
SCHEMA = "{ __schema { queryType { name } } }"
DEEP = "{ customers { edges { node { tickets { edges { node { subject } } } } } } }"
TYPO = "{ mee { name } }"
PROXY = {"x-forwarded-user": "portal", "x-forwarded-for": "1.1.1.1"}

CONFIGURATION = """
store: {{url: "{url}", data_dir: "{folder}/data"}}
server: {{profile: production}}
access:
  proxy: {{networks: [127.0.0.0/8]}}
{doors}
"""


@pytest.fixture
def configured(tmp_path: Path, database_url: str) -> Path:
    """The configuration of the documentation, with its manifest."""
    (block,) = [each for each in yaml_blocks("Doors", file="access.md") if "manifests:" in each]
    doors = block.removeprefix("access:\n")
    file = tmp_path / "customer360.yaml"
    text = CONFIGURATION.format(url=database_url, folder=tmp_path, doors=doors)
    file.write_text(text, encoding="utf-8")
    (tmp_path / "portal.json").write_bytes(orjson.dumps({"me": ME, "schema": SCHEMA}))
    return file


def _answers(file: Path, *asked: tuple[str, Mapping[str, Any]]) -> list[httpx2.Response]:
    async def run() -> list[httpx2.Response]:
        async with open_gateway(load(file, {})) as gateway:
            transport = httpx2.ASGITransport(app=gateway.app, client=("127.0.0.1", 1))
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                found = []
                for role, body in asked:
                    headers = {**PROXY, "x-forwarded-roles": role}
                    headers["accept"] = "application/graphql-response+json"
                    found.append(await client.post("/graphql", json=body, headers=headers))
                return found

    return asyncio.run(run())


def _code(answer: httpx2.Response) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


def test_each_role_comes_through_its_own_door(configured: Path) -> None:
    """A partner by its manifest, not often, not for the schema; an agent as in development."""
    named, other, hidden, seen, deep, helped = _answers(
        configured,
        ("partner", {"documentId": "me"}),
        ("partner", {"query": "{ me { name } }"}),
        ("partner", {"documentId": "schema"}),
        ("agent", {"query": SCHEMA}),
        ("agent", {"query": DEEP}),
        ("agent", {"query": TYPO}),
    )

    assert named.json()["data"] == {"me": {"name": "portal", "role": "partner"}}
    assert named.headers["ratelimit-remaining"] == "19"
    assert (other.status_code, _code(other)) == (403, "QUERY_NOT_IN_SAFELIST")
    assert other.headers["ratelimit-remaining"] == "18"
    assert (hidden.status_code, _code(hidden)) == (400, "GRAPHQL_VALIDATION_FAILED")
    assert "data" in seen.json()
    assert "ratelimit-limit" not in seen.headers
    assert deep.status_code == 200
    assert "Did you mean 'me'" in helped.text


def test_who_asks_too_often_is_answered_with_429(configured: Path) -> None:
    """The answer says when to come again, to those who can read it and to those who cannot."""
    *first, last = _answers(configured, *[("partner", {"documentId": "me"})] * 21)

    assert {each.status_code for each in first} == {200}
    assert (last.status_code, _code(last)) == (429, "RATE_LIMITED")
    assert int(last.headers["retry-after"]) >= 1
    assert last.headers["ratelimit-remaining"] == "0"


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere", "/documents/x"])
def test_every_answer_says_what_browsers_may_not_do(configured: Path, path: str) -> None:
    """Also those that are no answers of the graph."""

    async def run() -> httpx2.Response:
        async with open_gateway(load(configured, {})) as gateway:
            transport = httpx2.ASGITransport(app=gateway.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.get(path)

    headers = asyncio.run(run()).headers

    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-" in headers["cache-control"]


def _json(query: str, variables: str = "{}") -> bytes:
    return b'{"query":%b,"variables":%b}' % (orjson.dumps(query), variables.encode())


_FILTER = "query ($w: CustomerFilter) { customers(where: $w) { nodes { id } } }"
_DOUBLED = " ".join(f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} }}" for n in range(50))
BOMBS: dict[str, bytes] = {
    "directives": _json("{ me { name " + "@include(if: true) " * 10_000 + "} }"),
    "directives of a query": _json("query " + "@a " * 9_000 + "{ me { name } }"),
    "aliases": _json("{ " + " ".join(f"a{n}: me {{ name }}" for n in range(1_500)) + " }"),
    "fragments that double": _json("{ me { ...F0 } } fragment F50 on Viewer { name } " + _DOUBLED),
    "fragments in a circle": _json("{ me { ...A } } fragment A on Viewer { ...A }"),
    "deep selections": _json("{ me " * 4_000 + "}" * 4_000),
    "deep lists": _json("{ customers(where: " + "[" * 4_000 + "]" * 4_000 + ") { nodes { id } } }"),
    "deep JSON": _json(_FILTER, '{"w":' + '{"not":' * 100_000 + "{}" + "}" * 100_001),
    "deep variables": _json(_FILTER, '{"w":' + '{"not":' * 900 + "{}" + "}" * 901),
    "a huge number": _json("{ customers(first: " + "9" * 5_000 + ") { nodes { id } } }"),
    "a huge number in JSON": _json(_FILTER, '{"w": ' + "9" * 400_000 + "}"),
    "NaN": _json(_FILTER, '{"w": NaN}'),
    "a long string": _json('{ node(id: "' + "a" * 190_000 + '") { id } }'),
    "a NUL": _json("{ me { name } }\x00"),
    "half a character": b'{"query":"{ me { name } } # \xe4\xb8"}',
    "another encoding": '{"query":"{ me { name } }"}'.encode("utf-16"),
    "a lone surrogate": b'{"query":"{ me { name } } # \\ud800"}',
    "a body that is too long": _json("{ me { name } }" + " " * 1_100_000),
}


def test_no_bomb_keeps_the_gateway_from_answering(tmp_path: Path, database_url: str) -> None:
    """Each is refused as the mistake of its sender, and the next request is answered."""
    file = tmp_path / "customer360.yaml"
    file.write_text(f'store: {{url: "{database_url}", data_dir: "{tmp_path}/data"}}')

    async def run() -> tuple[dict[str, httpx2.Response], httpx2.Response]:
        async with open_gateway(load(file, {})) as gateway:
            transport = httpx2.ASGITransport(app=gateway.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                headers = {
                    "accept": "application/graphql-response+json",
                    "content-type": "application/json",
                }
                found = {}
                for name, body in BOMBS.items():
                    async with asyncio.timeout(10):
                        found[name] = await client.post("/graphql", content=body, headers=headers)
                after = await client.post("/graphql", json={"query": ME})
                return found, after

    found, after = asyncio.run(run())

    assert after.status_code == 200
    assert after.json()["data"]["me"]["name"] == "anonymous"
    wrong = {name: each.status_code for name, each in found.items() if each.status_code // 100 != 4}
    # An id that names nothing is an error of its field.
    assert wrong == {"a long string": 200}
