"""A gateway as a process of its own, over customers in a file and a help desk that can be slow."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.gateway.test_serving import SERVE
from tests.serving import serving

PATIENCE_S = 60.0
TICKETS = "{ customers { nodes { name tickets { nodes { subject } } } } }"
NAMES = "{ customers { nodes { name } } }"


def wait(for_what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not for_what():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


class Desk:
    """A help desk that holds its answers back while it is `slow`."""

    def __init__(self) -> None:
        self.request_count = 0
        self.status = 200
        self.go_on = threading.Event()
        self.go_on.set()
        self.app = Starlette(routes=[Route("/tickets", self._tickets)])

    def _tickets(self, _request: Request) -> JSONResponse:
        self.request_count += 1
        self.go_on.wait(PATIENCE_S)
        if self.status != 200:
            return JSONResponse({}, status_code=self.status)
        ticket = {"id": 1, "about": "退货", "at": "2026-03-01T10:00:00Z", "who": "1"}
        return JSONResponse({"tickets": [ticket]})


@contextmanager
def running_desk() -> Iterator[tuple[Desk, str]]:
    """The help desk, and its address."""
    desk = Desk()
    with serving(desk.app) as url:
        try:
            yield desk, url
        finally:
            desk.go_on.set()


def desk_at(url: str, **more: Any) -> Mapping[str, Any]:
    """The configuration of the help desk."""
    way = {"path": "/tickets", "how": "comma", "param": "who", "items": "tickets"}
    ticket = {
        "key": "id",
        "references": {"customer": {"from": "who", "source": "shop"}},
        "fields": {
            "subject": "about",
            "kind": {"constant": "INQUIRY"},
            "status": {"constant": "OPEN"},
            "opened_at": "at",
        },
        "list": {"path": "/tickets", "items": "tickets"},
        "by": {"customer": way, "record_id": {**way, "param": "ids"}},
    }
    return {
        "kind": "rest",
        "base_url": url,
        "timeout_s": 30,
        "retry": {"attempts": 0},
        "entities": {"ticket": ticket},
        **more,
    }


def shop() -> Mapping[str, Any]:
    """The configuration of the customers."""
    fields = {"name": "name"}
    entities = {"customer": {"file": "customers.csv", "key": "id", "fields": fields}}
    return {"kind": "files", "path": ".", "sync_every_s": 1, "entities": entities}


@dataclass
class Process:
    """A gateway that runs: its process, where it is, and what it has printed."""

    process: "subprocess.Popen[str]"
    file: Path
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._told("The gateway answers at ").removesuffix("/graphql")

    @property
    def metrics_url(self) -> str:
        """Where its figures are."""
        return self._told("at=")

    def _told(self, text: str) -> str:
        wait(lambda: any(text in each for each in self.lines) or self.process.poll() is not None)
        found = [each for each in self.lines if text in each]
        assert found, self.text
        return found[0].rpartition(text)[2].split()[0]

    @property
    def text(self) -> str:
        """All that it has printed."""
        return "".join(self.lines)

    def ask(self, query: str) -> httpx2.Response:
        """An answer."""
        return httpx2.post(f"{self.url}/graphql", json={"query": query}, timeout=PATIENCE_S)

    def nodes(self, query: str = NAMES) -> list[Any]:
        """The customers of an answer."""
        found: list[Any] = self.ask(query).json()["data"]["customers"]["nodes"]
        return found

    def ready(self) -> httpx2.Response:
        """What it says of its readiness."""
        return httpx2.get(f"{self.url}/readyz", timeout=PATIENCE_S)

    def configure(self, text: str | Mapping[str, Any]) -> None:
        """Write another configuration, as an editor does: all at once."""
        written = text if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False)
        new = self.file.with_suffix(".new")
        new.write_text(written, encoding="utf-8")
        new.replace(self.file)

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def said(self, event: str, *, times: int = 1) -> None:
        """Wait until something was logged so often."""
        wait(lambda: self.text.count(event) >= times or self.process.poll() is not None)
        assert self.text.count(event) >= times, self.text

    def end(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(
    folder: Path, configuration: Mapping[str, Any], *, environ: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A gateway with this configuration, whose customers have been pulled."""
    (folder / "customers.csv").write_text("id,name\n1,Ada\n2,王小明\n3,Grace\n", encoding="utf-8")
    file = folder / "customer360.yaml"
    file.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", SERVE, "serve", "--port", "0"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(environ or {})},
    )
    it = Process(process, file)
    reader = threading.Thread(target=_read, args=(it,))
    reader.start()
    try:
        wait(lambda: bool(it.nodes()))
        yield it
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stderr is not None:
            process.stderr.close()


def _read(it: Process) -> None:
    assert it.process.stderr is not None
    for line in it.process.stderr:
        it.lines.append(line)
