"""Records in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.memory import MemoryConnector
from tests.conformance.canonical import RECORDS, SOURCE, START
from tests.conformance.source import Source, connecting


@contextmanager
def memory(_request: pytest.FixtureRequest) -> Iterator[Source]:
    """The reference."""
    yield Source(
        records=RECORDS,
        connect=connecting(lambda: MemoryConnector(SOURCE, RECORDS, observed_at=START)),
    )


SOURCES = {"memory": memory}
