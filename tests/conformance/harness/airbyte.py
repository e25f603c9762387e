"""An Airbyte source: a program that keeps to the protocol, with a stream for each entity."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.airbyte import KIND
from connectors.contract import Environment
from tests.conformance.canonical import (
    RECORDS,
    SOURCE,
    START,
    Values,
    mapping,
    raw,
    written_as,
)
from tests.conformance.source import Connect, Source, connecting, new_folder
from tests.connectors.airbyte.opening import PROGRAM


def _stream(entity: str) -> Values:
    records = [raw(entity, each) for each in RECORDS[entity]]
    records = [{**each, "number_here": n} for n, each in enumerate(records)]
    return {
        "records": records,
        "properties": {name: {"type": "string"} for name in records[0]},
        "sync_modes": ["full_refresh", "incremental"],
        "default_cursor_field": ["number_here"],
    }


def _connect(config: Mapping[str, Any], mapped: Mapping[str, Any]) -> Connect:
    options = KIND.options.model_validate(
        {"kind": "airbyte", "command": PROGRAM, "config": config, "entities": mapped}
    )
    environment = Environment(now=lambda: START, base_dir=Path())
    return connecting(lambda: KIND.open(SOURCE, options, environment))


@contextmanager
def program(request: pytest.FixtureRequest) -> Iterator[Source]:
    """The program; while a file is there, what is behind it cannot be reached."""
    assert sys.executable
    down = new_folder(request) / "down"
    config = {"streams": {name: _stream(name) for name in RECORDS}, "down": str(down)}
    mapped = {written_as(name): mapping(name, stream=name) for name in RECORDS}
    wrong = {"ticket": mapping("ticket", stream="tickest")}
    yield Source(
        records=RECORDS,
        connect=_connect(config, mapped),
        connect_wrongly=_connect(config, wrong),
        stop=down.touch,
        start=down.unlink,
        only_scans=True,
    )


SOURCES = {"airbyte": program}
