"""A demo as a user starts it: a process of its own, asked over HTTP."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[3] / "examples" / "queries"

_LINE = re.compile(r"GraphiQL +(http://\S+)")
_PATIENCE_S = 180


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready: its process, its endpoint, and what it printed until then."""

    process: subprocess.Popen[str]
    endpoint: str
    printed: str
    home: Path

    def example(self, name: str, **variables: Any) -> Mapping[str, Any]:
        """The whole response to one of the example queries."""
        query = (EXAMPLES / f"{name}.graphql").read_text("utf-8")
        own = EXAMPLES / f"{name}.json"
        given = json.loads(own.read_text("utf-8")) if own.exists() else {}
        return self.ask(query, {**given, **variables})

    @contextmanager
    def broken(self, source: str, fault: str) -> Iterator[None]:
        """Have a source broken by the command line, as long as the block lasts."""
        self._break(f"{source}={fault}")
        try:
            yield
        finally:
            self._break(f"{source}=none")

    def _break(self, word: str) -> None:
        subprocess.run(  # noqa: S603 - our own command
            command("--data-dir", str(self.home), "--break", word), check=True, capture_output=True
        )
        # The systems of the demo look every 0.2 s.
        time.sleep(0.5)

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The whole response to a query."""
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.endpoint, body, headers)  # noqa: S310 - our own http address
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - likewise
            found: Mapping[str, Any] = json.load(response)
            return found


def command(*arguments: str) -> Sequence[str]:
    """The command line of a demo."""
    return [sys.executable, "-c", "from gateway.cli import main; main()", "demo", *arguments]


@contextmanager
def running(data_dir: Path, *arguments: str) -> Iterator[Demo]:
    """A demo that is ready, on a free port; it is told to stop at the end, and has to."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        command("--port", "0", "--data-dir", str(data_dir), *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=data_dir.parent,
    )
    try:
        printed, endpoint = _until_ready(process)
        yield Demo(process, endpoint, printed, data_dir)
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE_S)


def _until_ready(process: subprocess.Popen[str]) -> tuple[str, str]:
    printed, endpoint = "", None
    for line in process.stdout or ():
        printed += line
        found = _LINE.search(line)
        endpoint = found[1] if found else endpoint
        if endpoint and "Ctrl-C" in line:
            return printed, endpoint
    raise AssertionError(f"the demo ended before it was ready:\n{printed}")
