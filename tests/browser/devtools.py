"""Chromium without a window, driven by its DevTools protocol over a pipe.

Protocol: https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON, each ended by a
zero byte; the browser reads them from descriptor 3 and writes them to descriptor 4.
"""

import base64
import contextlib
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60.0

# Puts the pipe where the browser expects it, and becomes the browser.
_LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--window-size=1600,1000",
    # No name but this machine's address leads anywhere: the page has to do without a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find() -> str | None:
    """Where a Chromium is, None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the browser told without being asked; `session` is the page or worker."""

    name: str
    session: str
    details: dict[str, Any]


@dataclass(slots=True)
class Browser:
    """One browser; `events` holds everything it told so far, pages and workers alike."""

    reader: int
    writer: int
    events: list[Event] = field(default_factory=list)
    _rest: bytes = b""
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _replies: dict[int, dict[str, Any]] = field(default_factory=dict)

    def tell(self, method: str, session: str = "", **parameters: Any) -> int:
        """Send a command without waiting; the number of its reply."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        return number

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command; its result."""
        number = self.tell(method, session, **parameters)
        self.wait(lambda: number in self._replies, what=method)
        reply = self._replies.pop(number)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']}")
        result: dict[str, Any] = reply["result"]
        return result

    def wait(self, is_done: Callable[[], bool], *, what: str) -> None:
        """Read what comes until it is done; fail after a minute of nothing of the kind."""
        end = time.monotonic() + PATIENCE_S
        while not is_done():
            if time.monotonic() > end:
                raise TimeoutError(f"The browser did not come to: {what}.")
            self._read(0.1)

    def named(self, name: str) -> list[Event]:
        """The events of one name so far."""
        return [event for event in self.events if event.name == name]

    def _read(self, patience_s: float) -> None:
        if not select.select([self.reader], [], [], patience_s)[0]:
            return
        piece = os.read(self.reader, 1 << 20)
        if not piece:
            raise ConnectionError("The browser ended.")
        *messages, self._rest = (self._rest + piece).split(b"\0")
        for message in messages:
            self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._replies[message["id"]] = message
            return
        session = message.get("sessionId", "")
        self.events.append(Event(message["method"], session, message["params"]))
        if message["method"] == "Target.attachedToTarget":
            self._listen(message["params"]["sessionId"])

    def _listen(self, session: str) -> None:
        """Hear everything of a new page or worker, and of those it starts, from its first line."""
        for domain in ("Runtime", "Log", "Network", "Audits"):
            self.tell(f"{domain}.enable", session)
        self.watch(session)
        self.tell("Runtime.runIfWaitingForDebugger", session)

    def watch(self, session: str = "") -> None:
        """Attach to every page and worker that starts from now on."""
        options = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        self.tell("Target.setAutoAttach", session, **options)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a browser."""

    browser: Browser
    session: str

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is waited for."""
        options = {"returnByValue": True, "awaitPromise": True}
        result = self.browser.call("Runtime.evaluate", self.session, expression=script, **options)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Return once a JavaScript expression is true."""
        self.browser.wait(lambda: bool(self.evaluate(script)), what=script)

    def type_text(self, text: str) -> None:
        """Type where the focus is."""
        self.browser.call("Input.insertText", self.session, text=text)

    def screenshot(self, path: Path) -> None:
        """Write what the page looks like as a PNG file."""
        data = self.browser.call("Page.captureScreenshot", self.session, format="png")["data"]
        path.write_bytes(base64.b64decode(data))


def open_page(browser: Browser, url: str) -> Page:
    """A new page at an address."""
    browser.watch()
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    sessions = [
        event.details["sessionId"]
        for event in browser.named("Target.attachedToTarget")
        if event.details["targetInfo"]["targetId"] == target
    ]
    page = Page(browser, sessions[0])
    browser.call("Page.navigate", page.session, url=url)
    return page


@contextlib.contextmanager
def browsing(chromium: str) -> Iterator[Browser]:
    """A browser with an empty profile, ended and cleaned up after use."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        reader, told = os.pipe()
        asked, writer = os.pipe()
        with _started(chromium, profile, asked=asked, told=told):
            os.close(asked)
            os.close(told)
            try:
                yield Browser(reader, writer)
            finally:
                os.close(writer)
                os.close(reader)


@contextlib.contextmanager
def _started(chromium: str, profile: str, *, asked: int, told: int) -> Iterator[None]:
    flags = [*_FLAGS, f"--user-data-dir={profile}"]
    if os.geteuid() == 0:
        # Chromium refuses to make its sandbox as root.
        flags.append("--no-sandbox")
    # Away from 3 and 4, which the launcher is about to overwrite.
    pipe = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (asked, told)]
    ends = [str(each) for each in pipe]
    process = subprocess.Popen(  # noqa: S603 - the browser that `find` found, and our own flags
        [sys.executable, "-c", _LAUNCHER, *ends, chromium, *flags],
        pass_fds=pipe,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for each in pipe:
        os.close(each)
    try:
        yield
    finally:
        # Its end of the pipe is closed by now, which ends it; the rest is for when it hangs.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
