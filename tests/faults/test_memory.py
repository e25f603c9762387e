"""A source that streams 1 GB does not fill the memory of the gateway, which is a real process."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.company import http_services, sources
from tests.faults.fault import Fault
from tests.faults.patient import Patient, Ward, patients
from tests.gateway.process import Process, running
from tests.postgres import Server

AT_ONCE = 8
MOST_MB = 300
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@pytest.mark.parametrize("kind", ["rest", "graphql"])
def test_answers_of_1_gb_leave_the_memory_small(
    tmp_path: Path, postgres: Server, database_url: str, kind: str
) -> None:
    """Eight different questions at once, each answered with 1 GB: at most 300 MB at any time."""
    folder, own = tmp_path / "company", tmp_path / "desk"
    folder.mkdir()
    own.mkdir()
    with (
        http_services() as services,
        patients()[kind].set_up(Ward(folder=own, postgres=postgres)) as patient,
    ):
        # As large as answers may be where nobody says otherwise.
        desk = {
            name: each for name, each in patient.settings.items() if name != "max_response_bytes"
        }
        settings = {
            "store": {"url": database_url, "data_dir": str(tmp_path / "data")},
            "sources": {**sources(folder, services), "desk": desk},
        }
        with running(tmp_path, settings) as gateway:
            with _broken(patient, Fault.HUGE), ThreadPoolExecutor(AT_ONCE) as pool:
                answers = list(pool.map(lambda n: _asked(gateway, n), range(AT_ONCE)))
            peak_mb = _peak_mb(gateway)

    assert {_code(each) for each in answers} == {"SOURCE_MALFORMED"}
    assert peak_mb < MOST_MB


@contextmanager
def _broken(patient: Patient, fault: Fault) -> Iterator[None]:
    broken = patient.faults[fault]()
    with asyncio.Runner() as runner:
        runner.run(broken.__aenter__())
        try:
            yield
        finally:
            runner.run(broken.__aexit__(None, None, None))


def _asked(gateway: Process, number: int) -> Mapping[str, Any]:
    """The answer to a question that nobody else asks: equal ones would share theirs."""
    query = f"{{ customers {{ nodes {{ tickets(first: {10 + number}) {{ nodes {{ id }} }} }} }} }}"
    answer: Mapping[str, Any] = gateway.ask(query).json()
    return answer


def _code(answer: Mapping[str, Any]) -> str:
    (code,) = {each["extensions"]["code"] for each in answer["errors"]}
    return str(code)


def _peak_mb(gateway: Process) -> float:
    """The most memory that the process has ever had, in MB."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text("utf-8")
    found = _PEAK.search(status)
    assert found is not None
    return int(found[1]) / 1024
