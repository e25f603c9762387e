"""A block of configuration to start a mapping from, made of what a source offers."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from connectors.contract import DiscoveredEntity, Options
from connectors.mapping.entity import mappable, mappable_fields
from domain.entity import Entity
from gateway.config.json_schema import own_schema
from gateway.config.outline import names_at

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = frozenset({"true", "false", "null"})
_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "account": "customer",
        "client": "customer",
        "company": "customer",
        "contact": "customer",
        "case": "ticket",
        "file": "document",
        "invoice": "purchase",
        "invoice_line": "purchase_line",
        "issue": "ticket",
        "order": "purchase",
        "order_item": "purchase_line",
        "order_line": "purchase_line",
        "user": "customer",
    }
)
_PLACES = ("table", "file", "path")


def starter(name: str, options: type[Options], offered: Sequence[DiscoveredEntity]) -> str:
    """The entities of a source as YAML; what cannot be guessed stands in comments."""
    place = next((each for each in _PLACES if each in _settings_of(options)), None)
    head = f"# Entities for sources.{name}. Complete the fields, drop what you do not need.\n"
    guesses = [_entity(each.name) for each in offered]
    # A name can stand once; the second table that looks like customers is for a person to judge.
    firsts = [None if guess in guesses[:i] else guess for i, guess in enumerate(guesses)]
    blocks = (_block(each, guess, place) for each, guess in zip(offered, firsts, strict=True))
    return "\n".join([head + "entities:", *(line for block in blocks for line in block), ""])


def _settings_of(options: type[Options]) -> Sequence[str]:
    return names_at(own_schema(options), ("entities", "customer"))


def _block(offered: DiscoveredEntity, guess: str | None, place: str | None) -> Iterator[str]:
    count = "" if offered.record_count is None else f", {offered.record_count:,} records"
    # What fits no entity is shown, but switched off, so that the block can be loaded as it is.
    off = "" if guess else "# "
    yield f"  {off}{guess or 'RENAME_ME'}: # {_in_comment(offered.name)}{count}"
    if place:
        yield f"  {off}  {place}: {_word(offered.name)}"
    key = f"key: {_word(offered.key)}" if offered.key else "# key: what identifies a record"
    yield f"  {off}  {key}"
    yield from (f"  {off}  {line}" for line in _fields(offered, mappable().get(guess or "")))


def _fields(offered: DiscoveredEntity, entity: Entity | None) -> Iterator[str]:
    known = {_bare(name): name for name in (mappable_fields(entity) if entity else ())}
    fitting = {known[_bare(each)]: each for each in offered.fields if _bare(each) in known}
    yield "fields:" if fitting else "# fields:"
    yield from (f"  {field}: {_word(each)}" for field, each in fitting.items())
    for each, type_name in offered.fields.items():
        if each not in fitting.values() and each != offered.key:
            yield f"  # {_in_comment(each)} ({_in_comment(type_name)})"


def _entity(name: str) -> str | None:
    """The entity whose name is nearest to that of a table, a path or a file."""
    last = re.split(r"[/.]", name.removesuffix(".csv").removesuffix(".parquet").rstrip("/"))[-1]
    word = re.sub(r"(?<=[a-z])(?=[A-Z])|\W+", "_", last).lower().strip("_")
    singular = word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
    if singular in _SYNONYMS:
        return _SYNONYMS[singular]
    return next(iter(difflib.get_close_matches(singular, mappable(), n=1, cutoff=0.85)), None)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _word(text: Any) -> str:
    is_plain = _PLAIN.fullmatch(str(text)) and str(text).lower() not in _RESERVED
    return str(text) if is_plain else orjson.dumps(str(text)).decode()


def _in_comment(text: str) -> str:
    return " ".join(text.split())
