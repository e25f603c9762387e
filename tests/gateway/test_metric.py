"""The figures for Prometheus, as a scrape finds them."""

import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metric import MEANINGS
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

Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


KEPT = {"ticket": {"max_age_s": 60}}


def scraped(it: Process) -> Mapping[str, list[tuple[Mapping[str, str], float]]]:
    """All samples by name."""
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    text = httpx2.get(it.metrics_url, timeout=60).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def value(it: Process, name: str, **labels: str) -> float:
    """The sum of a sample over all workers, of those with these labels."""
    return sum(
        number
        for found, number in scraped(it).get(name, [])
        if all(found.get(key) == each for key, each in labels.items())
    )


def configuration(
    database_url: str, desk_url: str, *, cache: Mapping[str, Any] | None = None, **server: Any
) -> dict[str, Any]:
    """A gateway whose figures are shown."""
    return {
        "store": {"url": database_url},
        "sources": {
            "shop": shop(),
            "desk": desk_at(
                desk_url, breaker={"failures": 1}, cache=cache or {}, retry={"attempts": 0}
            ),
        },
        "telemetry": {"metrics_port": 0},
        "server": server,
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_asked_is_counted_whoever_answered(
    tmp_path: Path, database_url: str, workers: int
) -> None:
    """By source and entity, by operation, and together over all workers."""
    with (
        running_desk() as (desk, url),
        running(tmp_path, configuration(database_url, url, workers=workers)) as it,
    ):
        asked = 6
        for _ in range(asked):
            assert it.ask(f"query Tickets {TICKETS}").json()["data"]
        it.ask("{ nonsense }")
        desk.status = 503
        answers = [it.ask(TICKETS).json() for _ in range(workers * 4)]

        assert all("errors" in each for each in answers)
        of = {"source": "desk", "entity": "ticket"}
        assert value(it, "customer360_source_batches_total", outcome="ok", **of) == asked
        assert value(it, "customer360_source_batches_total", outcome="down", **of) >= 1
        assert value(it, "customer360_source_batches_total", outcome="open", **of) >= 1
        assert value(it, "customer360_source_duration_seconds_count", **of) == asked + len(answers)
        assert value(it, "customer360_source_calls_total", **of) >= asked + 1
        assert value(it, "customer360_source_rows_total", **of) == asked
        assert value(it, "customer360_source_errors_total", **of) == len(answers)
        assert value(it, "customer360_source_breaker", source="desk", state="open") >= 1
        assert value(it, "customer360_source_status", source="shop") <= workers
        assert (
            value(it, "customer360_operation_duration_seconds_count", operation="Tickets") == asked
        )
        assert value(it, "customer360_operation_errors_total", operation="anonymous") == len(
            answers
        )
        code = "GRAPHQL_VALIDATION_FAILED"
        assert value(it, "customer360_refused_total", code=code) == 1
        assert value(it, "customer360_sync_failing", source="shop") == 0
        wait(lambda: value(it, "customer360_sync_age_seconds", source="shop") > 0)
        workers_seen = {found["worker"] for found, _ in scraped(it)["process_cpu_seconds_total"]}
        assert workers_seen == {str(each) for each in range(workers)}


def test_every_metric_of_ours_is_described(tmp_path: Path, database_url: str) -> None:
    """It has the kind and labels that stand in the manual, and there are no others."""
    with (
        running_desk() as (desk, url),
        running(tmp_path, configuration(database_url, url, cache=KEPT)) as it,
    ):
        desk.status = 503
        it.ask(TICKETS)
        it.ask("{ nonsense }")
        wait(lambda: value(it, "customer360_sync_age_seconds", source="shop") > 0)
        text = httpx2.get(it.metrics_url, timeout=60).text

    found = {
        family.name: (
            family.type,
            family.documentation,
            {key for sample in family.samples for key in sample.labels} - {"le", "worker"},
        )
        for family in text_string_to_metric_families(text)
        if family.name.startswith("customer360_")
    }
    assert found == {
        name: (kind, say, set(labels)) for name, (kind, say, labels) in MEANINGS.items()
    }


def test_a_reload_keeps_the_counts_and_a_refused_one_shows(
    tmp_path: Path, database_url: str
) -> None:
    """Counters only grow."""
    with running_desk() as (_, url):
        first = configuration(database_url, url)
        with running(tmp_path, first) as it:
            it.ask(TICKETS)
            it.configure({**first, "limits": {"default_first": 2}})
            it.signal(signal.SIGHUP)
            it.said("configuration_taken_up")
            it.ask(TICKETS)
            it.configure("- nothing\n")
            it.signal(signal.SIGHUP)
            it.said("configuration_refused")

            batches = {"source": "desk", "outcome": "ok"}
            assert value(it, "customer360_source_batches_total", **batches) == 2
            wait(lambda: value(it, "customer360_configuration_refused") == 1)


def test_what_runs_is_counted_and_the_figures_are_not_for_clients(
    tmp_path: Path, database_url: str
) -> None:
    """They are at an address of their own."""
    with (
        running_desk() as (desk, url),
        ThreadPoolExecutor() as pool,
        running(tmp_path, configuration(database_url, url)) as it,
    ):
        desk.go_on.clear()
        slow = pool.submit(it.ask, TICKETS)
        wait(lambda: desk.request_count == 1)

        assert value(it, "customer360_requests_in_flight") == 1
        desk.go_on.set()
        slow.result()
        wait(lambda: value(it, "customer360_requests_in_flight") == 0)
        assert httpx2.get(f"{it.url}/metrics").status_code == 404
        assert len(it.nodes(NAMES)) == 3


def test_what_is_answered_from_memory_is_counted(tmp_path: Path, database_url: str) -> None:
    """By key; and how large it all is."""
    with (
        running_desk() as (desk, url),
        running(tmp_path, configuration(database_url, url, cache=KEPT)) as it,
    ):
        it.ask(TICKETS)
        answer = it.ask(TICKETS).json()

        assert value(it, "customer360_source_kept_total", source="desk") == 3
        assert value(it, "customer360_source_not_kept_total", source="desk") == 3
        assert value(it, "customer360_kept_bytes") > 0
        assert desk.request_count == 1
        told = answer["extensions"]["sources"]["desk"]
        # Whole seconds since the first question, of which a busy machine may take a few.
        assert told.pop("age") in range(60)
        assert told == {"status": "ok", "ms": 0.0, "rows": 1, "calls": 0}
