"""A gateway that is told to stop tells load balancers, and finishes what it is at."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.gateway.process import TICKETS, desk_at, running, running_desk, shop, wait


def configuration(database_url: str, desk_url: str, **server: Any) -> dict[str, Any]:
    """A gateway over the shop and the help desk."""
    return {
        "store": {"url": database_url},
        "sources": {"shop": shop(), "desk": desk_at(desk_url)},
        "server": server,
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_it_answers_while_it_drains_and_finishes_what_runs(
    tmp_path: Path, database_url: str, workers: int
) -> None:
    """It is not ready at once; every answer is the last of its connection."""
    with running_desk() as (desk, url), ThreadPoolExecutor() as pool:
        settings = configuration(database_url, url, workers=workers, drain_s=3)
        with running(tmp_path, settings) as it:
            before = it.ready()
            desk.go_on.clear()
            slow = pool.submit(it.ask, TICKETS)
            wait(lambda: desk.request_count == 1)

            it.signal(signal.SIGTERM)
            wait(lambda: it.ready().status_code == 503)
            ready = it.ready()
            other = it.ask("{ __typename }")
            wait(lambda: not _is_reachable(it.url))
            desk.go_on.set()

            assert "connection" not in before.headers
            assert ready.json()["reason"] == "the gateway is stopping"
            assert other.json() == {"data": {"__typename": "Query"}}
            assert other.headers["connection"] == "close"
            assert slow.result().json()["data"]["customers"]["nodes"][0]["tickets"] == {
                "nodes": [{"subject": "退货"}]
            }
            assert it.end() == -signal.SIGTERM


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_ends_it_at_once(tmp_path: Path, database_url: str, workers: int) -> None:
    """Without the rest of the drain, and without those who wait for a slow source."""
    with running_desk() as (desk, url), ThreadPoolExecutor() as pool:
        settings = configuration(database_url, url, workers=workers, drain_s=600, grace_s=600)
        with running(tmp_path, settings) as it:
            desk.go_on.clear()
            slow = pool.submit(it.ask, TICKETS)
            wait(lambda: desk.request_count == 1)

            it.signal(signal.SIGTERM)
            wait(lambda: it.ready().status_code == 503)
            it.signal(signal.SIGTERM)

            assert it.end() == -signal.SIGTERM
            assert slow.exception() is not None or slow.result().status_code == 500


def test_what_takes_longer_than_the_grace_is_ended(tmp_path: Path, database_url: str) -> None:
    """Nobody waits for ever."""
    with (
        running_desk() as (desk, url),
        ThreadPoolExecutor() as pool,
        running(tmp_path, configuration(database_url, url, grace_s=1)) as it,
    ):
        desk.go_on.clear()
        slow = pool.submit(it.ask, TICKETS)
        wait(lambda: desk.request_count == 1)

        it.signal(signal.SIGTERM)

        assert it.end() == -signal.SIGTERM
        assert slow.exception() is not None or slow.result().status_code == 500


def _is_reachable(url: str) -> bool:
    try:
        httpx2.get(f"{url}/healthz", timeout=10)
    except httpx2.HTTPError:
        return False
    return True
