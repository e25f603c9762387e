"""A help desk behind real connections, which fails as it is told."""

import asyncio
import time
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Desk:
    """A help desk; `answers` are due before it is well, by customer or for everybody (`*`).

    `asked` has the customer and the moment of every request; `left` counts those whose asker
    went away before the answer.
    """

    answers: dict[str, list[Response]] = field(default_factory=dict)
    asked: list[tuple[str, float]] = field(default_factory=list)
    takes_s: float = 0.0
    left: int = 0

    def app(self) -> Starlette:
        """The help desk as an ASGI application."""
        return Starlette(routes=[Route("/api/tickets/{customer}", self.tickets)])

    async def tickets(self, request: Request) -> Response:
        """The tickets of a customer: one."""
        customer = request.path_params["customer"]
        self.asked.append((customer, time.monotonic()))
        for each in (customer, "*"):
            if self.answers.get(each):
                return self.answers[each].pop(0)
        until = time.monotonic() + self.takes_s
        while time.monotonic() < until:
            await asyncio.sleep(0.01)
            if await request.is_disconnected():
                self.left += 1
                break
        ticket = {"id": f"t-{customer}", "customer_id": customer, "status": "open"}
        return JSONResponse({"data": [ticket | {"created": "2026-01-01T00:00:00Z"}]})
