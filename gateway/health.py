"""Whether the process lives, and whether it can serve: for load balancers and orchestrators."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.readiness import Readiness

log = structlog.get_logger(__name__)

_HEADERS = {"cache-control": "no-store"}


async def healthz(_request: Request) -> Response:
    """200 as long as the process answers at all: it asks nobody else."""
    return JSONResponse({"status": "ok"}, headers=_HEADERS)


def routes(
    check_store: Callable[[], Awaitable[object]],
    readiness: Readiness,
    *,
    timeout_s: float = 2.0,
) -> list[BaseRoute]:
    """`/healthz` and `/readyz`.

    `check_store` returns if the store can be reached and raises if not; it has `timeout_s`
    seconds. Why it cannot be reached stands in the log only.
    """

    async def readyz(_request: Request) -> Response:
        reason = readiness.objection or await _store_objection(
            check_store, readiness, timeout_s=timeout_s
        )
        if reason is not None:
            body = {"status": "unavailable", "reason": reason}
            return JSONResponse(body, status_code=503, headers=_HEADERS)
        remark = readiness.remark
        return JSONResponse(
            {"status": "ok", **({"remark": remark} if remark else {})}, headers=_HEADERS
        )

    return [
        Route("/healthz", healthz, include_in_schema=False),
        Route("/readyz", readyz, include_in_schema=False),
    ]


async def _store_objection(
    check_store: Callable[[], Awaitable[object]], readiness: Readiness, *, timeout_s: float
) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            await check_store()
    except Exception:
        # Asked every few seconds: only what changes is worth a line.
        if not readiness.is_store_lost:
            readiness.is_store_lost = True
            log.exception("store_lost")
        return "the store cannot be reached"
    if readiness.is_store_lost:
        readiness.is_store_lost = False
        log.warning("store_is_back")
    return None
