"""Keeping answers as `docs/caching.md` says, over real connections."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import open_gateway
from gateway.config import load
from tests.documentation import yaml_blocks
from tests.redis import REDIS_URL
from tests.serving import serving

QUERY = "{ customers { nodes { name tickets { nodes { subject } } } } }"
NOW = 'query @freshness(maxStale: "0s") ' + QUERY
Ask = Callable[..., Awaitable[Mapping[str, Any]]]


class Desk:
    """A help desk that notes who asks for tickets, and can be `down`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False

    def app(self) -> Starlette:
        """The service."""
        return Starlette(
            routes=[Route("/customers", self.customers), Route("/tickets", self.tickets)]
        )

    async def customers(self, _request: Request) -> Response:
        """One customer."""
        return JSONResponse([{"id": "1", "name": "王芳"}])

    async def tickets(self, request: Request) -> Response:
        """One ticket of each customer."""
        self.asked.append(request.headers["authorization"])
        if self.is_down:
            return Response(status_code=503)
        about = f"第 {len(self.asked)} 次"
        keys = request.query_params["customers"].split(",")
        created = "2026-01-01T00:00:00Z"
        return JSONResponse(
            [{"id": key, "customer_id": key, "subject": about, "created": created} for key in keys]
        )


def played(
    folder: Path, database_url: str, desk: Desk, story: Callable[[Ask], Awaitable[None]]
) -> None:
    """A story with a gateway by the documented configuration."""

    async def run(url: str) -> None:
        file = folder / "customer360.yaml"
        text = f"store: {{url: '{database_url}'}}\n" + yaml_blocks("keeping", file="caching.md")[0]
        file.write_text(text, encoding="utf-8")
        environ = {"DESK_URL": url, "DESK_TOKEN": "ours"}
        environ["REDIS_URL"] = REDIS_URL or "redis://127.0.0.1:1/0"
        async with open_gateway(load(file, environ)) as gateway:
            assert (await gateway.sync.sync_source("desk")).is_complete
            transport = httpx2.ASGITransport(app=gateway.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:

                async def ask(query: str = QUERY, *, token: str = "") -> Mapping[str, Any]:
                    headers = {"authorization": token} if token else {}
                    reply = await client.post("/graphql", json={"query": query}, headers=headers)
                    answer: Mapping[str, Any] = reply.json()
                    return answer

                await story(ask)

    with serving(desk.app()) as url:
        asyncio.run(run(url))


def subject(answer: Mapping[str, Any]) -> str:
    """What the one ticket of an answer is about."""
    text: str = answer["data"]["customers"]["nodes"][0]["tickets"]["nodes"][0]["subject"]
    return text


def test_answers_are_kept_for_each_client_and_stand_in_for_a_desk_that_is_down(
    tmp_path: Path, database_url: str
) -> None:
    """Each with its own credentials, which take the place of the configured ones."""
    desk = Desk()

    async def story(ask: Ask) -> None:
        assert subject(await ask(token="Bearer ada")) == "第 1 次"
        again = await ask(token="Bearer ada")
        assert subject(again) == "第 1 次"
        assert again["extensions"]["sources"]["desk"]["calls"] == 0
        assert again["extensions"]["sources"]["desk"]["age"] >= 0
        assert subject(await ask(token="Bearer bob")) == "第 2 次"
        assert subject(await ask()) == "第 3 次"
        assert desk.asked == ["Bearer ada", "Bearer bob", "Bearer ours"]

        assert subject(await ask(NOW, token="Bearer ada")) == "第 4 次"
        desk.is_down = True
        assert subject(await ask(token="Bearer ada")) == "第 4 次"
        failed = await ask(NOW, token="Bearer ada")
        assert failed["data"]["customers"]["nodes"][0]["name"] == "王芳"
        assert failed["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"

    played(tmp_path, database_url, desk, story)
