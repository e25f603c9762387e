"""A real proxy, HAProxy, in front of a real server: it passes everything on, or has a fault.

What a rule of HAProxy cannot do (half of an answer, one that trickles, one of 1 GB) is done by a
few lines of Lua inside it, `proxy.lua`; so one small process per source has all faults, and no
second tool is needed. A black hole is the stopped process: the kernel takes connections for it, and
nobody answers. Where its queue of connections is filled besides, packets are dropped.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest

from tests.faults.fault import Fault

DELAY_MS = 1500
_BACKLOG = 8
_PATIENCE_S = 10.0
_SOON_S = 0.05
_LUA = Path(__file__).with_name("proxy.lua")
_SETTINGS = """
global
  nbthread 1
  maxconn 500
  stats socket {folder}/admin level admin
  lua-load {lua}
defaults
  mode {mode}
  option nolinger
  timeout connect 2s
  timeout client 60s
  timeout server 60s
listen source
  bind 127.0.0.1:{port} backlog {backlog}
  tcp-request connection reject if {{ str(fault),map({folder}/map) -m str RESET }}
{rules}
  server real {target}
"""
_TCP = """
  tcp-request inspect-delay {delay_ms}ms
  tcp-request content accept unless {{ str(fault),map({folder}/map) -m str DELAY }}
  tcp-request content accept if WAIT_END
"""
_HTTP = {
    Fault.DELAY: "http-request lua.delay",
    Fault.RESET: "http-request reject",
    Fault.CLOSED: "http-request reject",
    Fault.UNAUTHORIZED: "http-request return status 401 {json} string {no}",
    Fault.THROTTLED: "http-request return status 429 {json} string {no}",
    Fault.THROTTLED_FOR_1_S: "http-request return status 429 {json} string {no} hdr retry-after 1",
    Fault.FAILED: "http-request return status 500 {json} string {no}",
    Fault.OVERLOADED: "http-request return status 503 content-type text/plain string Overloaded",
    Fault.HTML: "http-request return status 200 content-type text/html file {folder}/page.html",
    Fault.TRUNCATED: "http-request return status 200 content-type {media} file {folder}/half",
    Fault.SHAPE: "http-request return status 200 content-type {media} file {folder}/other",
    Fault.CUT: "http-request use-service lua.cut",
    Fault.TRICKLE: "http-request use-service lua.trickle",
    Fault.HUGE: "http-request use-service lua.huge",
}
_WORDS = {"json": "content-type application/json", "no": '\'{"error": "secret-host says no"}\''}
_PAGE = "<!doctype html><title>Sign in</title><p>Welcome to secret-host.</p>"

TCP_FAULTS = frozenset(
    {Fault.DELAY, Fault.BLACKHOLE, Fault.UNREACHABLE, Fault.REFUSED, Fault.RESET}
)
"""What the proxy can do to any protocol over TCP."""

HTTP_FAULTS = TCP_FAULTS | frozenset(_HTTP)
"""What it can do to HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """What the proxy answers itself: half of a real answer, and a whole one of another shape."""

    half: str
    other: str
    media_type: str = "application/json"


class Proxy:
    """HAProxy before one server: at `port` of this machine, without a fault at first."""

    def __init__(self, folder: Path, target: str, forgery: Forgery | None) -> None:
        self._folder = folder
        self._fillers: list[socket.socket] = []
        self._environment: Mapping[str, str] = {"FAULT_DELAY_MS": str(DELAY_MS)}
        if forgery:
            self._environment = MappingProxyType(
                {
                    **self._environment,
                    "FAULT_HALF": forgery.half,
                    "FAULT_MEDIA_TYPE": forgery.media_type,
                }
            )
            (folder / "half").write_text(forgery.half)
            (folder / "other").write_text(forgery.other)
            (folder / "page.html").write_text(_PAGE)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        (folder / "map").write_text("fault NONE\n")
        settings = _SETTINGS.format(
            folder=folder,
            lua=_LUA,
            mode="http" if forgery else "tcp",
            port=self.port,
            backlog=_BACKLOG,
            rules=_rules(folder, forgery),
            target=target,
        )
        (folder / "settings").write_text(settings)
        self._process = self._started()

    def break_with(self, fault: Fault) -> None:
        """Fail in this way from now on."""
        match fault:
            case Fault.REFUSED:
                self.close()
            case Fault.BLACKHOLE:
                self._process.send_signal(signal.SIGSTOP)
            case Fault.UNREACHABLE:
                self._process.send_signal(signal.SIGSTOP)
                self._fill()
            case _:
                self._command(f"set map {self._folder}/map fault {fault.name}")
                self._command("shutdown sessions server source/real")

    def heal(self) -> None:
        """Pass everything on again."""
        for each in self._fillers:
            each.close()
        self._fillers = []
        if self._process.poll() is not None:
            self._process = self._started()
            return
        self._process.send_signal(signal.SIGCONT)
        self._command(f"set map {self._folder}/map fault NONE")

    def close(self) -> None:
        """End the process, and with it all connections."""
        self._process.kill()
        self._process.wait()

    def _fill(self) -> None:
        """Connect until the queue of the kernel is full."""
        for _ in range(8 * _BACKLOG):
            filler = socket.socket()
            filler.settimeout(_SOON_S)
            self._fillers.append(filler)
            with contextlib.suppress(TimeoutError):
                filler.connect(("127.0.0.1", self.port))
                continue
            return
        raise AssertionError("the queue of connections never became full")

    def _started(self) -> "subprocess.Popen[bytes]":
        (self._folder / "admin").unlink(missing_ok=True)
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own settings
                [_found(), "-db", "-f", str(self._folder / "settings")],
                env={**os.environ, **self._environment},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._process = process
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError):
                self._command("show version")
                return process
            time.sleep(0.01)
        raise AssertionError((self._folder / "log").read_text())

    def _command(self, text: str) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE_S)
            line.connect(str(self._folder / "admin"))
            line.sendall(f"{text}\n".encode())
            while line.recv(4096):
                pass


def _rules(folder: Path, forgery: Forgery | None) -> str:
    if forgery is None:
        return _TCP.format(folder=folder, delay_ms=DELAY_MS)
    words = {**_WORDS, "folder": str(folder), "media": forgery.media_type}
    rules = [
        f"  {rule.format(**words)} if {{ str(fault),map({folder}/map) -m str {fault.name} }}"
        for fault, rule in _HTTP.items()
    ]
    # A body that was not read when the answer is out would break the connection under it.
    return "\n".join(["  option http-buffer-request", *rules])


def _found() -> str:
    """The command, or the test is skipped."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip("HAProxy is not installed (Debian: apt install haproxy)")
    return found


@contextmanager
def proxy(target: str, forgery: Forgery | None = None) -> Iterator[Proxy]:
    """A proxy before a server, `host:port` or `unix@/path`; with `forgery` it speaks HTTP."""
    with TemporaryDirectory(prefix="c360-proxy-") as folder:
        made = Proxy(Path(folder), target, forgery)
        try:
            yield made
        finally:
            made.heal()
            made.close()
