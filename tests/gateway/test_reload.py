"""A changed configuration is taken up without a restart, and a bad one is not."""

import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.gateway.process import (
    NAMES,
    TICKETS,
    Process,
    desk_at,
    running,
    running_desk,
    shop,
    wait,
)


def configuration(url: str, **more: Any) -> dict[str, Any]:
    """The configuration of a gateway over the shop."""
    return {
        "store": {"url": url},
        "sources": {"shop": shop()},
        "limits": {"default_first": 1},
        **more,
    }


def reloaded(it: Process, wanted: str | Mapping[str, Any], *, times: int = 1) -> None:
    """Have another configuration taken up."""
    it.configure(wanted)
    it.signal(signal.SIGHUP)
    it.said("configuration_taken_up", times=times)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_file_changes_nothing_and_a_good_one_is_taken_up(
    tmp_path: Path, database_url: str, workers: int
) -> None:
    """Every problem is logged with its line; all workers go together, and stay where they were."""
    first = configuration(database_url, server={"workers": workers})
    with running(tmp_path, first) as it:
        assert len(it.nodes()) == 1

        it.configure("limits:\n  default_first: none\nserver:\n  prot: 1\n")
        it.signal(signal.SIGHUP)
        it.said("configuration_refused")
        assert "customer360.yaml:2:18" in it.text
        assert "customer360.yaml:4:3" in it.text
        assert len(it.nodes()) == 1
        remark = "the configuration was changed and refused; the log says why"
        wait(lambda: it.ready().json() == {"status": "ok", "remark": remark})

        reloaded(it, {**first, "limits": {"default_first": 2}})
        assert {len(it.nodes()) for _ in range(5 * workers)} == {2}
        assert it.ready().json() == {"status": "ok"}

        with running_desk() as (_, url):
            sources = {"shop": shop(), "desk": desk_at(url)}
            reloaded(it, {**first, "sources": sources}, times=2)
            answers = [it.ask("{ sources { name } }").json() for _ in range(5 * workers)]
        names = {"name": "native"}, {"name": "shop"}, {"name": "desk"}
        assert answers == [{"data": {"sources": list(names)}}] * (5 * workers)
        assert it.process.poll() is None
        it.signal(signal.SIGTERM)
        assert it.end() == -signal.SIGTERM


def test_a_request_that_runs_finishes_on_the_old_configuration(
    tmp_path: Path, database_url: str
) -> None:
    """Its source is gone from the new one, and still answers it; later ones see the new."""
    first = configuration(database_url)
    with running_desk() as (desk, url), ThreadPoolExecutor() as pool:
        sources = {"shop": shop(), "desk": desk_at(url)}
        with running(tmp_path, {**first, "sources": sources}) as it:
            desk.go_on.clear()
            slow = pool.submit(it.ask, TICKETS)
            wait(lambda: desk.request_count == 1)

            reloaded(it, {**first, "limits": {"default_first": 3}})
            fresh = it.ask(TICKETS).json()
            desk.go_on.set()

            (customer,) = slow.result().json()["data"]["customers"]["nodes"]
            assert customer == {"name": "Ada", "tickets": {"nodes": [{"subject": "退货"}]}}
            assert len(fresh["data"]["customers"]["nodes"]) == 3
            assert fresh["data"]["customers"]["nodes"][0]["tickets"] == {"nodes": []}


def test_a_file_that_changes_is_taken_up_where_that_is_asked_for(
    tmp_path: Path, database_url: str
) -> None:
    """Also the files that it includes; to write the same once more does nothing."""
    secret = tmp_path / "secret"
    secret.write_text("one", encoding="utf-8")
    server = {"reload_on_change": True}
    first = configuration(database_url, server=server)
    with running_desk() as (_, url):
        desk = desk_at(url, auth={"bearer": "${file:secret}"})
        first["sources"] = {"shop": shop(), "desk": desk}
        with running(tmp_path, first) as it:
            it.configure(first)
            it.configure({**first, "limits": {"default_first": 2}})
            it.said("configuration_taken_up")
            assert len(it.nodes()) == 2

            secret.write_text("other", encoding="utf-8")
            it.said("configuration_taken_up", times=2)

            assert it.text.count("configuration_taken_up") == 2


def test_what_cannot_change_while_it_runs_is_told_and_left(
    tmp_path: Path, database_url: str
) -> None:
    """The rest of the file is taken up."""
    first = configuration(database_url)
    with running(tmp_path, first) as it:
        wanted = {**first, "server": {"workers": 3, "host": "0.0.0.0"}}  # noqa: S104 - not taken up
        reloaded(it, {**wanted, "limits": {"default_first": 3}})

        it.said("restart_needed")
        assert "server.workers" in it.text
        assert "server.host" in it.text
        assert len(it.nodes(NAMES)) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_a_source_that_cannot_be_opened_changes_nothing(
    tmp_path: Path, database_url: str, workers: int
) -> None:
    """The file alone is good; no worker is left with it, and none that dies comes back with it."""
    first = configuration(database_url, server={"workers": workers})
    broken = desk_at("https://crm.internal", auth={"tls": {"ca": "nowhere.pem"}})
    with running(tmp_path, first) as it:
        it.configure({**first, "sources": {"shop": shop(), "crm": broken}})
        it.signal(signal.SIGHUP)
        it.said("configuration_refused")

        assert "nowhere.pem" in it.text
        names = {each.text.count("crm") for each in _sources(it, 5 * workers)}
        assert names == {0}
        reloaded(it, {**first, "limits": {"default_first": 3}})
        assert {len(it.nodes()) for _ in range(5 * workers)} == {3}


def _sources(it: Process, times: int) -> list[httpx2.Response]:
    return [it.ask("{ sources { name } }") for _ in range(times)]
