"""Failures of databases and their drivers, sorted into what the caller does about them."""

import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.errors import Misconfigured, Refused, SourceError, TimedOut, Unavailable

_LOGIN = "the database refuses the user or the password; check 'url'"
_DATABASE = "the server has no database of that name; check the end of 'url'"
_PERMISSION = "the database user may not read this; grant SELECT to it"
_CROWDED = "the database has too many connections already; lower 'pool_size', or raise its limit"
_SHAPE = "the mapping does not fit the database: {text}; run 'customer360 check'"
_STATES: Mapping[str, tuple[type[SourceError], str]] = MappingProxyType(
    {
        "28": (Refused, _LOGIN),
        "3D": (Misconfigured, _DATABASE),
        "42501": (Refused, _PERMISSION),
        "42": (Misconfigured, _SHAPE),
        "53300": (Unavailable, _CROWDED),
        "3F": (Misconfigured, _SHAPE),
        "57014": (TimedOut, "the database cancelled the statement because it took too long"),
    }
)
_NUMBERS: Mapping[int, tuple[type[SourceError], str]] = MappingProxyType(
    {
        1040: (Unavailable, _CROWDED),
        1044: (Refused, _PERMISSION),
        1045: (Refused, _LOGIN),
        1049: (Misconfigured, _DATABASE),
        1054: (Misconfigured, _SHAPE),
        1064: (Misconfigured, _SHAPE),
        1142: (Refused, _PERMISSION),
        1143: (Refused, _PERMISSION),
        1146: (Misconfigured, _SHAPE),
        1203: (Unavailable, _CROWDED),
        1226: (Unavailable, _CROWDED),
        1698: (Refused, _LOGIN),
        1969: (TimedOut, "the database cancelled the statement because it took too long"),
        3024: (TimedOut, "the database cancelled the statement because it took too long"),
        4150: (Refused, _LOGIN),
        4151: (Refused, _LOGIN),
    }
)
_UNAVAILABLE = "the database cannot be reached or is overloaded: {text}"


@contextmanager
def sorted_failures(source: str) -> Iterator[None]:
    """Turn what drivers raise in this block into a `SourceError` of the source."""
    try:
        yield
    except SourceError:
        raise
    except TimeoutError as problem:
        raise TimedOut(source, "the database did not answer in time") from problem
    except Exception as problem:
        raise failure(source, problem) from problem


def failure(source: str, problem: BaseException) -> SourceError:
    """The failure that an exception of a driver stands for; its text holds no password."""
    causes = list(_causes(problem))
    for cause in causes:
        found = _recognised(cause)
        if found:
            kind, template = found
            return kind(source, template.format(text=_first_line(cause)))
    if not any(isinstance(each, SQLAlchemyError | OSError) for each in causes):
        raise problem
    return Unavailable(source, _UNAVAILABLE.format(text=_first_line(causes[-1])))


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = getattr(problem, "orig", None) or problem.__cause__ or problem.__context__


def _recognised(cause: BaseException) -> tuple[type[SourceError], str] | None:
    if isinstance(cause, socket.gaierror):
        return Unavailable, "the host name in 'url' is not known: check it, or the name service"
    if isinstance(cause, TimeoutError | PoolTimeout):
        return TimedOut, "the database did not answer in time"
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    number = cause.args[0] if cause.args else None
    if isinstance(number, int) and number in _NUMBERS:
        return _NUMBERS[number]
    state = getattr(cause, "sqlstate", None)
    return (_STATES.get(state) or _STATES.get(state[:2])) if isinstance(state, str) else None


def _of_sqlite(cause: sqlite3.Error) -> tuple[type[SourceError], str]:
    text = str(cause)
    if "locked" in text or "busy" in text:
        return Unavailable, "the SQLite file is locked by another program"
    if "not a database" in text or "malformed" in text:
        return Misconfigured, "the file that 'url' names is no sound SQLite database"
    if "unable to open" in text:
        return Misconfigured, "the SQLite file cannot be opened; check 'url' and its permissions"
    return Misconfigured, _SHAPE


def _first_line(cause: BaseException) -> str:
    said = cause.args[-1] if cause.args and isinstance(cause.args[-1], str) else str(cause)
    return (said.strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
