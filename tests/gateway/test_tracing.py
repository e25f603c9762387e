"""Traces go to a collector: one span per request, one per batch, and onwards to the sources."""

import threading
from pathlib import Path
from typing import Any

import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.gateway.process import TICKETS, desk_at, running, shop, wait
from tests.serving import serving

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


class Collector:
    """Takes spans, and is a help desk too that keeps the headers it was sent."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self._lock = threading.Lock()
        routes = [
            Route("/v1/traces", self._take, methods=["POST"]),
            Route("/tickets", self._tickets),
        ]
        self.app = Starlette(routes=routes)

    async def _take(self, request: Request) -> Response:
        export = ExportTraceServiceRequest()
        export.ParseFromString(await request.body())
        with self._lock:
            self.spans += [
                span
                for resource in export.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        return Response()

    def _tickets(self, request: Request) -> JSONResponse:
        self.headers.append(dict(request.headers))
        return JSONResponse({"tickets": []}, status_code=self.status)

    def of_trace(self) -> list[Span]:
        """The spans of the trace of the test, oldest first."""
        with self._lock:
            found = [each for each in self.spans if each.trace_id.hex() == TRACE]
        return sorted(found, key=lambda each: each.start_time_unix_nano)


def attributes(span: Span) -> dict[str, Any]:
    """The attributes of a span."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def asked(it_url: str) -> httpx2.Response:
    """Ask for tickets as part of a trace."""
    return httpx2.post(
        f"{it_url}/graphql",
        json={"query": f"query Tickets {TICKETS}", "operationName": "Tickets"},
        headers={"traceparent": f"00-{TRACE}-{CALLER}-01"},
        timeout=60,
    )


def test_a_request_and_its_batches_are_spans_of_the_callers_trace(
    tmp_path: Path, database_url: str
) -> None:
    """And the source is told of the span that asks it; what failed says so, without hosts."""
    collector = Collector()
    with serving(collector.app) as url:
        configuration = {
            "store": {"url": database_url},
            "sources": {"shop": shop(), "desk": desk_at(url)},
            "telemetry": {"otlp_endpoint": url},
        }
        quick = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
        with running(tmp_path, configuration, environ=quick) as it:
            collector.status = 503
            answer = asked(it.url).json()
            wait(lambda: any(each.kind == Span.SPAN_KIND_SERVER for each in collector.of_trace()))

    server, *batches = collector.of_trace()
    assert (server.name, server.parent_span_id.hex()) == ("POST /graphql", CALLER)
    assert attributes(server) == {
        "http.request.method": "POST",
        "url.path": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.name": "Tickets",
        "customer360.result": "executed",
    }
    assert {each.name for each in batches} >= {"native customer", "desk ticket"}
    (desk,) = [each for each in batches if each.name == "desk ticket"]
    assert attributes(desk) == {
        "customer360.source": "desk",
        "customer360.entity": "ticket",
        "customer360.keys": 3,
        "customer360.rows": 0,
        "customer360.status": "failed",
        "customer360.code": "SOURCE_UNAVAILABLE",
        "customer360.error_id": answer["errors"][0]["extensions"]["errorId"],
    }
    assert desk.status.message == "The source 'desk' is unavailable at the moment; try again later."
    assert collector.headers[-1]["traceparent"] == f"00-{TRACE}-{desk.span_id.hex()}-01"
    assert {each.trace_id.hex() for each in batches} == {TRACE}


def test_without_a_collector_sources_are_told_nothing(tmp_path: Path, database_url: str) -> None:
    """A trace that we have no part in ends here."""
    collector = Collector()
    with serving(collector.app) as url:
        sources = {"shop": shop(), "desk": desk_at(url)}
        with running(tmp_path, {"store": {"url": database_url}, "sources": sources}) as it:
            asked(it.url)

    assert collector.spans == []
    assert "traceparent" not in collector.headers[-1]
