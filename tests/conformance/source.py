"""What a kind of source brings to the conformance tests.

A file in `tests.conformance.harness` is the harness of a kind: it has `SOURCES`, which names ways
to set up a real source with the canonical records. A further kind is one more file there.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Connector, SourceError, Unavailable
from tests.connectors.aspects.guarding import opened as guarding

Values = dict[str, Any]
Connect = Callable[[], Awaitable[Connector]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A real source that holds `records`, and what can be done to it.

    `connect` makes a connector; `connect_wrongly` one whose configuration does not fit the source.
    `stop` takes the source away and `start` brings it back; `when_down` is the failure that is due
    then. `delete` removes a record at the source. `is_store` says that the connector answers for
    other sources, whose name stands in its rows; `only_scans` that it can be pulled and not asked.
    """

    records: Mapping[str, Sequence[Values]]
    connect: Connect
    connect_wrongly: Connect | None = None
    stop: Callable[[], object] | None = None
    start: Callable[[], object] | None = None
    when_down: type[SourceError] = Unavailable
    delete: Callable[[str, str], None] | None = None
    is_store: bool = False
    only_scans: bool = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Connector]:
        """A connector as the gateway has it, with all aspects around it; closed at the end."""
        bare = await self.connect()
        connector = bare if self.is_store else guarding(bare)
        try:
            yield connector
        finally:
            await connector.close()


SetUp = Callable[[pytest.FixtureRequest], AbstractContextManager[Source]]
"""Fills a source; may skip the test where a server is missing. Fixtures have session scope."""


def connecting(make: Callable[[], Connector]) -> Connect:
    """Connectors that are made without waiting."""

    async def connect() -> Connector:
        return make()

    return connect


def new_folder(request: pytest.FixtureRequest) -> Path:
    """An empty folder."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    return factory.mktemp("source")


def found(package: str = "tests.conformance.harness") -> Mapping[str, SetUp]:
    """All ways to set up a source, by name, from every module of the package."""
    modules = pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")
    loaded = [importlib.import_module(module.name) for module in modules]
    return {name: set_up for module in loaded for name, set_up in module.SOURCES.items()}
