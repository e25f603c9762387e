"""`${NAME}`, `${NAME:-default}` and `${file:PATH}` inside a text; `$${` stands for a plain `${`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_FILE = "file:"
_MAX_SECRET_BYTES = 65_536
_MARK = re.compile(r"\$\$\{|\$\{(?P<inside>[^}]*)\}?")
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-(?P<text>.*))?", re.DOTALL)


class Unresolved(Exception):
    """Substitutions that cannot be made; `reasons` says of each what to do."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What substitutions draw on: the environment, and where relative paths of files start."""

    environ: Mapping[str, str]
    base_dir: Path


def substitute(text: str, *, surroundings: Surroundings) -> str:
    """Give the text with every substitution made. Raises `Unresolved` with all that fail."""
    reasons: list[str] = []

    def replacement(match: re.Match[str]) -> str:
        try:
            return _replacement(match, surroundings)
        except Unresolved as exc:
            reasons.extend(exc.reasons)
            return ""

    result = _MARK.sub(replacement, text)
    if reasons:
        raise Unresolved(*reasons)
    return result


def included(text: str, base_dir: Path) -> Sequence[Path]:
    """The files whose content substitutions in a text draw on."""
    inside = [match["inside"] or "" for match in _MARK.finditer(text)]
    return [base_dir / each[len(_FILE) :] for each in inside if each.startswith(_FILE)]


def _replacement(match: re.Match[str], surroundings: Surroundings) -> str:
    if match[0] == "$${":
        return "${"
    if not match[0].endswith("}"):
        raise Unresolved("a '${' is not closed; end it with '}', or write '$${' for a plain '${'")
    return _resolved(match["inside"], surroundings)


def _resolved(inside: str, surroundings: Surroundings) -> str:
    if inside.startswith(_FILE):
        return _content(surroundings.base_dir / inside.removeprefix(_FILE))
    match = _VARIABLE.fullmatch(inside)
    if match is None:
        raise Unresolved(
            f"'${{{inside}}}' cannot be understood; write ${{NAME}}, ${{NAME:-default}} or"
            " ${file:PATH}, or '$${' for a plain '${'"
        )
    return _variable(match, surroundings.environ)


def _variable(match: re.Match[str], environ: Mapping[str, str]) -> str:
    name = match["name"]
    value = environ.get(name, "")
    if match["default"] is not None:
        return value or match["text"]
    if name not in environ:
        raise Unresolved(
            f"the environment variable {name} is needed here and is not set;"
            f" set it, or write ${{{name}:-default}}"
        )
    return value


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SECRET_BYTES + 1)
    except OSError as exc:
        raise Unresolved(f"the file {path} cannot be read: {exc.strerror}") from exc
    if len(data) > _MAX_SECRET_BYTES:
        raise Unresolved(f"the file {path} is larger than 64 KiB; this is no secret")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as exc:
        raise Unresolved(f"the file {path} is not UTF-8 text") from exc
