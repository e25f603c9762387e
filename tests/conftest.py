"""Fixtures that every room's tests may use."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from tests.gateway.demo.running import Demo, running
from tests.postgres import Server, running_server
from tests.stores.s3 import moto
from tests.stores.webdav import Share, wsgidav

# A loaded machine is no failure, and a check says the same each time that it is run. For other
# examples each time: `./dev test --hypothesis-profile=random`.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.register_profile("random", _PATIENT)
settings.register_profile("steady", _PATIENT, derandomize=True)
settings.load_profile("steady")

_APART = {"conformance": "source", "faults": "kind", "oracle": "name"}
"""Rooms of long tests, and the parameter by whose values processes share them."""


# First, since pytest-xdist looks for the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where processes share the tests (`-n`), those that share what is set up stay together."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    file = item.nodeid.partition("::")[0]
    if "redis" in file or file.endswith("cache/test_remote.py"):
        return "those that empty the Redis of the tests"
    room = file.split("/")[1]
    call = getattr(item, "callspec", None)
    apart = call.params.get(_APART.get(room, "")) if call else None
    return file if apart is None else f"{room} {apart}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL for the whole session."""
    with running_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: Server) -> Iterator[str]:
    """The URL of a fresh database with the store's tables, dropped after the test."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: Server) -> Iterator[str]:
    """The URL of a fresh database with nothing in it, dropped after the test."""
    with postgres.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo, started once in a folder with a short path: those of sockets are limited."""
    with (
        TemporaryDirectory(prefix="c360-", ignore_cleanup_errors=True) as folder,
        running(Path(folder) / "demo") as started,
    ):
        yield started


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    """The port of a real S3 server, moto's, for the whole session."""
    with moto() as port:
        yield port


@pytest.fixture(scope="session")
def webdav_share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Share]:
    """A folder behind a real WebDAV server, wsgidav, for the whole session."""
    with wsgidav(tmp_path_factory.mktemp("dav")) as share:
        yield share
