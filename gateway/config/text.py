"""The text of a configuration file, read with care: it may be missing, huge, or no text at all."""

from pathlib import Path

from gateway.config.problem import InvalidConfiguration, Place, Problem

MAX_BYTES = 1_048_576


def read_text(path: Path) -> str:
    """The text of the file. Raises `InvalidConfiguration` where there is none."""
    data = _data(path)
    if len(data) > MAX_BYTES:
        raise _refused(path, "the file is larger than 1 MiB; this is no configuration")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        message = f"the byte 0x{data[exc.start]:02x} is not UTF-8; save the file as UTF-8"
        raise _refused(path, message, _place(data, exc.start)) from exc
    if not text.strip():
        message = "the file is empty; name the systems that know your customers under 'sources:'"
        raise _refused(path, message)
    return text


def _data(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as exc:
        message = "there is no such file; write one, or name another with --config"
        raise _refused(path, message) from exc
    except OSError as exc:
        raise _refused(path, f"the file cannot be read: {exc.strerror}") from exc


def _place(data: bytes, position: int) -> Place:
    before = data[:position]
    line = before[before.rfind(b"\n") + 1 :].decode("utf-8-sig")
    return Place(before.count(b"\n") + 1, len(line) + 1)


def _refused(path: Path, message: str, place: Place | None = None) -> InvalidConfiguration:
    return InvalidConfiguration([Problem(str(path), place, message)])
