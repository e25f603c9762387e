"""Every fault of every kind of source costs the fields of that source, says so, and heals."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.faults import table
from tests.faults.company import (
    HEALTHY,
    OPEN_S,
    PATIENT,
    TIMEOUT_S,
    Company,
    company,
    http_services,
    sources,
)
from tests.faults.expected import Outcome, expected
from tests.faults.fault import Fault
from tests.faults.patient import Patient, Ward, patients
from tests.postgres import Server

CELLS = [
    (kind, fault)
    for kind, admission in patients().items()
    for fault in Fault
    if fault in admission.faults
]

_PATIENCE_S = 10.0
_SLACK_S = 2.0  # for busy machines: alone it takes hundredths of a second
_FURTHER = 3
_HEALTH = "{ sources { name status problem } }"
_FOREIGN = ("127.0.0.1", "localhost", "secret-host", "Traceback", "asyncpg", "asyncmy", "httpx")


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of source within a company, and the event loop that all of it lives on."""

    kind: str
    patient: Patient
    company: Company
    runner: asyncio.Runner


class Reception:
    """Has one case at a time: a gateway serves for all faults of a kind."""

    def __init__(self, postgres: Server) -> None:
        self._postgres = postgres
        self._case: Case | None = None
        self._stack = ExitStack()

    def case(self, kind: str) -> Case:
        """The case of a kind; skips the test where its server is missing."""
        if self._case is None or self._case.kind != kind:
            self.close()
            self._case = self._opened(kind)
        return self._case

    def close(self) -> None:
        """Dismiss the case."""
        self._case = None
        self._stack.close()

    def _opened(self, kind: str) -> Case:
        enter = self._stack.enter_context
        folder, own = (enter(_folder()) for _ in range(2))
        patient = enter(patients()[kind].set_up(Ward(folder=own, postgres=self._postgres)))
        database = enter(self._postgres.database())
        settings = sources(folder, enter(http_services()))
        settings[patient.source] = patient.settings | PATIENT
        runner = enter(asyncio.Runner())
        living = company(folder, database, settings)
        opened = runner.run(living.__aenter__())
        self._stack.callback(lambda: runner.run(living.__aexit__(None, None, None)))
        return Case(kind, patient, opened, runner)


@pytest.fixture(scope="module")
def reception(postgres: Server) -> Iterator[Reception]:
    """Where cases are admitted."""
    made = Reception(postgres)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that every user of the machine may read: one fault is to be a user who may not."""
    with TemporaryDirectory(prefix="c360-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_every_fault_of_every_kind_is_in_the_table() -> None:
    """No cell is left from an earlier time, and none is missing."""
    assert set(table.written()) == {(kind, fault.value) for kind, fault in CELLS}


@pytest.mark.parametrize(
    ("kind", "fault"), CELLS, ids=[f"{kind}-{fault.name.lower()}" for kind, fault in CELLS]
)
def test_a_fault_costs_the_fields_of_its_source_and_nothing_else(
    reception: Reception, kind: str, fault: Fault
) -> None:
    """Status, code and source are told, everything else is there, and it heals by itself."""
    case = reception.case(kind)

    outcome = case.runner.run(_seen(case, fault))

    assert outcome == expected(kind, fault)
    if table.RECORD in os.environ:
        with Path(os.environ[table.RECORD]).open("a", encoding="utf-8") as file:
            file.write(json.dumps([kind, fault.name, asdict(outcome)]) + "\n")
    else:
        assert table.written()[kind, fault.value] == table.cell(outcome)


async def _seen(case: Case, fault: Fault) -> Outcome:
    assert _customers(await case.company.ask()) == HEALTHY
    async with case.patient.faults[fault]():
        first = _outcome(case, await _in_time(case))
        opens = False
        for _ in range(_FURTHER):
            further = _outcome(case, await _in_time(case))
            opens = opens or further.code == "SOURCE_OPEN"
        await _is_told_in_the_graph(case)
    await _heals(case, within_s=max(OPEN_S, first.retry_after_s or 0))
    return Outcome(first.status, first.code, opens, first.retry_after_s)


async def _in_time(case: Case) -> Mapping[str, Any]:
    """The answer, which never takes much longer than the source may: not to tidy up either."""
    async with asyncio.timeout(TIMEOUT_S + _SLACK_S):
        return await case.company.ask()


def _outcome(case: Case, answer: Mapping[str, Any]) -> Outcome:
    """What an answer tells of the source, after a look at all the rest of it."""
    relation = case.patient.relation
    _is_discreet(case, answer)
    found = _customers(answer)
    assert _without(found, relation) == _without(HEALTHY, relation)
    told = answer["extensions"]["sources"]
    assert {told[name]["status"] for name in told if name != case.patient.source} == {"ok"}
    errors = answer.get("errors", [])
    status = told[case.patient.source]["status"]
    if not errors:
        assert status == "partial"
        return Outcome(status, None)
    assert [each[relation] for each in found] == [None, None]
    assert [each["path"] for each in errors] == [
        ["customers", "nodes", place, relation] for place in range(2)
    ]
    (code,) = {each["extensions"]["code"] for each in errors}
    assert {each["extensions"]["source"] for each in errors} == {case.patient.source}
    return Outcome(status, code, retry_after_s=errors[0]["extensions"].get("retryAfter"))


def _customers(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = answer["data"]["customers"]["nodes"]
    return found


def _without(customers: Sequence[Mapping[str, Any]], relation: str) -> Sequence[Mapping[str, Any]]:
    return [{name: each[name] for name in each if name != relation} for each in customers]


def _is_discreet(case: Case, answer: Mapping[str, Any]) -> None:
    text = json.dumps(answer, ensure_ascii=False)
    assert [each for each in (*_FOREIGN, *case.patient.secrets) if each in text] == []


async def _is_told_in_the_graph(case: Case) -> None:
    answer = await case.company.ask(_HEALTH)
    _is_discreet(case, answer)
    (told,) = [each for each in answer["data"]["sources"] if each["name"] == case.patient.source]
    assert told["status"] != "OK"
    assert told["problem"]


async def _heals(case: Case, *, within_s: float) -> None:
    began = time.monotonic()
    answer: Mapping[str, Any] = {}
    while time.monotonic() - began < _PATIENCE_S:
        answer = await case.company.ask()
        if "errors" not in answer and _customers(answer) == HEALTHY:
            assert time.monotonic() - began < within_s + _SLACK_S
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"it does not come back: {answer}")
