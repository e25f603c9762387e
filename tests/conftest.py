"""Fixtures that every room's tests may use."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]  # it has no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # likewise

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


class Together(LoadScopeScheduling):  # type: ignore[misc]  # likewise
    """Who gets which tests where processes share them: those that share what is set up stay."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if "redis" in file or file.endswith("cache/test_remote.py"):
            return "those that empty the Redis of the tests"
        match file.split("/")[1]:
            case "conformance":
                return "conformance"
            case "faults" | "oracle":
                # What comes last in brackets is the number of a round, or the name of a fault.
                return nodeid.rpartition("-")[0] or file
        return file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Have the tests shared like this."""
    return Together(config, log)


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
