"""A YAML document as a tree of values that know their place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from gateway.config import core_schema
from gateway.config.problem import InvalidConfiguration, Place, Problem
from gateway.config.substitution import Surroundings, Unresolved, substitute

MAX_VALUES = 50_000


@dataclass(frozen=True, slots=True)
class Node:
    """A value: plain Python in `value`, its parts with their places in `parts` and `keys`.

    `is_broken` is set where a problem with this very value was told already.
    `is_substituted` is set where the text came from the environment or a file, so that it must
    not be shown.
    """

    value: Any
    place: Place
    parts: Mapping[str | int, "Node"] = field(default_factory=dict)
    keys: Mapping[str | int, Place] = field(default_factory=dict)
    is_broken: bool = False
    is_substituted: bool = False


Parts: TypeAlias = Mapping[str | int, Node]
"""What a list or a mapping holds, by position or by name."""


@dataclass(frozen=True, slots=True)
class Document:
    """The tree of a file, and what was found wrong while it was read."""

    root: Node
    problems: tuple[Problem, ...]


def parse(text: str, *, file: str, surroundings: Surroundings) -> Document:
    """Read a YAML text. Raises `InvalidConfiguration` where it is no YAML or no mapping."""
    reader = _Reader(file, surroundings)
    tree = _composed(text, file)
    if not isinstance(tree, yaml.MappingNode):
        place = _place(tree.start_mark) if tree else None
        message = "the file must hold settings, such as 'sources:', at its left edge"
        raise InvalidConfiguration([Problem(file, place, message)])
    try:
        return Document(reader.node(tree, ()), tuple(reader.problems))
    except _Endless as exc:
        raise InvalidConfiguration([Problem(file, exc.place, exc.message)]) from exc


class _Endless(Exception):
    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class _Reader:
    """Turns YAML nodes into our own; aliases are followed, within bounds."""

    def __init__(self, file: str, surroundings: Surroundings) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._surroundings = surroundings
        self._count = 0

    def node(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> Node:
        self._refuse_endless(node, above)
        inner = (*above, node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode) and node.tag.endswith(":seq"):
            parts: Parts = {i: self.node(each, inner) for i, each in enumerate(node.value)}
            value = [part.value for part in parts.values()]
            return Node(value, _place(node.start_mark), parts, _places(parts))
        if isinstance(node, yaml.MappingNode) and node.tag.endswith(":map"):
            return self._mapping(node, inner)
        return self._broken(node, f"the tag {_tag(node)} is not known here; leave it out")

    def _refuse_endless(self, node: yaml.Node, above: tuple[yaml.Node, ...]) -> None:
        self._count += 1
        if any(node is each for each in above):
            raise _Endless(_place(node.start_mark), "this value contains itself through an alias")
        if self._count > MAX_VALUES:
            message = f"the file has more than {MAX_VALUES:,} values, with its aliases written out"
            raise _Endless(_place(above[0].start_mark), message)

    def _broken(self, node: yaml.Node, *messages: str) -> Node:
        place = _place(node.start_mark)
        self.problems += [Problem(self._file, place, message) for message in messages]
        return Node(None, place, is_broken=True)

    def _scalar(self, node: yaml.ScalarNode) -> Node:
        place = _place(node.start_mark)
        try:
            text = substitute(node.value, surroundings=self._surroundings)
            is_substituted = text != node.value
            value = _substituted(node, text) if is_substituted else _plain(node)
        except Unresolved as exc:
            return self._broken(node, *exc.reasons)
        except KeyError:
            return self._broken(node, f"the tag {_tag(node)} is not known here; leave it out")
        except ValueError:
            return self._broken(node, f"this cannot be read as {_tag(node)}")
        return Node(value, place, is_substituted=is_substituted)

    def _mapping(self, node: yaml.MappingNode, above: tuple[yaml.Node, ...]) -> Node:
        keys: dict[str | int, Place] = {}
        parts: dict[str | int, Node] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if key.tag == core_schema.MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif not isinstance(key, yaml.ScalarNode):
                self._broken(key, "the name of a setting must be a single word")
            elif key.value in keys:
                first = keys[key.value].line
                self._broken(key, f"'{key.value}' stands here twice; it is already on line {first}")
            else:
                keys[key.value] = _place(key.start_mark)
                parts[key.value] = self.node(value, above)
        for part_name, place, part in self._merged(merged, above):
            keys.setdefault(part_name, place)
            parts.setdefault(part_name, part)
        values = {name: part.value for name, part in parts.items()}
        return Node(values, _place(node.start_mark), parts, keys)

    def _merged(
        self, merged: list[yaml.Node], above: tuple[yaml.Node, ...]
    ) -> Iterator[tuple[str | int, Place, Node]]:
        for node in merged:
            if not isinstance(node, yaml.MappingNode):
                self._broken(node, "'<<' merges mappings only; write '<<: *name'")
                continue
            part = self.node(node, above)
            yield from ((name, part.keys[name], part.parts[name]) for name in part.parts)


def _plain(node: yaml.ScalarNode) -> Any:
    return core_schema.scalar(node.tag, node.value)


def _substituted(node: yaml.ScalarNode, text: str) -> str | None:
    """A text, which its setting turns into a number where it wants one: `007` may be a password."""
    is_nothing = not text and node.style is None
    return None if is_nothing else text


def _places(parts: Parts) -> dict[str | int, Place]:
    return {i: part.place for i, part in parts.items()}


def _tag(node: yaml.Node) -> str:
    tag: str = node.tag
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _composed(text: str, file: str) -> yaml.Node | None:
    try:
        loader = core_schema.CoreLoader(text)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as exc:
        raise InvalidConfiguration([_syntax(exc, text, file)]) from exc
    except yaml.reader.ReaderError as exc:
        before = text[: exc.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"the character U+{ord(text[exc.position]):04X} cannot stand in YAML; remove it"
        raise InvalidConfiguration([Problem(file, place, message)]) from exc
    except core_schema.TooDeep as exc:
        message = f"lists and mappings are nested deeper than {core_schema.MAX_DEPTH} here"
        raise InvalidConfiguration([Problem(file, _place(exc.mark), message)]) from exc


def _syntax(exc: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = exc.problem_mark or exc.context_mark
    if mark is None:
        return Problem(file, None, f"this is no YAML: {exc.problem}")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    return Problem(file, _place(mark), _syntax_message(exc, line))


def _syntax_message(exc: yaml.MarkedYAMLError, line: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in (exc.problem or ""):
        return "a tab stands here where YAML wants spaces; indent with spaces"
    if "${" in line and ("[" in line or "{" in line.replace("${", "")):
        return 'this is no YAML; inside [ ] and { } put a substitution in quotes: "${NAME}"'
    about = f"{exc.context}, {exc.problem}" if exc.context else exc.problem
    return f"this is no YAML: {about}"
