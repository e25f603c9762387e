"""A configuration that is read again while the gateway runs."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.config.loader import load
from gateway.config.settings import Settings
from gateway.config.substitution import included

FIXED: Final[Sequence[tuple[str, str]]] = (
    ("store", "url"),
    ("store", "data_dir"),
    ("server", "host"),
    ("server", "port"),
    ("server", "workers"),
    ("telemetry", "metrics_port"),
    ("telemetry", "metrics_host"),
    ("telemetry", "otlp_endpoint"),
)
"""The settings that hold from one start to the next: section and name."""


def _as_it_is(settings: Settings) -> Settings:
    return settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the settings come from: a file, and what the command line says instead of it."""

    file: Path
    changed: Callable[[Settings], Settings] = _as_it_is

    def read(self) -> Settings:
        """The settings as they are now. Raises `InvalidConfiguration`."""
        return self.changed(load(self.file, os.environ))

    def stamp(self) -> Sequence[tuple[str, int, int]]:
        """What changes when the file, or one that it includes, is written; costs no reading."""
        return [_stamp(each) for each in self._files()]

    def fingerprint(self) -> bytes:
        """What changes when the content of these files does."""
        digest = hashlib.sha256()
        for each in self._files():
            digest.update(hashlib.sha256(_content(each)).digest())
        return digest.digest()

    def _files(self) -> Iterator[Path]:
        yield self.file
        text = _content(self.file).decode(errors="replace")
        yield from included(text, self.file.absolute().parent)


def with_fixed(wanted: Settings, *, running: Settings) -> tuple[Settings, Sequence[str]]:
    """The wanted settings, but with those of the running that are fixed; the names that differ."""
    differing: list[str] = []
    update: dict[str, Any] = {}
    for section, name in FIXED:
        old, new = getattr(running, section), update.get(section) or getattr(wanted, section)
        if getattr(old, name) != getattr(new, name):
            differing.append(f"{section}.{name}")
            update[section] = new.model_copy(update={name: getattr(old, name)})
    return wanted.model_copy(update=update), differing


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
