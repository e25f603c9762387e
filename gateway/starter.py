"""A block of configuration to start a mapping from, made of what a source offers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import yaml

from connectors.contract import DiscoveredEntity, Options
from connectors.mapping.entity import mappable, mappable_fields
from connectors.mapping.guess import bare, entity_of
from domain.entity import Entity
from gateway.config.json_schema import own_schema
from gateway.config.outline import names_at

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = frozenset({"true", "false", "null"})
_PLACES = ("table", "file", "stream", "path")
_WIDTH = 110
_MANY = 20
"""So many lists of a description are shown with their fields, even those that fit no entity."""


class _Block(dict[str, Any]):
    """A mapping that is written line by line, however short it is."""


class _Plain(yaml.SafeDumper):
    """Writes the same thing twice where it stands twice, instead of a name for it."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def represent_block(self, data: _Block) -> yaml.Node:
        """A mapping line by line."""
        return self.represent_mapping("tag:yaml.org,2002:map", data, flow_style=False)


_Plain.add_representer(_Block, _Plain.represent_block)


def starter(name: str, options: type[Options], offered: Sequence[DiscoveredEntity]) -> str:
    """The entities of a source as YAML; what cannot be guessed stands in comments."""
    head = f"# Entities for sources.{name}. Complete the fields, drop what you do not need."
    return "\n".join([head, "entities:", *_blocks(options, offered), ""])


def whole_starter(
    name: str,
    options: type[Options],
    settings: Mapping[str, Any],
    *,
    title: str,
    offered: Sequence[DiscoveredEntity],
) -> str:
    """A whole source as YAML, with the settings that it has besides its entities."""
    head = [
        f"# {_in_comment(title)}, as its description says. Set the variables that stand in ${{…}},",
        "# see what `customer360 check` says, and drop what you do not need.",
        "sources:",
        f"  {name}:",
    ]
    lines = [*_yaml(settings), "entities:", *_blocks(options, offered)]
    return "\n".join([*head, *(f"    {line}" for line in lines), ""])


def _blocks(options: type[Options], offered: Sequence[DiscoveredEntity]) -> Iterator[str]:
    place = next((each for each in _PLACES if each in _settings_of(options)), None)
    has_settings = any(each.settings for each in offered)
    guesses = [each.entity if has_settings else entity_of(_last(each.name)) for each in offered]
    # A name can stand once; the second table that looks like customers is for a person to judge.
    firsts = [None if guess in guesses[:i] else guess for i, guess in enumerate(guesses)]
    for i, (each, guess) in enumerate(zip(offered, firsts, strict=True)):
        if has_settings and guess is None and i >= _MANY:
            yield f"  # There is also {_in_comment(each.name)}."
        else:
            yield from _block(each, guess, place)


def _settings_of(options: type[Options]) -> Sequence[str]:
    return names_at(own_schema(options), ("entities", "customer"))


def _block(offered: DiscoveredEntity, guess: str | None, place: str | None) -> Iterator[str]:
    count = "" if offered.record_count is None else f", {offered.record_count:,} records"
    # What fits no entity is shown, but switched off, so that the block can be loaded as it is.
    off = "" if guess else "# "
    yield f"  {off}{guess or 'RENAME_ME'}: # {_in_comment(offered.name)}{count}"
    if offered.settings and guess:
        yield from (f"    {line}" for line in _yaml(offered.settings))
        yield from (f"    # {line}" for line in _unused(offered, offered.settings))
        return
    if place:
        yield f"  {off}  {place}: {_word(offered.name)}"
    key = f"key: {_word(offered.key)}" if offered.key else "# key: what identifies a record"
    yield f"  {off}  {key}"
    yield from (f"  {off}  {line}" for line in _fields(offered, mappable().get(guess or "")))


def _fields(offered: DiscoveredEntity, entity: Entity | None) -> Iterator[str]:
    known = {bare(name): name for name in (mappable_fields(entity) if entity else ())}
    fitting = {known[bare(each)]: each for each in offered.fields if bare(each) in known}
    yield "fields:" if fitting else "# fields:"
    yield from (f"  {field}: {_word(each)}" for field, each in fitting.items())
    for each, type_name in offered.fields.items():
        if each not in fitting.values() and each != offered.key:
            yield f"  # {_in_comment(each)} ({_in_comment(type_name)})"


def _last(name: str) -> str:
    """The word of a table, a path or a file that says what it holds."""
    plain = name.removesuffix(".csv").removesuffix(".parquet").rstrip("/")
    return re.split(r"[/.]", plain)[-1]


def _yaml(settings: Mapping[str, Any]) -> list[str]:
    text = yaml.dump(
        _Block(settings),
        Dumper=_Plain,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=_WIDTH,
    )
    return str(text).splitlines()


def _unused(offered: DiscoveredEntity, settings: Mapping[str, Any]) -> Iterator[str]:
    """What a record has besides what is mapped."""
    used = set(_texts(settings))
    for name, type_name in offered.fields.items():
        if name not in used:
            yield f"{_in_comment(name)} ({_in_comment(type_name)})"


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def _word(text: Any) -> str:
    is_plain = _PLAIN.fullmatch(str(text)) and str(text).lower() not in _RESERVED
    return str(text) if is_plain else orjson.dumps(str(text)).decode()


def _in_comment(text: str) -> str:
    return " ".join(text.split())
