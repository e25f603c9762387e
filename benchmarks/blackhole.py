"""What a source that swallows everything costs the others, under a steady load.

The demo's five systems, of which the help desk is asked live over HTTP, lie behind one gateway.
Requests come at a fixed rate whether or not earlier ones are answered; half of them ask for tickets
of customers that have some. A request counts from the moment at which it was due.

    python -m benchmarks.blackhole --rate 200 --seconds 20
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import yaml

from benchmarks.blackhole_report import Figures, table, write
from gateway.demo.generation import generate
from gateway.demo.playing import played, ports, url, variables

CONFIGURATION = Path(__file__).parent.parent / "examples" / "demo" / "customer360.yaml"
HEALTHY = """
query Healthy($id: ID!) {
  customer(by: {id: $id}) {
    name emails { address } campaigns(first: 5) { nodes { status } }
    purchases(first: 5) { nodes { number status } } documents(first: 5) { nodes { name } }
  }
}
"""
ASKING = HEALTHY.replace("name emails", "tickets(first: 5) { nodes { subject } } name emails", 1)
IDS = "{ customers(first: 500) { nodes { id } } }"
READY_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The load, and the settings of the source that fails."""

    rate: int
    seconds: float
    timeout_s: float
    open_s: float
    seed: int = 1


@dataclass(slots=True)
class Heard:
    """What came back in a phase: milliseconds, and how many answers lacked something else."""

    asking_ms: list[float] = field(default_factory=list)
    other_ms: list[float] = field(default_factory=list)
    incomplete_count: int = 0
    without_tickets_count: int = 0


class Driver:
    """Sends requests at a fixed rate, and compares every answer with that of a healthy time."""

    def __init__(self, client: httpx2.AsyncClient, plan: Plan) -> None:
        self._client = client
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._healthy: dict[str, Any] = {}
        self._with_tickets: list[str] = []

    async def learn(self) -> None:
        """Remember what the answers are while all is well."""
        answer = await self._post(IDS, {})
        ids = [each["id"] for each in answer["data"]["customers"]["nodes"]]
        for each in ids:
            customer = (await self._post(ASKING, {"id": each}))["data"]["customer"]
            if customer.pop("tickets")["nodes"]:
                self._with_tickets.append(each)
            self._healthy[each] = customer

    async def phase(self, seconds: float) -> Heard:
        """Send for some time, and wait for all answers."""
        heard = Heard()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(round(seconds * self._plan.rate)):
                due = began + number / self._plan.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(self._ask(due, heard, asks=number % 2 == 0))
        return heard

    async def _ask(self, due: float, heard: Heard, *, asks: bool) -> None:
        key = self._chance.choice(self._with_tickets if asks else [*self._healthy])
        answer = await self._post(ASKING if asks else HEALTHY, {"id": key})
        elapsed_ms = (time.perf_counter() - due) * 1000
        (heard.asking_ms if asks else heard.other_ms).append(elapsed_ms)
        customer = (answer.get("data") or {}).get("customer") or {}
        if asks and customer.pop("tickets", None) is None:
            heard.without_tickets_count += 1
        if customer != self._healthy[key] or (not asks and "errors" in answer):
            heard.incomplete_count += 1

    async def _post(self, query: str, given: Mapping[str, Any]) -> Any:
        body = {"query": query, "variables": given}
        return (await self._client.post("/graphql", json=body)).json()


async def measure(plan: Plan, gateway: str, hole_pid: int) -> Mapping[str, Heard]:
    """All phases, one after the other."""
    # The gateway closes what was idle for 5 s; a request must not meet that on its way.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200, keepalive_expiry=2)
    async with httpx2.AsyncClient(base_url=gateway, timeout=60, limits=limits) as client:
        driver = Driver(client, plan)
        await driver.learn()
        # The first pull, at the start, has to be over.
        await driver.phase(15)
        heard = {"all is well": await driver.phase(plan.seconds)}
        os.kill(hole_pid, signal.SIGUSR1)
        # Requests that come before the first ones have run into their timeout all wait for it.
        heard["swallowed"] = await driver.phase(plan.timeout_s)
        heard["breaker open"] = await driver.phase(plan.seconds)
        os.kill(hole_pid, signal.SIGUSR2)
        await driver.phase(plan.open_s + plan.timeout_s)
        heard["back again"] = await driver.phase(plan.seconds)
    return heard


@contextmanager
def _systems(folder: Path) -> Iterator[tuple[Mapping[str, str], int]]:
    """The five systems, the help desk behind a hole: variables for the gateway, the hole's id."""
    data = folder / "data"
    generate(data)
    with ports() as sockets, played(data, sockets):
        crm_url, desk_url = map(url, sockets)
        # The hole is no HTTP server: nobody may wait for its answers to GraphQL.
        command = [sys.executable, "-m", "benchmarks.hole", desk_url.rpartition(":")[2]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hole:  # noqa: S603 - ours
            port = int(hole.stdout.readline()) if hole.stdout else 0
            try:
                yield (
                    variables(
                        data,
                        folder / "store",
                        crm_url=crm_url,
                        desk_url=f"http://127.0.0.1:{port}",
                    ),
                    hole.pid,
                )
            finally:
                hole.terminate()


def _configure(folder: Path, plan: Plan) -> Path:
    settings = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    breaker = {"open_s": plan.open_s}
    settings["sources"]["desk"] |= {"timeout_s": plan.timeout_s, "breaker": breaker}
    for source in settings["sources"].values():
        # A pull takes the processor for seconds; here it would hit one phase and not another.
        source["sync_every_s"] = 86_400
    settings["telemetry"] = {"log_level": "error"}
    # Every answer would wait for the disk, and this is about sources.
    settings["audit"] = {"enabled": False}
    file = folder / "customer360.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return file


@asynccontextmanager
async def _gateway(file: Path, given: Mapping[str, str]) -> AsyncIterator[str]:
    environment = {**os.environ, **given}
    command = [sys.executable, "-c", "from gateway.cli import main; main()"]
    await asyncio.to_thread(
        subprocess.run,
        [*command, "sync", "--config", str(file)],
        env=environment,
        check=True,
        capture_output=True,
    )
    serve = [*command, "serve", "--config", str(file), "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *serve, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(READY_S):
            line = (await process.stderr.readline()).decode() if process.stderr else ""
        yield line.split(" at ")[1].strip().removesuffix("/graphql")
    finally:
        process.terminate()
        await process.wait()


async def _run(plan: Plan, folder: Path) -> Sequence[Figures]:
    with _systems(folder) as (given, hole_pid):
        async with _gateway(_configure(folder, plan), given) as gateway:
            heard = await measure(plan, gateway, hole_pid)
    return [
        Figures(
            name,
            each.asking_ms,
            each.other_ms,
            incomplete_count=each.incomplete_count,
            without_tickets_count=each.without_tickets_count,
        )
        for name, each in heard.items()
    ]


def main() -> None:
    """Run from the command line, and write what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rate", type=int, default=200, help="requests in a second")
    parser.add_argument("--seconds", type=float, default=20, help="how long a phase lasts")
    parser.add_argument("--timeout-s", type=float, default=1, help="timeout of the help desk")
    parser.add_argument("--open-s", type=float, default=15, help="how long its breaker is open")
    parser.add_argument("--output", type=Path, help="write the results there")
    given = parser.parse_args()
    plan = Plan(
        rate=given.rate, seconds=given.seconds, timeout_s=given.timeout_s, open_s=given.open_s
    )
    with tempfile.TemporaryDirectory(prefix="c360-hole-") as folder:
        # Whatever account PostgreSQL is run as has to get to its data.
        Path(folder).chmod(0o755)
        figures = asyncio.run(_run(plan, Path(folder)))
    print(table(figures, timeout_s=plan.timeout_s))
    if given.output:
        write(given.output, figures, rate=plan.rate, seconds=plan.seconds, timeout_s=plan.timeout_s)


if __name__ == "__main__":
    main()
