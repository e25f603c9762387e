"""How the process logs: structlog and the loggers of libraries alike, in one form."""

import logging
import sys

import structlog

from gateway.config.settings import Telemetry
from gateway.http.request_id import add_request_id

_TALKATIVE = ("uvicorn", "alembic", "asyncio", "httpx2", "httpcore2", "sqlalchemy", "aiosqlite")
"""Libraries that tell of every step, some of them with addresses that hold secrets."""


def set_up(telemetry: Telemetry) -> None:
    """Send what is logged to standard error, in the form and from the level of the settings."""
    stamps: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_request_id,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_form(telemetry),
            ],
        )
    )
    logging.basicConfig(level=telemetry.log_level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _form(telemetry: Telemetry) -> list[structlog.types.Processor]:
    if telemetry.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Not with `rich`, the default where it is installed: it prints the values of variables.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
