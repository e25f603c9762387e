"""A company of which a partner may see a part. All that is forbidden says `canary` somewhere."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.serving import serving

CANARY: Final = b"canary"
PEOPLE = """\
id,name,surname,mail,owner
p1,Visible One,CanarySurname,canary.mask@example.com,acme
p2,CanaryName,CanarySurname,canary.mail@example.com,CanaryOwner
p3,Visible Two,CanarySurname,another.canary@example.com,acme
"""
TICKETS = [
    {"id": n, "about": about, "state": state, "at": f"2026-03-0{n}T10:00:00Z", "who": who,
     "agent": "CanaryAgent"}
    for n, about, state, who in (
        (1, "Visible ticket", "open", "p1"),
        (2, "CanaryTicket", "open", "p2"),
        (3, "Visible too", "closed", "p3"),
        (4, "CanaryToo", "closed", "p2"),
        (5, "CanaryOfNobody", "open", "p7"),
    )
]  # fmt: skip
CONFIGURATION = """
store: {{url: "{database}", data_dir: "{folder}/data"}}
server: {{explain: analyze}}
access:
  proxy: {{networks: [127.0.0.1/32], claim_headers: {{partner: X-Partner}}}}
  roles:
    admin: {{reads: everything, may: everything}}
    partner:
      may: [logInteraction, amendInteraction]
      reads:
        customer:
          rows: {{owner: {{eq: $partner}}}}
          fields: [name, emails, tickets, interactions, records, organization, provenance]
          masks: {{emails: email}}
        ticket: {{fields: [subject, status, opened_at, customer]}}
        interaction: {{fields: [subject, channel, occurred_at, customer, ticket]}}
sources:
  people:
    kind: files
    path: {folder}
    entities:
      customer:
        file: people.csv
        key: id
        fields: {{name: name, family_name: surname, emails: mail, owner: owner}}
  desk:
    kind: rest
    base_url: {desk}
    {cache}
    entities:
      ticket:
        key: id
        references: {{customer: {{from: who, source: people}}}}
        fields:
          subject: about
          kind: {{constant: INQUIRY}}
          status: {{from: state, map: {{open: OPEN, closed: CLOSED}}}}
          opened_at: at
          agent: agent
        list: {{path: /tickets, items: tickets{filters}}}
        by:
          record_id: {{path: /tickets, how: comma, param: ids, items: tickets}}
          customer: {{path: /tickets, how: comma, param: who, items: tickets}}
"""
FILTERS = ", filters: {subject: {eq: about}, opened_at: {gte: since}}"
KEPT = "cache: {ticket: {max_age_s: 600}}"


async def _tickets(request: Request) -> JSONResponse:
    found = TICKETS
    for name, key in (("ids", "id"), ("who", "who"), ("about", "about")):
        wanted = request.query_params.get(name)
        if wanted is not None:
            known = [wanted] if name == "about" else wanted.split(",")
            found = [each for each in found if str(each[key]) in known]
    since = request.query_params.get("since")
    return JSONResponse(
        {"tickets": [each for each in found if since is None or str(each["at"]) >= since]}
    )


@dataclass(frozen=True, slots=True)
class Door:
    """Asks the gateway as somebody whom the proxy vouches for."""

    client: httpx2.AsyncClient

    async def ask(
        self, query: str, *, role: str = "partner", claim: str = "acme", **more: Any
    ) -> httpx2.Response:
        """The answer; `variables` and `explain` may be given."""
        headers = {"X-Forwarded-User": role, "X-Forwarded-Roles": role, "X-Partner": claim}
        if more.get("explain"):
            headers["X-Explain"] = more["explain"]
        body = {"query": query, "variables": more.get("variables", {})}
        return await self.client.post("/graphql", json=body, headers=headers)

    async def data(self, query: str, **more: Any) -> Mapping[str, Any]:
        """The data of the answer to somebody who may see all."""
        answer = (await self.ask(query, role="admin", **more)).json()
        assert "errors" not in answer, answer
        data: Mapping[str, Any] = answer["data"]
        return data


@asynccontextmanager
async def opened(
    folder: Path, database: str, *, filters: str = "", cache: str = ""
) -> AsyncIterator[tuple[Gateway, Door]]:
    """The gateway over the company, filled; `filters` is what the help desk can filter by."""
    (folder / "people.csv").write_text(PEOPLE)
    file = folder / "customer360.yaml"
    with serving(Starlette(routes=[Route("/tickets", _tickets)])) as desk:
        file.write_text(
            CONFIGURATION.format(
                database=database, folder=folder, desk=desk, filters=filters, cache=cache
            )
        )
        async with open_gateway(load(file, {})) as it:
            await it.sync.sync_source("people")
            transport = httpx2.ASGITransport(app=it.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://it") as client:
                yield it, Door(client)
