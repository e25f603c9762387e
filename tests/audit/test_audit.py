"""Other people's suites against a running endpoint: graphql-http's audits, and Schemathesis."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.demo.running import Demo

HERE = Path(__file__).parent
FEW_CASES = 44


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, with the package of audits installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node.js with npm is not installed")
    if not (HERE / "node_modules" / "graphql-http").is_dir():
        install = subprocess.run([npm, "ci", "--silent"], cwd=HERE, check=False)  # noqa: S603
        if install.returncode:
            pytest.skip("npm cannot install the package graphql-http here")
    return found


def test_every_audit_of_graphql_http_passes(demo: Demo, node: str) -> None:
    """GraphQL over HTTP, as its reference implementation checks it."""
    command = [node, str(HERE / "audit.js"), demo.endpoint]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.stdout == "61 of 61 audits passed\n"
    assert done.returncode == 0


def test_made_up_operations_are_never_a_server_error(demo: Demo) -> None:
    """A few cases for every root field; `run.sh` runs a thousand."""
    command = [sys.executable, str(HERE / "fuzz.py"), demo.endpoint, str(FEW_CASES)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout
    assert f"{FEW_CASES} generated, {FEW_CASES} passed" in done.stdout
