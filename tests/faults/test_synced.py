"""A synced source that fails costs nothing: what was pulled before is there, and it is told."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.connectors.airbyte.opening import PROGRAM, TICKET, ticket, tickets
from tests.faults.company import Values, company, http_services, sources

_WRAPPER = """
import os, pathlib, sys, time
mode = pathlib.Path({mode!r}).read_text()
reads = sys.argv[1] == "read"
if mode == "crash" and reads:
    print('{{"type": "RECORD", "record": {{"stream": "tick', flush=True)
    sys.exit("secret-host is on fire")
if mode == "garbage" and reads:
    print("<!doctype html>\\n" * 3, flush=True)
    sys.exit(1)
if mode == "silence" and reads:
    time.sleep(60)
os.execv({program[0]!r}, [*{program!r}, *sys.argv[1:]])
"""
_QUESTION = "{ customers { nodes { name tickets { nodes { subject } } } } }"
_HEALTH = "{ sources { name problem } }"


def _settings(folder: Path, mode: Path) -> Values:
    wrapper = folder / "wrapper.py"
    wrapper.write_text(_WRAPPER.format(mode=str(mode), program=list(PROGRAM)))
    references = {"customer": {"from": "customer_id", "source": "people"}}
    return {
        "kind": "airbyte",
        "command": [sys.executable, str(wrapper)],
        "config": tickets(ticket(1, customer_id="c1"), ticket(2, customer_id="c1")),
        "silence_s": 2,
        "entities": {"ticket": {**TICKET, "references": references}},
    }


@pytest.mark.parametrize("fault", ["crash", "garbage", "silence"])
def test_a_program_that_fails_leaves_what_it_gave_before(
    tmp_path: Path, database_url: str, fault: str
) -> None:
    """Answers are the same, the graph tells the problem, and the next pull mends it."""
    mode = tmp_path / "mode"
    mode.write_text("well")

    async def run(services: str) -> None:
        settings = {**sources(tmp_path, services), "desk": _settings(tmp_path, mode)}
        async with company(tmp_path, database_url, settings) as it:
            assert (await it.gateway.sync.sync_source("desk")).is_complete
            before = await it.ask(_QUESTION)
            mode.write_text(fault)
            broken = await it.gateway.sync.sync_source("desk")
            meanwhile = await it.ask(_QUESTION)
            await it.gateway.sources.refresh(it.gateway.store)
            told = await it.ask(_HEALTH)
            mode.write_text("well")
            healed = await it.gateway.sync.sync_source("desk")

        assert len(before["data"]["customers"]["nodes"][0]["tickets"]["nodes"]) == 2
        assert not broken.is_complete
        assert meanwhile["data"] == before["data"]
        assert "errors" not in meanwhile
        (problem,) = [each["problem"] for each in told["data"]["sources"] if each["name"] == "desk"]
        assert problem
        assert "secret-host" not in problem
        assert healed.is_complete

    with http_services() as services:
        asyncio.run(run(services))
