"""The embedded PostgreSQL: real servers, killed in every way."""

import asyncio
import os
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.errors import Misconfigured, SourceError, Unavailable
from connectors.native.server import EmbeddedServer
from connectors.native.store import Store
from tests.connectors.native.embedded import QUICK, answer, owner, postmaster


async def _patient_answer(url: str, statement: str) -> object:
    """The answer as soon as the server is back; a store that is down says so each time."""
    while True:
        with suppress(SourceError):
            return await answer(url, statement)
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


def test_a_new_folder_gives_a_server_that_takes_every_language(folder: Path) -> None:
    """UTF-8, order by code point, upper and lower case of all scripts, no port, a password."""

    async def scenario() -> tuple[object, object, str]:
        async with EmbeddedServer(folder / "new" / "deep", settings=QUICK) as server:
            upper = await answer(server.url, "SELECT upper('straße é 李')")
            listens = await answer(server.url, "SHOW listen_addresses")
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
            await answer(server.url.replace(password, "guess"))

    with pytest.raises(Misconfigured, match="password authentication failed"):
        asyncio.run(scenario())


def test_data_are_there_after_a_restart_and_the_url_is_the_same(folder: Path) -> None:
    """Stopping shuts the server down in order."""

    async def first() -> str:
        async with EmbeddedServer(folder) as server:
            await answer(server.url, "CREATE TABLE kept AS SELECT 42 AS value")
            return server.url

    async def second() -> tuple[str, object]:
        async with EmbeddedServer(folder) as server:
            return server.url, await answer(server.url, "SELECT value FROM kept")

    url = asyncio.run(first())

    assert asyncio.run(second()) == (url, 42)
    assert not (folder / "data" / "postmaster.pid").exists()


def test_a_killed_server_comes_back_and_the_pool_with_it(folder: Path) -> None:
    """`kill -9` of PostgreSQL costs an interruption, no restart of the gateway."""

    async def scenario() -> tuple[int, int, object]:
        async with EmbeddedServer(folder) as server:
            await answer(server.url, "CREATE TABLE kept AS SELECT 42 AS value")
            store = await Store.open(server.url)
            before = postmaster(folder)
            os.kill(before, signal.SIGKILL)
            with pytest.raises(Unavailable):
                await _ask_for_ever(store)
            await _patient_answer(server.url, "SELECT 1")
            value = (await store.fetch("SELECT value FROM kept"))[0][0]
            await store.close()
            return before, postmaster(folder), value

    before, after, value = asyncio.run(scenario())

    assert before != after
    assert value == 42


def test_the_server_dies_with_a_killed_owner_and_the_next_owner_has_the_data(folder: Path) -> None:
    """`kill -9` of the gateway leaves no server behind that would bar the next start."""
    with owner(folder) as (process, url):
        asyncio.run(answer(url, "CREATE TABLE kept AS SELECT 42 AS value"))
        orphan = postmaster(folder)
        process.kill()

    async def scenario() -> object:
        async with EmbeddedServer(folder) as server:
            assert server.is_owner
            return await answer(server.url, "SELECT value FROM kept")

    assert asyncio.run(scenario()) == 42
    assert not _is_alive(orphan)


def test_killing_both_at_once_is_recovered_from(folder: Path) -> None:
    """The power cord: no server shuts down in order."""
    with owner(folder) as (process, url):
        asyncio.run(answer(url, "CREATE TABLE kept AS SELECT 42 AS value"))
        process.send_signal(signal.SIGSTOP)
        os.kill(postmaster(folder), signal.SIGKILL)
        process.kill()

    async def scenario() -> object:
        async with EmbeddedServer(folder) as server:
            return await answer(server.url, "SELECT value FROM kept")

    assert asyncio.run(scenario()) == 42


def test_a_number_that_another_process_has_got_since_is_no_hindrance(folder: Path) -> None:
    """In a container the same numbers come again: this test's own stands for the dead server's."""

    async def start() -> object:
        async with EmbeddedServer(folder, settings=QUICK) as server:
            return await answer(server.url)

    stale = f"{os.getppid()}\n{folder}/data\n1\n5432\n{folder}/run\n\n1 1\nready\n"
    (folder / "data" / "postmaster.pid").write_text(stale, encoding="utf-8")

    assert asyncio.run(start()) == 1


def test_a_second_process_attaches_and_takes_over_when_the_owner_ends(folder: Path) -> None:
    """Two replicas on one folder: one server, and none of them is the only one that counts."""

    async def scenario(owner: "subprocess.Popen[str]", url: str) -> tuple[str, bool, object, bool]:
        async with EmbeddedServer(folder) as server:
            attached = not server.is_owner
            await answer(url, "CREATE TABLE kept AS SELECT 42 AS value")
            owner.kill()
            owner.wait()
            await _owned(server)
            value = await _patient_answer(server.url, "SELECT value FROM kept")
            return server.url, attached, value, server.is_owner

    with owner(folder) as (process, url):
        assert asyncio.run(scenario(process, url)) == (url, True, 42, True)


def test_an_attached_process_leaves_the_server_alone_when_it_ends(folder: Path) -> None:
    """Only the owner stops it."""

    async def attach() -> bool:
        async with EmbeddedServer(folder) as server:
            return server.is_owner

    with owner(folder) as (_, url):
        assert asyncio.run(attach()) is False
        assert asyncio.run(answer(url)) == 1


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
            return await answer(server.url)

    assert asyncio.run(start()) == 1


@pytest.mark.parametrize("name", ["x" * 120, "a,b", "客户 data's %41"])
def test_a_folder_that_fits_no_socket_or_no_url_works_too(folder: Path, name: str) -> None:
    """The socket then lies in a short private folder, the data where they were wanted."""

    async def start() -> object:
        async with EmbeddedServer(folder / name, settings=QUICK) as server:
            return await answer(server.url, "SHOW data_directory")

    assert asyncio.run(start()) == str(folder / name / "data")


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
