"""The contenders that are npm packages: installed when they are wanted, and run by one Node.js."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import orjson

FOLDER = Path(__file__).with_name("peers")
"""A folder for each peer with `package.json`, `package-lock.json` and `server.js`."""

_NODE = FOLDER / "node" / "node_modules" / ".bin"
_INSTALL_S = 600


class MissingError(Exception):
    """A peer cannot be run here; the text says why and what to do."""


@cache
def install(name: str) -> Path:
    """Install a peer and the Node.js that runs it where they are not; gives the peer's folder."""
    if name != "node":
        install("node")
    folder = FOLDER / name
    locked = (folder / "package-lock.json").read_bytes()
    done = folder / "node_modules" / ".installed"
    if not done.exists() or done.read_bytes() != locked:
        _run_npm(folder)
        done.write_bytes(locked)
    return folder


def node() -> str:
    """The Node.js of the peers."""
    return str(_NODE / "node")


def environment() -> Mapping[str, str]:
    """What peers are started with: their documentations' settings for production."""
    path = f"{_NODE}{os.pathsep}{os.environ.get('PATH', '')}"
    given = {"NODE_ENV": "production", "GRAPHILE_ENV": "production", "PATH": path}
    return MappingProxyType({**os.environ, **given})


@cache
def version(name: str, package: str) -> str:
    """The version of an installed package of a peer."""
    file = FOLDER / name / "node_modules" / package / "package.json"
    found: str = orjson.loads(file.read_bytes())["version"]
    return found


def _run_npm(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm was not found; install Node.js and run this again")
    print(f"installing {folder.name} …", flush=True)
    try:
        subprocess.run(  # noqa: S603 - npm
            [npm, "ci", "--no-fund", "--no-audit"],
            cwd=folder,
            env=environment(),
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
        )
    except subprocess.CalledProcessError as error:
        raise MissingError(f"npm could not install it: {error.stderr.strip()[-300:]}") from error
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"npm did not install it within {_INSTALL_S} s") from error
