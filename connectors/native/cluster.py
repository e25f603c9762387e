"""The files of the embedded PostgreSQL: its data, its password, its socket, its process."""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from connectors.errors import Misconfigured
from connectors.native.launch import NOBODY
from connectors.native.program import Account, Programs
from connectors.native.store import SOURCE

USER = "customer360"
"""The role that owns everything in the embedded PostgreSQL."""

_DATABASE = "postgres"
_PORT = 5432
# A socket's path has at most 107 bytes, of which `/.s.PGSQL.5432` takes 14.
_LONGEST_SOCKET_FOLDER = 93


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says."""

    pid: int
    is_ready: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the embedded PostgreSQL keeps in `folder`: `data/`, `password`, `server.log`, …."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says; `server.log.1` is from the start before."""
        return self.folder / "server.log"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: in `folder`, or where that is too long, a private short one."""
        inside = self.folder / "run"
        fits = len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER
        # A list of hosts in a URL is split at commas.
        if fits and re.fullmatch(r"[\w/.-]+", str(inside)):
            return inside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return _temporary_folder() / f"customer360-{os.geteuid()}-{name}"

    def url(self) -> str:
        """Where the server is to be reached."""
        password = quote(self._password(), safe="")
        query = urlencode({"host": self.sockets, "port": _PORT}, safe="/")
        return f"postgresql://{USER}:{password}@/{_DATABASE}?{query}"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _password(self) -> str:
        try:
            return self._password_file.read_text(encoding="ascii")
        except OSError as error:
            raise Misconfigured(
                SOURCE,
                f"The password of the embedded PostgreSQL cannot be read ({error}). Bring the file"
                " back, or remove the whole folder to begin with no data.",
            ) from error

    def major(self) -> int | None:
        """The version of PostgreSQL that made the data; nothing where there are none yet."""
        file = self.data / "PG_VERSION"
        return int(file.read_text(encoding="ascii")) if file.exists() else None

    def admit(self, account: Account) -> None:
        """Let the account pass through `folder`; what is inside stays closed."""
        self.folder.chmod(0o711 if account is Account.NOBODY else 0o700)

    def hand_over(self, account: Account) -> None:
        """Give the account what it has to own, also where another account had it before."""
        _make_private(self.sockets)
        for each in (self.sockets, self.data):
            if each.exists():
                _give(each, account.file_owner)

    async def initialise(self, programs: Programs, *options: str) -> None:
        """Make the data, all or nothing; `options` are further ones of `initdb`.

        Raises `Misconfigured` with the words of `initdb`.
        """
        half = self.folder / "data.half"
        await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
        half.mkdir(mode=0o700)
        password = self.folder / "password.half"
        _write_private(password, secrets.token_urlsafe(32))
        for each in (half, password):
            os.chown(each, programs.account.file_owner, -1)
        arguments = ["-D", str(half), f"--pwfile={password}", f"--username={USER}"]
        arguments += ["--auth=scram-sha-256", "--encoding=UTF8", *_locale(programs.major)]
        code, said = await programs.run("initdb", *arguments, *options)
        if code != 0:
            raise Misconfigured(
                SOURCE,
                f"PostgreSQL cannot make its data in {self.folder}: {said.strip()[-600:]}"
                " Choose another folder, or set store.url.",
            )
        os.chown(password, os.geteuid(), -1)
        password.rename(self._password_file)
        half.rename(self.data)

    def postmaster(self) -> Postmaster | None:
        """The server that says it works on these data, whether or not it is still there."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return Postmaster(abs(int(lines[0])), lines[7:8] != [] and lines[7].strip() == "ready")
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def orphan(self) -> int | None:
        """The process of a server that works on these data, whoever started it.

        The number alone says little: after a crash another process may have got it.
        """
        postmaster = self.postmaster()
        if postmaster is None or not _has_argument(postmaster.pid, str(self.data)):
            return None
        return postmaster.pid

    def forget_dead_server(self) -> None:
        """Remove what a dead server left, so that another process with its number is no hindrance.

        That may be its own corpse, which nobody has buried yet. Only for whoever holds the lock
        and found no `orphan`.
        """
        for file in (self.data / "postmaster.pid", self.sockets / f".s.PGSQL.{_PORT}.lock"):
            file.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the folder of the socket after the server has ended, unless it left things."""
        with suppress(OSError):
            self.sockets.rmdir()

    def start(self, programs: Programs, settings: dict[str, str]) -> "subprocess.Popen[bytes]":
        """Start the server; it is not ready yet."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        sockets = str(self.sockets).replace('"', '""')
        given = {"listen_addresses": "", "unix_socket_directories": f'"{sockets}"'}
        given |= {"unix_socket_permissions": "0700", "port": str(_PORT)} | settings
        options = [each for name, value in given.items() for each in ("-c", f"{name}={value}")]
        self.log.touch(mode=0o600)
        with self.log.open("wb") as output:
            return programs.start("postgres", "-D", str(self.data), *options, output=output)

    def last_words(self) -> str:
        """The end of what the server said."""
        if not self.log.exists():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace").strip()[-600:]


def signal_server(pid: int, number: signal.Signals) -> bool:
    """Send a signal; false where the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _locale(major: int) -> list[str]:
    if major >= 18:  # noqa: PLR2004 - the versions that brought these locales
        return ["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST", "--locale=C"]
    if major >= 17:  # noqa: PLR2004 - likewise
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _temporary_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(os.fsencode(folder)) < 40 else Path("/tmp")  # noqa: S108, PLR2004 - short


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    is_ours = state.st_uid in {os.geteuid(), NOBODY}
    if is_ours and not folder.is_symlink() and state.st_mode & 0o077 == 0:
        return
    raise Misconfigured(
        SOURCE, f"The folder {folder} for PostgreSQL's socket is not private: remove it."
    )


def _write_private(file: Path, content: str) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    with file.open("w", encoding="ascii") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _give(tree: Path, user: int) -> None:
    if tree.stat().st_uid == user:
        return
    for each in (tree, *tree.rglob("*")):
        os.chown(each, user, -1, follow_symlinks=False)


def _has_argument(pid: int, argument: str) -> bool:
    """Whether a process was started with an argument; anyone may know that, of any process."""
    if Path("/proc/self").exists():
        try:
            given = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return os.fsencode(argument) in given.split(b"\0")
    command = ["/bin/ps", "-o", "args=", "-p", str(pid)]
    listed = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - fixed
    return argument in listed.stdout
