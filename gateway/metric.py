"""The figures for Prometheus: made of plain numbers at the moment somebody asks.

The names and meanings stand in `MEANINGS` alone; the manual of operations is compared with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector

from connectors.aspects.breaker import BreakerState
from connectors.aspects.guarded import Guarded
from connectors.aspects.tally import BOUNDS_S, Durations, Tally
from connectors.health import SourceStatus
from gateway.app import Gateway
from gateway.running import Running

MEANINGS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "customer360_source_duration_seconds": (
        "histogram",
        "How long sources took to answer a batch of questions.",
        ("source", "entity"),
    ),
    "customer360_source_batches": (
        "counter",
        "Batches of questions by what became of them.",
        ("source", "entity", "outcome"),
    ),
    "customer360_source_calls": (
        "counter",
        "Requests or statements that were sent.",
        ("source", "entity"),
    ),
    "customer360_source_rows": ("counter", "Rows that came back.", ("source", "entity")),
    "customer360_source_errors": (
        "counter",
        "Failures by the code that clients read.",
        ("source", "entity", "code"),
    ),
    "customer360_source_kept": (
        "counter",
        "Keys that were answered from memory; only of entities whose answers are kept.",
        ("source", "entity"),
    ),
    "customer360_source_not_kept": (
        "counter",
        "Keys that the source had to be asked for, although answers are kept.",
        ("source", "entity"),
    ),
    "customer360_source_status": (
        "gauge",
        "1 at what became of the last question to a source.",
        ("source", "status"),
    ),
    "customer360_source_breaker": (
        "gauge",
        "1 at the state of the breaker of a source.",
        ("source", "state"),
    ),
    "customer360_sync_age_seconds": (
        "gauge",
        "How long ago an entity was last pulled with success.",
        ("source", "entity"),
    ),
    "customer360_sync_failing": (
        "gauge",
        "1 where the last pull of an entity failed.",
        ("source", "entity"),
    ),
    "customer360_operation_duration_seconds": (
        "histogram",
        "How long operations took, from the document to the bytes of the answer.",
        ("kind", "operation"),
    ),
    "customer360_operation_errors": (
        "counter",
        "Operations whose answer had errors.",
        ("kind", "operation"),
    ),
    "customer360_refused": ("counter", "Operations that were not executed, by code.", ("code",)),
    "customer360_requests_in_flight": ("gauge", "Requests that are being answered now.", ()),
    "customer360_documents_bytes": (
        "gauge",
        "The size of the documents and plans that are kept, as estimated.",
        (),
    ),
    "customer360_kept_bytes": ("gauge", "The size of the answers that are kept in memory.", ()),
    "customer360_configuration_refused": (
        "gauge",
        "1 where the file was changed and refused, so that the one before it holds.",
        (),
    ),
}
"""Every metric of our own: its kind, what it says, and its labels beside `worker`."""


def measured(running: Running, *, now: datetime) -> Sequence[Metric]:
    """All figures of this process."""
    gateway = running.gateway
    tallies = gateway.federation.board.tallies.by_entity
    return [
        *_of_sources(tallies),
        *_of_health(gateway),
        *_of_pulls(gateway, now),
        *_of_operations(gateway),
        *_of_process(running),
    ]


def _of_sources(tallies: Mapping[tuple[str, str], Tally]) -> Iterator[Metric]:
    durations = _histogram("customer360_source_duration_seconds")
    batches = _counter("customer360_source_batches")
    calls = _counter("customer360_source_calls")
    rows = _counter("customer360_source_rows")
    errors = _counter("customer360_source_errors")
    kept = _counter("customer360_source_kept")
    not_kept = _counter("customer360_source_not_kept")
    for labels, tally in tallies.items():
        _add(durations, labels, tally.durations)
        count = sum(tally.durations.counts)
        outcomes = {SourceStatus.OK: count - sum(tally.outcomes.values()), **tally.outcomes}
        for outcome, value in outcomes.items():
            batches.add_metric([*labels, outcome.lower()], value)
        calls.add_metric(labels, tally.call_count)
        rows.add_metric(labels, tally.row_count)
        if tally.kept_count or tally.not_kept_count:
            kept.add_metric(labels, tally.kept_count)
            not_kept.add_metric(labels, tally.not_kept_count)
        for code, value in tally.codes.items():
            errors.add_metric([*labels, code], value)
    yield from (durations, batches, calls, rows, errors, kept, not_kept)


def _of_health(gateway: Gateway) -> Iterator[Metric]:
    statuses = _gauge("customer360_source_status")
    breakers = _gauge("customer360_source_breaker")
    for name, connector in gateway.connectors.items():
        status = gateway.federation.board.of(name).status
        _mark(statuses, name, SourceStatus, status)
        if isinstance(connector, Guarded):
            _mark(breakers, name, BreakerState, connector.guard.breaker.state)
    yield from (statuses, breakers)


def _of_pulls(gateway: Gateway, now: datetime) -> Iterator[Metric]:
    ages = _gauge("customer360_sync_age_seconds")
    failing = _gauge("customer360_sync_failing")
    for source, states in gateway.sources.states.items():
        for each in states:
            if each.succeeded_at is not None:
                age_s = (now - each.succeeded_at).total_seconds()
                ages.add_metric([source, each.entity], max(0.0, age_s))
            failing.add_metric([source, each.entity], float(each.problem is not None))
    yield from (ages, failing)


def _of_operations(gateway: Gateway) -> Iterator[Metric]:
    durations = _histogram("customer360_operation_duration_seconds")
    errors = _counter("customer360_operation_errors")
    refused = _counter("customer360_refused")
    for (kind, name), tally in gateway.engine.tallies.by_name.items():
        labels = (kind.value, name)
        _add(durations, labels, tally.durations)
        errors.add_metric(labels, tally.error_count)
    for code, value in gateway.engine.tallies.refusals.items():
        refused.add_metric([code], value)
    yield from (durations, errors, refused)


def _of_process(running: Running) -> Iterator[Metric]:
    values = {
        "customer360_requests_in_flight": len(running.under_way()),
        "customer360_documents_bytes": running.gateway.engine.documents_bytes,
        "customer360_kept_bytes": running.gateway.federation.reader.keeper.size,
        "customer360_configuration_refused": int(running.readiness.is_outdated),
    }
    for name, value in values.items():
        metric = _gauge(name)
        metric.add_metric([], value)
        yield metric
    yield from ProcessCollector(registry=None).collect()


def together(by_worker: Iterable[tuple[int, Sequence[Metric]]]) -> Sequence[Metric]:
    """The figures of all workers, each with the number of its own as a label."""
    merged: dict[str, Metric] = {}
    for number, metrics in by_worker:
        for each in metrics:
            metric = merged.get(each.name)
            if metric is None:
                metric = merged[each.name] = Metric(each.name, each.documentation, each.type)
            metric.samples += [
                sample._replace(labels={**sample.labels, "worker": str(number)})
                for sample in each.samples
            ]
    return list(merged.values())


def _add(metric: HistogramMetricFamily, labels: Sequence[str], durations: Durations) -> None:
    total = 0
    buckets: list[tuple[str, float]] = []
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    for bound, count in zip(bounds, durations.counts, strict=True):
        total += count
        buckets.append((bound, total))
    metric.add_metric(labels, buckets, durations.sum_s)


def _mark(metric: GaugeMetricFamily, name: str, all_of: Iterable[str], one: str) -> None:
    for each in all_of:
        metric.add_metric([name, each.lower()], float(each == one))


def _counter(name: str) -> CounterMetricFamily:
    _, meaning, labels = MEANINGS[name]
    return CounterMetricFamily(name, meaning, labels=labels)


def _gauge(name: str) -> GaugeMetricFamily:
    _, meaning, labels = MEANINGS[name]
    return GaugeMetricFamily(name, meaning, labels=labels)


def _histogram(name: str) -> HistogramMetricFamily:
    _, meaning, labels = MEANINGS[name]
    return HistogramMetricFamily(name, meaning, labels=labels)
