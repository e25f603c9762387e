"""Folders of a wsgidav server, behind a password."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stores.process import served

USER, PASSWORD = "crm", "geheim"


@dataclass(frozen=True)
class Share:
    """A folder of this machine that a server shows below `/dav` at a port."""

    port: int
    folder: Path


@contextmanager
def wsgidav(folder: Path) -> Iterator[Share]:
    """A server of a folder."""
    settings = folder.with_name(f"{folder.name}.json")

    def command(port: int) -> list[str]:
        settings.write_text(json.dumps(_settings(folder, port)))
        return ["-m", "wsgidav.server.server_cli", "--config", str(settings)]

    with served(command) as port:
        yield Share(port, folder)


def _settings(folder: Path, port: int) -> Mapping[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "server": "cheroot",
        "provider_mapping": {"/dav": str(folder)},
        "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
        "http_authenticator": {
            "accept_basic": True,
            "accept_digest": False,
            "default_to_digest": False,
        },
        "verbose": 0,
    }


def settings(port: int, **more: Any) -> Mapping[str, Any]:
    """The settings of a source at this port."""
    return {
        "kind": "webdav",
        "base_url": f"http://127.0.0.1:{port}/dav",
        "auth": {"basic": {"user": USER, "password": PASSWORD}},
        **more,
    }
