"""The embedded PostgreSQL: a server of the gateway's own, where it is given no database.

One process owns the server: it holds a lock on the folder and the server is its child, which shuts
down when its parent ends, however that ends. Further processes on the same folder attach. When the
owner ends, one of them takes over: it gets the lock, starts the server again at the same URL, and
connections come back as after any restart of PostgreSQL. The same care starts a server again that
was killed.
"""

import asyncio
import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from connectors.errors import Misconfigured, SourceError, Unavailable
from connectors.native.cluster import Cluster, signal_server
from connectors.native.program import (
    Account,
    Programs,
    program_folders,
    proved,
    usual_accounts,
)
from connectors.native.store import OLDEST_SERVER, SOURCE

_POLL_S = 0.05
_WATCH_S = 0.5
_SHUTDOWN = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

_log = structlog.get_logger(__name__)


class EmbeddedServer:
    """A PostgreSQL whose files are in `data_dir`, made where there are none.

    `settings` are PostgreSQL's own. `start_timeout_s` is how long it may take to be ready, crash
    recovery included. `folders` and `accounts` say which programs to try, as whom, in which order.

        async with EmbeddedServer(data_dir) as server:
            store = await Store.open(server.url)

    In this form the server is looked after. `start` and `stop` alone only start and stop it; the
    server ends with the thread that called `start`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        start_timeout_s: float = 60.0,
        folders: Sequence[Path] | None = None,
        accounts: Sequence[Account] | None = None,
    ) -> None:
        self._cluster = Cluster(data_dir.absolute())
        self._settings = dict(settings or {})
        self._start_timeout_s = start_timeout_s
        self._folders = program_folders() if folders is None else folders
        self._accounts = usual_accounts() if accounts is None else accounts
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the server is, once it has been started. It stays the same over restarts."""
        return self._cluster.url()

    @property
    def is_owner(self) -> bool:
        """Whether the server is a child of this process."""
        return self._lock is not None

    async def __aenter__(self) -> Self:
        await self.start()
        self._watch = asyncio.create_task(self._look_after())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self.stop()

    async def start(self) -> str:
        """Start the server or attach to the one that runs, and give its URL when it is ready.

        Raises `Misconfigured` where no PostgreSQL can be run here, `Unavailable` where it is not
        ready in time.
        """
        try:
            async with asyncio.timeout(self._start_timeout_s):
                while not self._take_lock():
                    if self._is_ready():
                        return self.url
                    await asyncio.sleep(_POLL_S)
                await self._launch()
                return self.url
        except TimeoutError as error:
            await self.stop()
            raise Unavailable(SOURCE, self._late()) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Shut the server down where this process owns it, and let another process have it."""
        if self._process is not None:
            process, self._process = self._process, None
            await _end(process.pid, lambda: process.poll() is not None)
            self._cluster.tidy()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _launch(self) -> None:
        programs = await self._choose_programs()
        self._cluster.hand_over(programs.account)
        await self._end_orphan()
        if self._cluster.major() is None:
            is_volatile = self._settings.get("fsync") == "off"
            await self._cluster.initialise(programs, *(["--no-sync"] if is_volatile else []))
        while True:
            if await self._is_started(programs):
                return
            await asyncio.sleep(_POLL_S)

    async def _choose_programs(self) -> Programs:
        made_by, problems = self._cluster.major(), []
        for folder in self._folders:
            for account in self._accounts:
                self._cluster.admit(account)
                found = await proved(folder, account, copies=self._cluster.folder / "programs")
                if isinstance(found, str):
                    problems.append(found)
                elif made_by in {None, found.major} and found.major >= OLDEST_SERVER:
                    return found
                else:
                    problems.append(f"{folder} is PostgreSQL {found.major}")
        wanted = f"the data in {self._cluster.folder} are of version {made_by}" if made_by else ""
        raise Misconfigured(SOURCE, _no_programs([*problems, wanted] if wanted else problems))

    async def _end_orphan(self) -> None:
        orphan = self._cluster.orphan()
        if orphan is not None:
            # Its parent was killed; it is on its way out, or could not be told.
            _log.warning("embedded_postgres_orphan", pid=orphan)
            await _end(orphan, lambda: self._cluster.orphan() is None)
        self._cluster.forget_dead_server()

    async def _is_started(self, programs: Programs) -> bool:
        """Start the server and wait for it; false where it is worth another try."""
        self._process = process = self._cluster.start(programs, self._settings)
        while process.poll() is None:
            postmaster = self._cluster.postmaster()
            if postmaster and postmaster.is_ready and postmaster.pid == process.pid:
                return True
            await asyncio.sleep(_POLL_S)
        words = self._cluster.last_words()
        # The children of a server that was killed need a moment to notice.
        if "is still in use" not in words:
            raise Misconfigured(
                SOURCE, f"The embedded PostgreSQL does not start: {words} (see {self._cluster.log})"
            )
        return False

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            try:
                if self._has_lost_server():
                    _log.warning("embedded_postgres_restarts", folder=str(self._cluster.folder))
                    await self.start()
            except (SourceError, OSError) as error:
                _log.exception("embedded_postgres_down", problem=str(error))

    def _has_lost_server(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return self.is_owner or self._take_lock()

    def _take_lock(self) -> bool:
        if self._lock is not None:
            return True
        folder = self._cluster.folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                SOURCE,
                f"The embedded PostgreSQL cannot keep its data in {folder} ({error.strerror})."
                " Choose a folder that this account may write to, or set store.url.",
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _is_ready(self) -> bool:
        postmaster = self._cluster.postmaster()
        return postmaster is not None and postmaster.is_ready and self._cluster.orphan() is not None

    def _late(self) -> str:
        return (
            f"The embedded PostgreSQL was not ready within {self._start_timeout_s:g} seconds."
            f" It said: {self._cluster.last_words() or 'nothing'} (see {self._cluster.log})"
        )


async def _end(pid: int, is_gone: Callable[[], bool]) -> None:
    for number, patience_s in _SHUTDOWN:
        signal_server(pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await _until(is_gone)
                return


async def _until(condition: Callable[[], bool]) -> None:
    while True:
        if condition():
            return
        await asyncio.sleep(_POLL_S)


def _no_programs(problems: Sequence[str]) -> str:
    tried = "; ".join(problems) or "neither the package embedded-postgres nor PostgreSQL is here"
    return (
        f"No embedded PostgreSQL can be run on this machine ({tried}). Set store.url to a"
        f" PostgreSQL {OLDEST_SERVER} or newer, or install PostgreSQL here."
    )
