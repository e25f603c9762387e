"""Liveness and readiness."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from gateway.health import routes
from gateway.readiness import Readiness


def get(
    path: str, check: Callable[[], Awaitable[None]], readiness: Readiness | None = None
) -> httpx2.Response:
    """One GET of an application whose store is checked by `check`."""

    async def run() -> httpx2.Response:
        app = Starlette(routes=routes(check, readiness or Readiness(), timeout_s=0.05))
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.get(path)

    return asyncio.run(run())


async def fail() -> None:
    """A store that is down."""
    raise ConnectionError("db.internal refused")


async def hang() -> None:
    """A store that does not answer."""
    await asyncio.Event().wait()


async def succeed() -> None:
    """A store that is there."""


def test_a_store_that_is_down_makes_the_gateway_not_ready() -> None:
    """503 says that, and not where the store is; the log has it."""
    with capture_logs() as logs:
        response = get("/readyz", fail)

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "reason": "the store cannot be reached",
    }
    assert [each["event"] for each in logs] == ["store_lost"]


def test_a_store_that_hangs_makes_the_gateway_not_ready() -> None:
    """The check has its time, and no more."""
    with capture_logs():
        assert get("/readyz", hang).status_code == 503


def test_a_store_that_is_there_makes_the_gateway_ready() -> None:
    """200, never from a cache."""
    response = get("/readyz", succeed)

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert response.headers["cache-control"] == "no-store"


def test_the_process_lives_even_if_the_store_does_not() -> None:
    """A restart would not help."""
    assert get("/healthz", fail).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("readiness", "reason"),
    [
        (Readiness(is_stopping=True), "the gateway is stopping"),
        (Readiness(lost=["crm", "shop"]), "these critical sources do not answer: crm, shop"),
        (Readiness(unproven=["crm"]), "these critical sources were not reached yet: crm"),
    ],
)
def test_what_speaks_against_serving_is_said(readiness: Readiness, reason: str) -> None:
    """503, in words, with names and without hosts; the process lives all the same."""
    response = get("/readyz", succeed, readiness)

    assert (response.status_code, response.json()["reason"]) == (503, reason)
    assert get("/healthz", succeed, readiness).status_code == 200


def test_a_refused_configuration_is_told_and_stops_nobody() -> None:
    """The old one works as before."""
    response = get("/readyz", succeed, Readiness(is_outdated=True))

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "remark": "the configuration was changed and refused; the log says why",
    }


def test_a_store_that_stays_away_is_logged_once_and_once_when_it_is_back() -> None:
    """Load balancers ask every few seconds."""
    readiness = Readiness()

    with capture_logs() as logs:
        statuses = [get("/readyz", each, readiness).status_code for each in (fail, hang, succeed)]
        get("/readyz", succeed, readiness)

    assert statuses == [503, 503, 200]
    assert [each["event"] for each in logs] == ["store_lost", "store_is_back"]
