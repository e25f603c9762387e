"""What is put around the parts of the gateway where it is traced; without that, nothing is."""

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from connectors.contract import Misconfigured
from connectors.session import Session
from gateway.config.settings import Telemetry
from gateway.http.door import Engine


def _itself(app: ASGIApp) -> ASGIApp:
    return app


def _engine_itself(engine: Engine) -> Engine:
    return engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """How the conversation of a request, the endpoint and the engine become traced ones."""

    session: Callable[..., Session] = Session
    endpoint: Callable[[ASGIApp], ASGIApp] = _itself
    engine: Callable[[Engine], Engine] = _engine_itself


UNTRACED: Final = Tracing()
"""Everything as it is. Nothing is looked up or asked per request."""


@asynccontextmanager
async def opened_tracing(telemetry: Telemetry) -> AsyncIterator[Tracing]:
    """Tracing where the settings want it; what is not sent yet goes out at the end.

    Raises `Misconfigured` where it is wanted and the extra is not installed.
    """
    if telemetry.otlp_endpoint is None:
        yield UNTRACED
        return
    try:
        otel = importlib.import_module("gateway.otel")
    except ModuleNotFoundError as exc:
        raise Misconfigured(
            "telemetry",
            "`telemetry.otlp_endpoint` needs packages that are not installed: "
            "pip install 'customer360-gateway[otel]'",
        ) from exc
    async with otel.exporting(telemetry.otlp_endpoint) as tracing:
        yield tracing
