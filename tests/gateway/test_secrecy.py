"""What is secret in the configuration is in no line of the log, whatever fails and however."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.gateway.process import TICKETS, desk_at, running, shop
from tests.serving import serving

SECRET = "hunter2-and-nobody-must-ever-read-it"


class Echo:
    """A help desk that fails in a chosen way, and repeats to everybody what it was sent."""

    def __init__(self) -> None:
        self.fault = "500"
        self.heard = ""
        self.app = Starlette(routes=[Route("/{path:path}", self._answer)])

    def _answer(self, request: Request) -> Response:
        self.heard = f"{request.url} {dict(request.headers)}"
        match self.fault:
            case "html":
                return HTMLResponse(f"<p>{self.heard}</p>")
            case "shape":
                return JSONResponse({"tickets": [{"id": {"who": self.heard}, "at": self.heard}]})
            case "length":
                return Response(self.heard[:10], headers={"content-type": "application/json"})
            case "redirect":
                return Response(
                    status_code=302, headers={"location": f"/again?{request.url.query}"}
                )
            case status:
                return JSONResponse({"error": self.heard}, status_code=int(status))


def configuration(database_url: str, desk_url: str, log_format: str) -> dict[str, Any]:
    """Secrets at every place that takes one."""
    desk = desk_at(
        desk_url,
        auth={
            "bearer": SECRET,
            "api_key": {"query": "key", "value": SECRET},
            "headers": {"X-Secret": SECRET},
        },
        breaker={"failures": 1000},
    )
    fields = {
        "number": "number",
        "status": {"constant": "PAID"},
        "placed_at": "at",
        "total": "total",
        "currency": {"constant": "EUR"},
    }
    entity = {"table": "orders", "key": "id", "fields": fields}
    entity["references"] = {"customer": {"from": "who", "source": "shop"}}
    nowhere = {"kind": "sql", "url": f"mysql://me:{SECRET}@127.0.0.1:1/shop", "timeout_s": 5}
    return {
        "store": {"url": database_url},
        "sources": {
            "shop": shop(),
            "desk": desk,
            "orders": {**nowhere, "entities": {"purchase": entity}},
        },
        "server": {"link_signing_key": SECRET},
        "telemetry": {"log_level": "debug", "log_format": log_format},
    }


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_logged_by_whatever_fails(
    tmp_path: Path, database_url: str, log_format: str
) -> None:
    """Not at debug, not by libraries, and not where the source sends it back; clients neither."""
    echo = Echo()
    answers = ""
    with (
        serving(echo.app) as url,
        running(tmp_path, configuration(database_url, url, log_format)) as it,
    ):
        for fault in ("500", "401", "403", "404", "429", "html", "shape", "length", "redirect"):
            echo.fault = fault
            answers += it.ask(TICKETS).text
            assert SECRET in echo.heard
        answers += it.ask("{ customers { nodes { purchases { nodes { number } } } } }").text
        answers += it.ask("{ sources { name status problem } }").text
        answers += httpx2.get(f"{it.url}/documents/{SECRET}x").text
        log = it.text

    password = urlsplit(database_url).password
    assert log.count("source_failed") >= 8
    assert "orders" in log
    for text in (log, answers):
        assert SECRET not in text
        assert password is None or password not in text
