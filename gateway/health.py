"""Whether the process lives, and whether it can serve: for load balancers and orchestrators."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

log = structlog.get_logger(__name__)

_HEADERS = {"cache-control": "no-store"}


async def healthz(_request: Request) -> Response:
    """200 as long as the process answers at all: it asks nobody else."""
    return JSONResponse({"status": "ok"}, headers=_HEADERS)


def routes(
    check_store: Callable[[], Awaitable[object]], *, timeout_s: float = 2.0
) -> list[BaseRoute]:
    """`/healthz` and `/readyz`.

    `check_store` returns if the store can be reached and raises if not; it has `timeout_s`
    seconds. Why it cannot be reached stands in the log only.
    """

    async def readyz(_request: Request) -> Response:
        try:
            async with asyncio.timeout(timeout_s):
                await check_store()
        except Exception as exc:
            log.warning("not_ready", exc_info=exc)
            body = {"status": "unavailable", "reason": "the store cannot be reached"}
            return JSONResponse(body, status_code=503, headers=_HEADERS)
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    return [
        Route("/healthz", healthz, include_in_schema=False),
        Route("/readyz", readyz, include_in_schema=False),
    ]
