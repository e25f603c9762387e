"""Several processes answer at one address, and one that dies comes back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.gateway.test_serving import SERVE

CONFIGURATION = """
store: { url: "${URL}" }
sources:
  shop:
    kind: files
    path: .
    entities:
      customer: { file: customers.csv, key: id, fields: { name: name } }
"""
PATIENCE_S = 60.0


class Crew:
    """A gateway of two workers."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url

    def workers(self) -> set[int]:
        """The process ids of the workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return {each for each in map(int, children.split()) if _is_worker(each)}

    def answers(self) -> bool:
        """Whether a new connection gets an answer."""
        try:
            answer = httpx2.post(self.url, json={"query": "{ __typename }"}, timeout=20)
        except httpx2.HTTPError:
            return False
        return bool(answer.json() == {"data": {"__typename": "Query"}})


def _is_worker(pid: int) -> bool:
    try:
        return b"gateway.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _wait(for_what: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not for_what():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """Two workers over one source."""
    (tmp_path / "customer360.yaml").write_text(CONFIGURATION)
    (tmp_path / "customers.csv").write_text("id,name\n1,Ada\n")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", SERVE, "serve", "--port", "0", "--workers", "2"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "URL": database_url, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stderr is not None
    printed = ""
    try:
        while "The gateway answers at " not in printed:
            line = process.stderr.readline()
            assert line, printed
            printed += line
        yield Crew(process, printed.rpartition(" at ")[2].strip())
    finally:
        process.kill()
        process.communicate()


def test_every_worker_answers_and_one_that_dies_comes_back(crew: Crew) -> None:
    """Each alone, while the other stands still; and the new one like the old."""
    first, second = sorted(crew.workers())
    for other in (first, second):
        with _stopped(other):
            assert crew.answers()

    os.kill(first, signal.SIGKILL)
    _wait(lambda: len(crew.workers() - {first}) == 2)

    (new,) = crew.workers() - {first, second}
    assert new
    with _stopped(second):
        _wait(crew.answers)


def test_a_signal_ends_all_of_them(crew: Crew) -> None:
    """The workers first."""
    workers = crew.workers()

    crew.process.send_signal(signal.SIGTERM)
    rest = crew.process.communicate(timeout=PATIENCE_S)[1]

    assert crew.process.returncode == -signal.SIGTERM, rest
    assert len(workers) == 2
    assert not any(map(_is_worker, workers))
    assert "died" not in rest


def test_workers_do_not_outlive_what_started_them(crew: Crew) -> None:
    """Not even where that had no time to tell them."""
    workers = crew.workers()

    crew.process.kill()
    crew.process.wait()

    _wait(lambda: not any(map(_is_worker, workers)))
