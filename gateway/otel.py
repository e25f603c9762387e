"""Traces by OpenTelemetry: one span per request, one per batch; imported only where wanted."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.aspects.traced import TracedSession
from gateway.distribution import DISTRIBUTION
from gateway.http.door import Engine
from gateway.tracing import Tracing
from resolvers.request import Request
from resolvers.result import Result

_ERROR = 500
_PROPAGATOR = TraceContextTextMapPropagator()
_CONTEXT = (b"traceparent", b"tracestate")


@asynccontextmanager
async def exporting(endpoint: str) -> AsyncIterator[Tracing]:
    """Tracing that is sent to a collector in the background."""
    known = {"service.name": "customer360", "service.version": version(DISTRIBUTION)}
    # What stands in the environment (`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`) wins.
    provider = TracerProvider(resource=Resource(known).merge(Resource.create()))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("customer360")
    try:
        yield Tracing(
            session=partial(TracedSession, tracer=tracer),
            endpoint=partial(TracedEndpoint, tracer),
            engine=NamedEngine,
        )
    finally:
        await asyncio.to_thread(provider.shutdown)


class TracedEndpoint:
    """An endpoint with a span for each request, as part of the trace that the request names."""

    def __init__(self, tracer: Tracer, app: ASGIApp) -> None:
        self._tracer = tracer
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        carrier = {
            name.decode(): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _CONTEXT
        }
        with self._tracer.start_as_current_span(
            f"{scope['method']} {scope['path']}",
            context=_PROPAGATOR.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": scope["method"], "url.path": scope["path"]},
        ) as span:

            async def noted(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _ERROR:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, noted)


class NamedEngine:
    """An engine that notes in the span of the request which operation it was."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def execute(self, request: Request, context: Any) -> Result:
        """What the engine answers."""
        span = get_current_span()
        if request.operation_name is not None:
            span.set_attribute("graphql.operation.name", request.operation_name)
        result = await self._engine.execute(request, context)
        span.set_attribute("customer360.result", result.kind.name.lower())
        return result
