"""A company of five sources, of which one can be given faults; and one question to all five."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.serving import serving

Values = dict[str, Any]

TIMEOUT_S = 0.6
OPEN_S = 0.3
FAILURES = 2
"""The timeout of the source that fails, and the settings of its breaker."""

TICKETS: list[Values] = [
    {"id": 7, "about": "Where is it?", "state": "open", "at": "2026-03-01T10:00:00Z", "who": "c1"},
    {"id": 9, "about": "谢谢", "state": "closed", "at": "2026-03-03T10:00:00Z", "who": "c1"},
]
"""Ada has two; Wang has none, and that must not look like a source that failed."""

TICKET_FIELDS: Values = {
    "subject": "about",
    "kind": {"constant": "INQUIRY"},
    "status": {"from": "state", "map": {"open": "OPEN", "closed": "CLOSED"}},
    "opened_at": "at",
}
DOCUMENTS: Mapping[str, bytes] = {"c1/合同.txt": b"A contract."}
"""The contents of documents by path; folders are named by customers."""

QUESTION = """
{
  customers {
    nodes {
      name
      purchases { nodes { number } }
      interactions { nodes { subject } }
      tickets { nodes { subject status } }
      documents { nodes { name sizeBytes } }
    }
  }
}
"""
HEALTHY: list[Values] = [
    {
        "name": "Ada Lovelace",
        "purchases": {"nodes": [{"number": "SO-1"}]},
        "interactions": {"nodes": [{"subject": "A call"}]},
        "tickets": {
            "nodes": [
                {"subject": "谢谢", "status": "CLOSED"},
                {"subject": "Where is it?", "status": "OPEN"},
            ]
        },
        "documents": {"nodes": [{"name": "合同.txt", "sizeBytes": 11}]},
    },
    {
        "name": "王小明",
        "purchases": {"nodes": []},
        "interactions": {"nodes": []},
        "tickets": {"nodes": []},
        "documents": {"nodes": []},
    },
]
_PEOPLE = """\
id,name,mail
c1,Ada Lovelace,ada@example.com
c2,王小明,xiaoming.wang@example.cn
"""
_CUSTOMER = {"from": "who", "source": "people"}


@dataclass(frozen=True, slots=True)
class Company:
    """A gateway over the five sources, one of which is in trouble now and then."""

    gateway: Gateway

    async def ask(self, query: str = QUESTION) -> Mapping[str, Any]:
        """The whole answer over HTTP."""
        transport = httpx2.ASGITransport(app=self.gateway.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answer: Mapping[str, Any] = (
                await client.post("/graphql", json={"query": query})
            ).json()
            return answer


def mapped_tickets(**more: Any) -> Values:
    """The mapping of tickets for a source that has the fields of `TICKETS`."""
    return {
        "ticket": {
            "key": "id",
            "references": {"customer": _CUSTOMER},
            "fields": TICKET_FIELDS,
            **more,
        }
    }


def mapped_documents(**more: Any) -> Values:
    """The mapping of documents for a store that has those of `DOCUMENTS`."""
    customer = {"from": "customer", "source": "people"}
    return {
        "document": {"layout": "{customer}/{name}", "references": {"customer": customer}, **more}
    }


def write_documents(folder: Path) -> None:
    """Put the documents into a folder."""
    for path, content in DOCUMENTS.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


async def _tickets(request: Request) -> JSONResponse:
    found = TICKETS
    for name, key in (("ids", "id"), ("who", "who")):
        if name in request.query_params:
            wanted = request.query_params[name].split(",")
            found = [each for each in found if str(each[key]) in wanted]
    return JSONResponse({"tickets": found})


async def _talks(_request: Request) -> JSONResponse:
    talk = {"id": 1, "kind": "call", "about": "A call", "at": "2026-02-01T10:00:00Z", "who": "c1"}
    return JSONResponse({"talks": [talk]})


@contextmanager
def http_services() -> Iterator[str]:
    """The base URL of the help desk and the CRM."""
    app = Starlette(routes=[Route("/tickets", _tickets), Route("/talks", _talks)])
    with serving(app) as url:
        yield url


def rest_tickets(base_url: str) -> Values:
    """The settings of the help desk behind HTTP."""
    place = {"path": "/tickets", "items": "tickets", "how": "comma"}
    entities = mapped_tickets(
        list={"path": "/tickets", "items": "tickets"},
        by={"record_id": {**place, "param": "ids"}, "customer": {**place, "param": "who"}},
    )
    return {"kind": "rest", "base_url": base_url, "entities": entities}


def _crm(base_url: str) -> Values:
    talk = {
        "key": "id",
        "references": {"customer": _CUSTOMER},
        "fields": {
            "channel": {"from": "kind", "map": {"call": "PHONE"}},
            "direction": {"constant": "INBOUND"},
            "subject": "about",
            "occurred_at": "at",
        },
        "list": {"path": "/talks", "items": "talks"},
        "by": {"customer": {"path": "/talks", "items": "talks", "how": "comma", "param": "who"}},
    }
    return {"kind": "rest", "base_url": base_url, "entities": {"interaction": talk}}


def _shop(folder: Path) -> Values:
    file = folder / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id, at, who)")
        connection.execute("INSERT INTO orders VALUES ('SO-1', '2026-01-01 10:00:00', 'c1')")
    connection.close()
    order = {
        "table": "orders",
        "key": "id",
        "references": {"customer": _CUSTOMER},
        "fields": {
            "number": "id",
            "status": {"constant": "PAID"},
            "placed_at": "at",
            "total": {"constant": "19.90"},
            "currency": {"constant": "EUR"},
        },
    }
    return {"kind": "sql", "url": f"sqlite:///{file}", "entities": {"purchase": order}}


def _people(folder: Path) -> Values:
    place = folder / "people"
    place.mkdir()
    (place / "people.csv").write_text(_PEOPLE)
    customer = {"file": "people.csv", "key": "id", "fields": {"name": "name", "emails": "mail"}}
    return {"kind": "files", "path": str(place), "entities": {"customer": customer}}


def sources(folder: Path, services: str) -> Values:
    """The settings of all five sources, all of them well."""
    vault = folder / "vault"
    write_documents(vault)
    return {
        "people": _people(folder),
        "shop": _shop(folder),
        "crm": _crm(services),
        "desk": rest_tickets(services),
        "vault": {"kind": "files", "path": str(vault), "entities": mapped_documents()},
    }


PATIENT: Values = {
    "timeout_s": TIMEOUT_S,
    "retry": {"attempts": 1, "pause_s": 0.01},
    "breaker": {"failures": FAILURES, "open_s": OPEN_S},
}
"""What the source that fails has besides, whatever its kind."""


@asynccontextmanager
async def company(
    folder: Path, database: str, settings: Values, **more: Values
) -> AsyncIterator[Company]:
    """The gateway, with its customers pulled; `more` is what stands beside `sources`."""
    file = folder / "customer360.yaml"
    store = {"url": database, "data_dir": str(folder / "data")}
    # By way of JSON: YAML would write what stands there twice as an alias.
    whole = json.loads(json.dumps({"store": store, "sources": settings, **more}))
    file.write_text(yaml.safe_dump(whole))
    async with open_gateway(load(file, {})) as opened:
        await opened.sync.sync_source("people")
        yield Company(opened)
