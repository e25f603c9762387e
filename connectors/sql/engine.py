"""Engines: from the URL in the configuration to a read-only pool of connections."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from connectors.errors import Misconfigured
from connectors.sql.options import SqlOptions

_DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
        "mysql": "mysql+asyncmy",
        "mariadb": "mariadb+asyncmy",
        "sqlite": "sqlite+aiosqlite",
    }
)
_EXTRAS: Mapping[str, str] = MappingProxyType({"asyncmy": "mysql", "aiosqlite": "sqlite"})


def parsed(source: str, text: str) -> URL:
    """The URL with its asynchronous driver; raises `Misconfigured` without repeating the text."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise Misconfigured(
            source, "'url' is no database URL; write for example postgresql://user@host/name"
        ) from None
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def opened(source: str, options: SqlOptions, base_dir: Path) -> AsyncEngine:
    """An engine that has not connected yet. Raises `Misconfigured` where it cannot be made."""
    url = parsed(source, options.url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        url = _read_only_file(source, url, base_dir)
    try:
        return create_async_engine(
            url,
            pool_size=options.pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=options.connect_timeout_s,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=_connect_args(url, options.connect_timeout_s),
        )
    except ModuleNotFoundError as problem:
        raise Misconfigured(source, _missing_driver(problem.name or url.drivername)) from problem
    except NoSuchModuleError as problem:
        raise Misconfigured(
            source, f"there is no driver for '{url.drivername}'; install one, or correct 'url'"
        ) from problem


def _missing_driver(module: str) -> str:
    extra = _EXTRAS.get(module)
    what = f"customer360-gateway[{extra}]" if extra else module
    return f"the driver '{module}' is not installed; install {what}"


def _read_only_file(source: str, url: URL, base_dir: Path) -> URL:
    if not url.database or url.database == ":memory:":
        raise Misconfigured(source, "'url' names no file; write sqlite:///path/to/file.db")
    path = (base_dir / url.database).resolve()
    if not path.is_file():
        raise Misconfigured(source, f"there is no file {path}; correct 'url' or put it there")
    return url.set(database=path.as_uri(), query={"mode": "ro", "uri": "true"})


def _connect_args(url: URL, timeout_s: float) -> dict[str, Any]:
    match url.drivername.rpartition("+")[2]:
        case "asyncpg":
            settings = {"timezone": "UTC", "default_transaction_read_only": "on", "jit": "off"}
            return {"timeout": timeout_s, "server_settings": settings}
        case "asyncmy":
            return {
                "connect_timeout": max(1, round(timeout_s)),
                "charset": "utf8mb4",
                "init_command": "SET time_zone = '+00:00'",
            }
    return {}
