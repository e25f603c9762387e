"""Where Prometheus finds the figures: `/metrics`, at an address of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.config.settings import Server, Telemetry
from gateway.listening import address, listen

log = structlog.get_logger(__name__)

Collect = Callable[[], Awaitable[Sequence[Metric]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Collected:
    metrics: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.metrics


@asynccontextmanager
async def scraped(telemetry: Telemetry, collect: Collect) -> AsyncIterator[None]:
    """Serve what `collect` gives as long as the context is open, where the settings want it.

    Raises `OSError` where the address cannot be had.
    """
    if telemetry.metrics_port is None:
        yield
        return
    with listen(Server(host=telemetry.metrics_host, port=telemetry.metrics_port)) as listening:
        config = uvicorn.Config(
            Starlette(routes=[Route("/metrics", _endpoint(collect))]),
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        server = _Beside(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        log.info("metrics_served", at=f"{address(listening)}/metrics")
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Beside(uvicorn.Server):
    """A server that leaves signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _endpoint(collect: Collect) -> Callable[[Request], Awaitable[Response]]:
    async def metrics(request: Request) -> Response:
        registry = CollectorRegistry()
        registry.register(_Collected(await collect()))
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return metrics
