"""A real Request Tracker 5: a process of its own on a free port, with a SQLite database."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.stories.company import free_port

USER = "root"
PASSWORD = "password"  # what a fresh installation begins with

_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_PATIENCE_S = 60.0
_SETTINGS = """
Set($rtname, 'desk.example');
Set($Organization, 'desk.example');
Set($CorrespondAddress, 'desk@example.com');
Set($CommentAddress, 'desk@example.com');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/desk.db');
Set($DatabaseUser, '');
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($WebSessionClass, 'Apache::Session::File');
$RT::MasonDataDir = '{folder}/mason';
$RT::MasonSessionDir = '{folder}/sessions';
1;
"""


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """A help desk that answers at `url`; its REST 2 is below that."""

    url: str
    process: "subprocess.Popen[bytes]"

    def create(self, what: str, **values: Any) -> str:
        """Make a record, such as a `ticket`: its id."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/REST/2.0/{what}", json.dumps(values).encode(), _headers()
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:  # noqa: S310
                made: Mapping[str, Any] = json.load(response)
        except urllib.error.HTTPError as exc:
            raise AssertionError(exc.read().decode()) from exc
        return str(made["id"])

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running() -> Iterator[RequestTracker]:
    """A fresh one, ready to answer; the test is skipped where it is not installed."""
    setup = shutil.which("rt-setup-database-5", path=os.environ["PATH"] + ":/usr/sbin")
    if setup is None or not _SERVER.exists():
        pytest.skip("Request Tracker is not installed (Debian: apt install request-tracker5)")
    with TemporaryDirectory(prefix="c360-rt-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        for each in ("mason", "sessions"):
            (folder / each).mkdir()
        settings = folder / "RT_SiteConfig.pm"
        settings.write_text(_SETTINGS.format(folder=folder, port=port))
        environment = {
            **os.environ,
            "RT_SITE_CONFIG": str(settings),
            "RT_SITE_CONFIG_DIR": os.devnull,
        }
        made = [setup, "--action", "init", "--skip-create"]
        subprocess.run(made, env=environment, check=True, capture_output=True)  # noqa: S603 - RT's
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - Debian's command
                [_SERVER, "--server", "Standalone", "--host", "127.0.0.1", "--port", str(port)],
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, folder / "log")
            yield RequestTracker(url, process)
        finally:
            process.kill()
            process.wait()


def _headers() -> dict[str, str]:
    secret = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return {"Content-Type": "application/json", "Authorization": f"Basic {secret}"}


def _wait(url: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    request = urllib.request.Request(f"{url}/REST/2.0/rt", headers=_headers())  # noqa: S310 - our own server
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S):  # noqa: S310 - likewise
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))
