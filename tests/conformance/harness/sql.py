"""Tables in SQLite, PostgreSQL and MariaDB."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contract import Environment, Misconfigured, SourceError, Unavailable
from connectors.sql import KIND
from domain.entity import FieldType
from tests.conformance.canonical import (
    RECORDS,
    SOURCE,
    START,
    Values,
    column_type,
    mapping,
    raw,
    written_as,
)
from tests.conformance.proxy import door
from tests.conformance.source import Connect, Source, connecting, new_folder
from tests.connectors.sql.database import ENGINES, database

_MOMENTS = {"sqlite": "DATETIME", "postgresql": "TIMESTAMPTZ", "mariadb": "DATETIME(6)"}
_TYPES = {
    FieldType.DECIMAL: "NUMERIC(12,2)",
    FieldType.INTEGER: "INTEGER",
}


def script(engine: str, records: Mapping[str, Sequence[Values]]) -> list[str]:
    """The statements that make and fill the tables."""
    return [each for entity, some in records.items() for each in _table(engine, entity, some)]


def _table(engine: str, entity: str, records: Sequence[Values]) -> list[str]:
    rows = [raw(entity, each) for each in records]
    types = _TYPES | {FieldType.DATETIME: _MOMENTS[engine]}
    columns = {name: types.get(column_type(entity, name), "VARCHAR(190)") for name in rows[0]}
    declared = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    values = ", ".join(f"({', '.join(map(_literal, row.values()))})" for row in rows)
    return [
        f"CREATE TABLE the_{entity} ({declared}, PRIMARY KEY (record_id))",
        f"INSERT INTO the_{entity} VALUES {values}",  # noqa: S608  # the test's own values
    ]


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if text.endswith("Z") and text[:4] == str(START.year):
        text = text.replace("T", " ").removesuffix("Z")
    return "'" + text.replace("'", "''") + "'"


def entities(names: Iterable[str] = tuple(RECORDS)) -> dict[str, Any]:
    """The mapping of each entity."""
    return {
        written_as(name): mapping(name, table=f"the_{name}", changed="changed") for name in names
    }


def _connect(url: str, folder: Path, entities: Mapping[str, Any]) -> Connect:
    options = KIND.options.model_validate(
        {"kind": "sql", "url": url, "page_size": 3, "batch_limit": 40, "entities": entities}
    )
    environment = Environment(now=lambda: START, base_dir=folder)
    return connecting(lambda: KIND.open(SOURCE, options, environment))


@contextmanager
def _sql(engine: str, request: pytest.FixtureRequest) -> Iterator[Source]:
    folder = new_folder(request)
    wrong = {"purchase": mapping("purchase", table="the_purchases")}
    with database(engine, folder, script(engine, RECORDS)) as made, ExitStack() as stack:
        url = made
        stop: Callable[[], object]
        start: Callable[[], object]
        if engine == "sqlite":
            file, away = Path(url.removeprefix("sqlite:///")), folder / "away.db"
            stop, start = partial(file.replace, away), partial(away.replace, file)
            when_down: type[SourceError] = Misconfigured
        else:
            parts = urlsplit(url)
            port = parts.port or {"postgresql": 5432, "mariadb": 3306}[engine]
            entrance = stack.enter_context(door((parts.hostname or "127.0.0.1", port)))
            user = parts.netloc.rpartition("@")[0]
            url = parts._replace(netloc=f"{user}@127.0.0.1:{entrance.port}").geturl()
            stop, start, when_down = entrance.shut, entrance.reopen, Unavailable
        yield Source(
            records=RECORDS,
            connect=_connect(url, folder, entities()),
            connect_wrongly=_connect(url, folder, wrong),
            stop=stop,
            start=start,
            when_down=when_down,
        )


SOURCES = {f"sql-{engine}": partial(_sql, engine) for engine in ENGINES}
