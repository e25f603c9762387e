"""Every kind of source, filled: a shared one to read, and fresh ones to change."""

from collections.abc import Iterator

import pytest

from tests.conformance.source import Source, found

_FOUND = found()


@pytest.fixture(scope="session", params=_FOUND)
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """A source that is only read."""
    with _FOUND[request.param](request) as made:
        yield made


@pytest.fixture(params=_FOUND)
def fresh(request: pytest.FixtureRequest) -> Iterator[Source]:
    """A source of the test's own."""
    with _FOUND[request.param](request) as made:
        yield made


@pytest.fixture
def asked(source: Source) -> None:
    """For tests that ask a source: those of some kinds can only be pulled."""
    if source.only_scans:
        pytest.skip("this source is pulled, and cannot be asked")
