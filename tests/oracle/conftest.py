"""What the oracles share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.oracle.database import Databases
from tests.postgres import Server


@pytest.fixture(scope="session")
def databases(postgres: Server) -> Iterator[Databases]:
    """The databases of this session."""
    with ExitStack() as stack:
        yield Databases(postgres, stack)
