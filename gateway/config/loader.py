"""From a file to settings, or to everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from connectors import registry
from connectors.contract import Kind, Options
from gateway.config.document import Document, Node, parse
from gateway.config.explanation import explain
from gateway.config.json_schema import own_schema
from gateway.config.problem import InvalidConfiguration, Place, Problem
from gateway.config.reference import dangling
from gateway.config.settings import Settings
from gateway.config.substitution import Surroundings
from gateway.config.text import read_text
from gateway.config.wording import shown, suggestion

NATIVE = "native"
"""The name of the gateway's own store, which is no source that could be configured."""

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def load(
    path: Path, environ: Mapping[str, str], *, kinds: Mapping[str, Kind] | None = None
) -> Settings:
    """The settings of a file, with `${…}` taken from `environ` and files.

    `kinds` are the kinds of connectors that sources may have: all that are installed, if not
    given. Raises `InvalidConfiguration` with every problem at once.
    """
    base_dir = path.absolute().parent
    text = read_text(path)
    document = parse(text, file=str(path), surroundings=Surroundings(environ, base_dir))
    known = configurable(registry.kinds() if kinds is None else kinds)
    return _Reading(document, str(path), known).settings(base_dir)


def configurable(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kinds that a source in the configuration may have: all but the gateway's own store."""
    return {name: kind for name, kind in kinds.items() if name != NATIVE}


class _Reading:
    """One document on its way to settings; collects what is wrong."""

    def __init__(self, document: Document, file: str, kinds: Mapping[str, Kind]) -> None:
        self._root = document.root
        self._problems = list(document.problems)
        self._file = file
        self._kinds = kinds

    def settings(self, base_dir: Path) -> Settings:
        sources = dict(self._sources())
        # `server:` above nothing but comments is empty in YAML, and means what leaving it out does.
        given = {name: value for name, value in self._root.value.items() if value is not None}
        data = {**given, "sources": sources}
        result = None
        try:
            result = Settings.model_validate(data, context={"base_dir": base_dir})
        except ValidationError as exc:
            self._tell(explain(exc, node=self._root, prefix=(), schema=own_schema(Settings)))
        self._tell(dangling(self._root))
        if self._problems or result is None:
            raise InvalidConfiguration(self._problems)
        return result

    def _tell(self, found: Iterator[tuple[Place, str]]) -> None:
        self._problems += [Problem(self._file, place, message) for place, message in found]

    def _wrong(self, place: Place, message: str) -> None:
        self._problems.append(Problem(self._file, place, message))

    def _sources(self) -> Iterator[tuple[str, Options]]:
        listed = self._root.parts.get("sources")
        if listed is None or listed.value is None or listed.is_broken:
            return
        if not isinstance(listed.value, dict):
            self._wrong(listed.place, f"sources must be a mapping, not {shown(listed.value)}")
            return
        for name, node in listed.parts.items():
            self._check_name(str(name), listed.keys[name])
            options = self._options(str(name), node)
            if options is not None:
                yield str(name), options

    def _check_name(self, name: str, place: Place) -> None:
        if name == NATIVE:
            message = "'native' is the gateway's own store; give the source another name"
            self._wrong(place, message)
        elif not _NAME.fullmatch(name):
            message = (
                f"'{name}' cannot be the name of a source; use small letters, digits, '_' and '-',"
                " with a letter first"
            )
            self._wrong(place, message)

    def _options(self, name: str, node: Node) -> Options | None:
        kind = self._kind(name, node)
        if kind is None:
            return None
        try:
            return kind.options.model_validate(node.value)
        except ValidationError as exc:
            schema = own_schema(kind.options)
            self._tell(explain(exc, node=node, prefix=("sources", name), schema=schema))
            return None

    def _kind(self, name: str, node: Node) -> Kind | None:
        if node.is_broken:
            return None
        if not isinstance(node.value, dict):
            self._wrong(node.place, f"sources.{name} must be a mapping, not {shown(node.value)}")
            return None
        if "kind" not in node.value:
            hint = suggestion("", self._kinds)
            self._wrong(node.place, f"'kind' is missing in sources.{name}{hint}")
            return None
        return self._known_kind(name, node.parts["kind"])

    def _known_kind(self, name: str, node: Node) -> Kind | None:
        kind = self._kinds.get(node.value) if isinstance(node.value, str) else None
        if kind is None and not node.is_broken:
            hint = suggestion(str(node.value), self._kinds)
            message = f"sources.{name}.kind: there is no kind {shown(node.value)}{hint}"
            self._wrong(node.place, message)
        return kind
