"""GraphQL Yoga, a server that is not ours, over the records of a test; from npm."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.canonical import RELATION
from tests.connectors.graphql.sdl import LISTS, SINGLES, TYPES, sdl

FOLDER = Path(__file__).parent / "server"
_INSTALL_S = 300


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: those that share the tests would install over each other."""
    with (FOLDER / "package.json").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install() -> None:
    """Install the server where it is not, as its lock file says."""
    done = FOLDER / "node_modules" / ".installed"
    locked = (FOLDER / "package-lock.json").read_bytes()
    if done.exists() and done.read_bytes() == locked:
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, which brings GraphQL Yoga")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(  # noqa: S603 - npm
            command, cwd=FOLDER, check=True, capture_output=True, timeout=_INSTALL_S
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm could not install GraphQL Yoga: {error}")
    done.write_bytes(locked)


@contextmanager
def yoga(records: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path) -> Iterator[int]:
    """The port of a server with these flat records, as long as it is used."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed, which runs GraphQL Yoga")
    with _alone():
        _install()
    data = folder / "data.json"
    shop = {"records": records, "types": TYPES, "lists": LISTS, "singles": SINGLES}
    data.write_text(json.dumps({"sdl": sdl(records), "relations": RELATION, **shop}), "utf-8")
    process = subprocess.Popen(  # noqa: S603 - node
        [node, str(FOLDER / "server.js"), str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            assert line.strip().isdigit(), "GraphQL Yoga did not start"
            yield int(line)
        finally:
            process.kill()
