"""A gateway that is told to stop closes everything first."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Where the tests run in the background of a shell, their children ignore SIGINT from the start.
SERVE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from gateway.cli import main; main()"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: those of sockets are limited."""
    with tempfile.TemporaryDirectory(prefix="c360-") as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_gateway_after_its_postgresql(
    folder: Path, number: signal.Signals, code: int
) -> None:
    """PostgreSQL is shut down in order, so that the next start has nothing to recover."""
    (folder / "customer360.yaml").write_text("sources: {}\n")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", SERVE, "serve", "--port", "0"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stderr is not None
    printed = ""
    while "The gateway answers at" not in printed:
        line = process.stderr.readline()
        assert line, printed
        printed += line

    process.send_signal(number)
    rest = process.communicate(timeout=60)[1]

    assert process.returncode == code, rest
    assert list(folder.rglob("postmaster.pid")) == []
