"""A company of two sources for stories: customers in a CSV file, tickets behind an HTTP API."""

import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.serving import serving

CUSTOMERS = """\
id,name,mail,phone,joined
c1,Ada Lovelace,ADA@Example.com,+44 20 7946 0000,2026-01-02T03:04:05Z
c2,王小明,xiaoming.wang@example.cn,138 0013 8000,2026-02-03T04:05:06Z
c3,Shared One,family@example.com,,2026-02-03T04:05:06Z
c4,Shared Two,Family@example.com,,2026-02-03T04:05:06Z
,Nobody,nobody@example.com,,2026-02-03T04:05:06Z
c6,Unreadable,when@example.com,,the day before yesterday
c7,Two,columns
"""
TICKETS = [
    {
        "id": 7,
        "about": "Where is my order?",
        "state": "open",
        "at": "2026-03-01T10:00:00Z",
        "who": "c1",
    },
    {"id": 8, "about": "退货", "state": "closed", "at": "2026-03-02T10:00:00Z", "who": "c2"},
    {"id": 9, "about": "Thanks", "state": "open", "at": "2026-03-03T10:00:00Z", "who": "c1"},
]
CONFIGURATION = """
store: {{url: "{database}", data_dir: "{folder}/data"}}
server: {{explain: analyze}}
identity: {{default_phone_region: CN, precedence: {precedence}}}
sources:
  people:
    kind: files
    path: {folder}
    entities:
      customer:
        file: customers.csv
        key: id
        fields: {{name: name, emails: mail, phones: phone, created_at: joined}}
  more:
    kind: files
    path: {folder}
    entities:
      customer: {{file: other.csv, key: id, fields: {{name: name, emails: mail}}}}
  desk:
    kind: rest
    base_url: http://127.0.0.1:{port}
    timeout_s: 2
    auth: {{bearer: open-sesame}}
    entities:
      ticket:
        key: id
        references: {{customer: {{from: who, source: people}}}}
        fields:
          subject: about
          kind: {{constant: INQUIRY}}
          status: {{from: state, map: {{open: OPEN, closed: CLOSED}}}}
          opened_at: at
        list: {{path: /tickets, items: tickets}}
        by:
          record_id: {{path: /tickets, how: comma, param: ids, items: tickets}}
          customer: {{path: /tickets, how: comma, param: who, items: tickets}}
"""


class Desk:
    """A help desk that counts its requests and can be made to refuse them."""

    def __init__(self) -> None:
        self.request_count = 0
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.tickets: Sequence[Mapping[str, Any]] = TICKETS
        self.app = Starlette(routes=[Route("/tickets", self._tickets)])

    async def _tickets(self, request: Request) -> JSONResponse:
        self.request_count += 1
        if request.headers.get("authorization") != "Bearer open-sesame":
            return JSONResponse({"error": "who are you?"}, status_code=401)
        if self.status != 200:
            return JSONResponse({"error": "not now"}, self.status, self.headers)
        found = self.tickets
        for name, key in (("ids", "id"), ("who", "who")):
            wanted = request.query_params.get(name)
            if wanted is not None:
                found = [each for each in found if str(each[key]) in wanted.split(",")]
        return JSONResponse({"tickets": found})


@contextlib.contextmanager
def running_desk() -> Iterator[tuple[Desk, int]]:
    """The help desk on a port of its own."""
    desk = Desk()
    with serving(desk.app) as url:
        yield desk, int(url.rpartition(":")[2])


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def gateway(
    folder: Path, database: str, port: int, *, precedence: Sequence[str] = ()
) -> AsyncIterator[Gateway]:
    """A gateway over the company, with its help desk expected at a port."""
    wanted = f"[{', '.join(precedence)}]"
    file = folder / "customer360.yaml"
    file.write_text(
        CONFIGURATION.format(database=database, folder=folder, port=port, precedence=wanted)
    )
    people = folder / "customers.csv"
    if not people.exists():
        people.write_text(CUSTOMERS)
    async with open_gateway(load(file, {})) as opened:
        yield opened


async def ask(gateway: Gateway, query: str, **variables: Any) -> Mapping[str, Any]:
    """The answer of the gateway over HTTP."""
    transport = httpx2.ASGITransport(app=gateway.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        body = {"query": query, "variables": variables}
        answer: Mapping[str, Any] = (await client.post("/graphql", json=body)).json()
        return answer
