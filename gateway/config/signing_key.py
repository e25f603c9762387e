"""The secret that signs download links: given by the configuration, or made once and kept."""

import contextlib
import os
import secrets
from pathlib import Path

from gateway.config.settings import Settings

KEY_FILE = "link-signing.key"
_KEY_BYTES = 32


def link_signing_key(settings: Settings) -> bytes:
    """The key. Where none is configured, that of the data folder, which is made if need be.

    Raises `OSError` where the folder cannot be written.
    """
    if settings.server.link_signing_key is not None:
        return settings.server.link_signing_key.get_secret_value().encode()
    return _kept(settings.data_dir / KEY_FILE)


def _kept(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    """Write the whole key aside first: another process sees either nothing or all of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(_KEY_BYTES))
    # The process that comes first keeps its key; a link, unlike a rename, replaces nothing.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
