"""Whether what `logInteraction` acknowledges is there for good, whatever is killed meanwhile.

Clients log interactions over HTTP at a `customer360 serve` with its own PostgreSQL, while the
gateway and PostgreSQL are killed with SIGKILL. A client that got no acknowledgement tries again
with the same idempotency key. In the end every key must be in the database exactly once, under the
id that was acknowledged.

    python -m benchmarks.durability --calls 10000 --clients 32 --gateway-kills 3 --postgres-kills 3
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx2

from connectors.native.server import EmbeddedServer

CUSTOMERS = 50
READY_S = 90.0
ATTEMPT_S = 10.0
PAUSE_S = 0.02

MUTATION = """
mutation Log($input: LogInteractionInput!) {
  logInteraction(input: $input) { interaction { recordId subject } problems { code message } }
}
"""
CONFIGURATION = """
sources:
  crm:
    kind: files
    path: .
    entities:
      customer: {file: customers.csv, key: id, fields: {name: name, emails: email}}
telemetry: {log_level: error}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many calls, from how many clients, with how many kills of each in between."""

    calls: int
    clients: int
    gateway_kills: int
    postgres_kills: int
    seed: int = 1


@dataclass(slots=True)
class Findings:
    """What came of it. `acknowledged` is the record id by idempotency key."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    retried: Counter[str] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)
    recoveries_s: dict[str, list[float]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    elapsed_s: float = 0.0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    @property
    def is_durable(self) -> bool:
        """Whether everything that was acknowledged is there exactly once, and nothing else."""
        return not (self.contradictions or self.lost or self.doubled or self.strange)


class Gateway:
    """`customer360 serve` in a process of its own, at one port over all its lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        _write_configuration(self.folder)
        await asyncio.to_thread(self._run, "sync")
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = await asyncio.to_thread(self._launched)
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until the gateway says that it can serve."""
        async with asyncio.timeout(READY_S), httpx2.AsyncClient(timeout=5) as client:
            while not await _is_ready(client, f"{self.url}/readyz"):  # noqa: ASYNC110  # a process cannot set an event
                await asyncio.sleep(PAUSE_S)

    async def kill(self) -> None:
        """Kill the gateway as a crash would, and start it again."""
        if self._process is None:
            raise RuntimeError("the gateway does not run")
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        await self.start()

    async def kill_postgres(self) -> None:
        """Kill PostgreSQL as a crash would; the gateway has to bring it back."""
        pid_file = self._data / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text(encoding="utf-8").split("\n")[0]), signal.SIGKILL)
        await asyncio.sleep(PAUSE_S)
        await self.until_ready()

    @property
    def database_url(self) -> str:
        """Where its PostgreSQL is."""
        return EmbeddedServer(self._data).url

    @property
    def _data(self) -> Path:
        return self.folder / ".customer360" / "postgresql"

    def _launched(self) -> "subprocess.Popen[bytes]":
        command = _command("serve", "--port", self.url.rpartition(":")[2])
        with (self.folder / "gateway.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stderr=log, stdout=log)  # noqa: S603  # our own command

    def _run(self, *words: str) -> None:
        subprocess.run(_command(*words), cwd=self.folder, check=True, capture_output=True)  # noqa: S603  # our own command


def _command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from gateway.cli import main; main()", *words]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _write_configuration(folder: Path) -> None:
    lines = [f"c{n},客户 {n},c{n}@example.com" for n in range(CUSTOMERS)]
    text = "\n".join(["id,name,email", *lines, ""])
    (folder / "customers.csv").write_text(text, encoding="utf-8")
    (folder / "customer360.yaml").write_text(CONFIGURATION, encoding="utf-8")


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


async def _client(gateway: Gateway, keys: Iterator[str], findings: Findings) -> None:
    """Log one interaction after the other, each until it is acknowledged."""
    async with httpx2.AsyncClient(base_url=gateway.url, timeout=ATTEMPT_S) as client:
        for key in keys:
            record_id = None
            while record_id is None:
                record_id = await _attempt(client, key, findings)
                if record_id is None:
                    await asyncio.sleep(PAUSE_S)
            if findings.acknowledged.setdefault(key, record_id) != record_id:
                findings.contradictions.append(key)


async def _attempt(client: httpx2.AsyncClient, key: str, findings: Findings) -> str | None:
    """The record id that was acknowledged, or nothing, which says nothing."""
    number = int(key.rpartition("-")[2])
    given = {
        "customer": {"email": f"c{number % CUSTOMERS}@example.com"},
        "channel": "PHONE",
        "subject": key,
        "idempotencyKey": key,
    }
    body = {"query": MUTATION, "variables": {"input": given}}
    began = time.perf_counter()
    try:
        response = await client.post("/graphql", json=body)
        answer = response.json()
    except (httpx2.HTTPError, ValueError) as exc:
        findings.retried[type(exc).__name__] += 1
        return None
    payload: Any = (answer.get("data") or {}).get("logInteraction")
    if not payload or payload["problems"]:
        findings.retried[_reason(answer)] += 1
        return None
    findings.latencies_s.append(time.perf_counter() - began)
    # Committed, but it could not be read back: acknowledged all the same, once the key is retried.
    return payload["interaction"]["recordId"] if payload["interaction"] else None


def _reason(answer: Any) -> str:
    errors = answer.get("errors") or [{"extensions": {"code": "PROBLEM"}}]
    return str(errors[0].get("extensions", {}).get("code", "ERROR"))


async def _killer(gateway: Gateway, plan: Plan, findings: Findings) -> None:
    """Kill in turn, evenly spread over the calls."""
    chance = random.Random(plan.seed)
    order = ["gateway"] * plan.gateway_kills + ["PostgreSQL"] * plan.postgres_kills
    chance.shuffle(order)
    for place, victim in enumerate(order, 1):
        until = plan.calls * place // (len(order) + 1)
        while len(findings.acknowledged) < until:  # noqa: ASYNC110  # a look now and then will do
            await asyncio.sleep(PAUSE_S)
        began = time.perf_counter()
        await (gateway.kill() if victim == "gateway" else gateway.kill_postgres())
        findings.kills[victim] += 1
        findings.recoveries_s.setdefault(victim, []).append(time.perf_counter() - began)


async def _verify(gateway: Gateway, plan: Plan, findings: Findings) -> None:
    connection = await asyncpg.connect(gateway.database_url)
    try:
        logged = await connection.fetch("SELECT idempotency_key, record_id FROM logged_interaction")
        stored = await connection.fetch("SELECT record_id, subject FROM interaction")
    finally:
        await connection.close()
    ids = {each["idempotency_key"]: each["record_id"] for each in logged}
    subjects: dict[str, list[str]] = {}
    for each in stored:
        subjects.setdefault(each["subject"], []).append(each["record_id"])
    for key, record_id in findings.acknowledged.items():
        if ids.get(key) != record_id or record_id not in subjects.get(key, []):
            findings.lost.append(key)
        if len(subjects.get(key, [])) > 1:
            findings.doubled.append(key)
    findings.strange += sorted((ids.keys() | subjects.keys()) - findings.acknowledged.keys())
    if len(findings.acknowledged) != plan.calls:
        findings.strange.append(f"{len(findings.acknowledged)} acknowledged of {plan.calls}")


async def measure(plan: Plan, folder: Path) -> Findings:
    """Run the plan in an empty folder; what is found there is counted after a last crash."""
    findings = Findings()
    keys = iter([f"key-{number}" for number in range(plan.calls)])
    async with Gateway(folder) as gateway:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(_killer(gateway, plan, findings))
            for _ in range(plan.clients):
                group.create_task(_client(gateway, keys, findings))
        findings.elapsed_s = time.perf_counter() - began
        await gateway.kill()
        await _verify(gateway, plan, findings)
    return findings


def report(plan: Plan, findings: Findings) -> Sequence[str]:
    """The figures as lines of text."""
    latencies = sorted(findings.latencies_s)
    shown = {q: latencies[int(len(latencies) * q / 100)] * 1000 for q in (50, 95, 99)}
    recoveries = {name: [round(s, 1) for s in all_] for name, all_ in findings.recoveries_s.items()}
    return [
        f"calls acknowledged   {len(findings.acknowledged):,} from {plan.clients} clients",
        f"killed               {dict(findings.kills)}, and the gateway once more at the end",
        f"back after, seconds  {recoveries}",
        f"took, in seconds     {findings.elapsed_s:.1f}, with all outages",
        f"latency in ms        p50 {shown[50]:.1f}, p95 {shown[95]:.1f}, p99 {shown[99]:.1f}",
        f"tries without answer {dict(findings.retried)}",
        f"lost, doubled        {len(findings.lost)}, {len(findings.doubled)}",
        f"contradicted, alien  {len(findings.contradictions)}, {len(findings.strange)}",
        "DURABLE" if findings.is_durable else "NOT DURABLE",
    ]


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--gateway-kills", type=int, default=3)
    parser.add_argument("--postgres-kills", type=int, default=3)
    return Plan(**vars(parser.parse_args()))


def main() -> int:
    """Run from the command line; 1 where something was lost or doubled."""
    plan = _plan()
    with tempfile.TemporaryDirectory(prefix="c360-durability-") as folder:
        # Whatever account PostgreSQL is run as has to get to its data.
        Path(folder).chmod(0o755)
        findings = asyncio.run(measure(plan, Path(folder)))
    print("\n".join(report(plan, findings)))
    return 0 if findings.is_durable else 1


if __name__ == "__main__":
    sys.exit(main())
