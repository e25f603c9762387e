"""Secrets planted at every place that takes one: none comes out anywhere, whatever is asked."""

import base64
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import jwt

from gateway.auth.api_key import ApiKey
from tests.gateway.process import NAMES, TICKETS, Process, desk_at, running, shop
from tests.gateway.test_secrecy import Echo as OneEcho
from tests.serving import serving

_PLACES = (
    "bearer", "basic", "oauth2", "hmac", "query", "header", "sql", "redis", "links", "audit",
    "forwarded",
)  # fmt: skip
SECRETS: Mapping[str, str] = {name: f"Planted-{name}-" + name[:2] * 16 for name in _PLACES}
KEY = ApiKey.new()
TOKEN = jwt.encode({"iss": "https://nowhere.test", "sub": "me"}, "x" * 32, algorithm="HS256")
_AUTH: Mapping[str, Mapping[str, Any]] = {
    "bearing": {"bearer": SECRETS["bearer"]},
    "basic": {"basic": {"user": "me", "password": SECRETS["basic"]}},
    "signing": {"hmac": {"secret": SECRETS["hmac"]}},
    "querying": {"api_key": {"query": "key", "value": SECRETS["query"]}},
    "heading": {"headers": {"X-Secret": SECRETS["header"]}},
}
CLI = "from gateway.cli import main; main()"


class Echo(OneEcho):
    """The same, remembering everything that it was sent."""

    def __init__(self) -> None:
        self.past: list[str] = []
        super().__init__()

    @property
    def heard(self) -> str:
        """What it was sent last."""
        return self.past[-1] if self.past else ""

    @heard.setter
    def heard(self, text: str) -> None:
        self.past.append(text)


def _configuration(database_url: str, desk_url: str) -> Mapping[str, Any]:
    """Every setting that is a secret, and everything that tells much."""
    token_url = f"{desk_url}/token"
    oauth2 = {"token_url": token_url, "client_id": "me", "client_secret": SECRETS["oauth2"]}
    desks = {
        name: desk_at(desk_url, auth=auth, breaker={"failures": 1000})
        for name, auth in {**_AUTH, "authorizing": {"oauth2": oauth2}}.items()
    }
    passing = desk_at(desk_url, breaker={"failures": 1000}, forward_headers=["X-Session"])
    fields = {
        "number": "number", "status": {"constant": "PAID"}, "placed_at": "at", "total": "total",
        "currency": {"constant": "EUR"},
    }  # fmt: skip
    orders = {
        "kind": "sql",
        "url": f"mysql://me:{SECRETS['sql']}@127.0.0.1:1/shop",
        "timeout_s": 5,
        "entities": {
            "purchase": {
                "table": "orders",
                "key": "id",
                "fields": fields,
                "references": {"customer": {"from": "who", "source": "shop"}},
            }
        },
    }
    return {
        "store": {"url": database_url},
        "sources": {"shop": shop(), **desks, "passing": passing, "orders": orders},
        "access": {"roles": {"agent": {"reads": "everything"}}, "anonymous": "agent"},
        "server": {"link_signing_key": SECRETS["links"], "explain": "analyze"},
        "audit": {"signing_key": SECRETS["audit"]},
        "redis": {"url": f"redis://me:{SECRETS['redis']}@127.0.0.1:1/0"},
        "telemetry": {"log_level": "debug", "log_format": "text", "metrics_port": 0},
    }


def _asked(it: Process, query: str, **headers: str) -> str:
    answer = httpx2.post(f"{it.url}/graphql", json={"query": query}, headers=headers, timeout=60)
    return f"{answer.headers}{answer.text}"


def _exercise(it: Process, echo: Echo) -> dict[str, str]:
    """Everything that a client may see, by what it is."""
    found = {"answers": "", "explanations": "", "refusals": ""}
    session = {"X-Session": SECRETS["forwarded"]}
    for fault in ("500", "401", "429", "html", "shape", "redirect"):
        echo.fault = fault
        found["answers"] += _asked(it, TICKETS, **session)
    found["answers"] += _asked(it, "{ customers { nodes { purchases { nodes { number } } } } }")
    found["answers"] += _asked(it, "{ sources { name kind status problem } me { name claims } }")
    for reach in ("plan", "analyze"):
        found["explanations"] += _asked(it, TICKETS, **{"X-Explain": reach}, **session)
    found["explanations"] += _asked(
        it, "{ customers { nodes { purchases { nodes { number } } } } }", **{"X-Explain": "analyze"}
    )
    for sent in (str(KEY), TOKEN):
        found["refusals"] += _asked(it, NAMES, Authorization=f"Bearer {sent}")
    found["refusals"] += _asked(it, NAMES, **{"X-API-Key": str(KEY)})
    found["metrics"] = httpx2.get(it.metrics_url, timeout=60).text
    found["health"] = it.ready().text + httpx2.get(f"{it.url}/", timeout=60).text
    return found


def _commands(folder: Path) -> dict[str, str]:
    """What the commands that read the configuration print, with and without mistakes in it."""
    query = folder / "query.graphql"
    query.write_text(TICKETS)
    found = {}
    for arguments in (["check"], ["explain", str(query)], ["discover", "orders"], ["keys", "list"]):
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-c", CLI, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        found[" ".join(arguments[:1])] = done.stdout + done.stderr
    return found


def _spellings(secret: str) -> set[str]:
    """A secret as it may come out: as it is, or as `basic` writes it."""
    return {secret, base64.b64encode(f"me:{secret}".encode()).decode()}


def test_no_planted_secret_comes_out_anywhere(tmp_path: Path, database_url: str) -> None:
    """Not in logs at debug, errors, explanations, figures, health, or what commands print."""
    echo = Echo()
    with serving(echo.app) as url:
        made = _configuration(database_url, url)
        with running(tmp_path, made) as it:
            found = _exercise(it, echo)
            log = it.text
        found |= _commands(tmp_path)

    heard = "".join(echo.past)
    # Those that are sent as they are did arrive, and came back in what the source answered.
    assert [n for n in ("bearer", "query", "header", "forwarded") if SECRETS[n] not in heard] == []
    assert "source_failed" in log
    assert '"errors"' in found["refusals"]
    assert "customer360_" in found["metrics"]
    password = urlsplit(database_url).password
    planted = {**SECRETS, "key": KEY.secret, "token": TOKEN.rpartition(".")[2]}
    planted |= {"store": password} if password else {}
    leaks = {
        (place, name)
        for place, text in {**found, "log": log}.items()
        for name, secret in planted.items()
        if any(each in text for each in _spellings(secret))
    }
    assert leaks == set()
