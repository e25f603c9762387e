"""Fields of an entity found in a record, as the mapping writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.mapping.entity import mappable, mappable_fields
from connectors.mapping.guess import bare
from connectors.rest.openapi.record import Leaf, Record
from connectors.rest.openapi.vocabulary import (
    ADDRESS,
    ADDRESSES,
    CHANGED,
    FALLBACKS,
    FIELDS,
    REFERENCES,
    WORDS,
)
from domain.entity import Entity, Field, FieldType

_TEXTS = frozenset({"string", "integer", "number"})
_KINDS: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: _TEXTS,
    FieldType.ENUM: frozenset({"string"}),
    FieldType.DECIMAL: _TEXTS,
    FieldType.INTEGER: frozenset({"integer"}),
    FieldType.DATETIME: _TEXTS,
    FieldType.LIST: frozenset({"string", "array"}),
}
_MINOR = ("cent", "minor unit", "smallest", "minor currency")
_UNKNOWN_WORDS = {"priority": "NORMAL"}


def fields(entity_name: str, record: Record) -> dict[str, Any] | None:
    """The fields that a record has; `None` where it lacks one that the entity must have."""
    entity = mappable()[entity_name]
    known = FIELDS.get(entity_name, {})
    found: dict[str, Any] = {}
    for name in mappable_fields(entity):
        rule = _rule(entity_name, entity.fields[name], record, known.get(name, ()))
        if rule is not None:
            found[name] = rule
    if entity_name == "customer" and (address := _address(record)):
        found["addresses"] = [address]
    return found if _is_whole(entity, found) else None


def _is_whole(entity: Entity, found: Mapping[str, Any]) -> bool:
    return all(
        name in found
        for name in mappable_fields(entity)
        if entity.fields[name].required
        and entity.fields[name].value_type is not FieldType.LIST
        and (entity.name, name) not in _FILLED
    )


_FILLED = frozenset(
    {("customer_record", "kind"), ("customer_record", "is_deleted"), ("document", "kind")}
)


def _rule(entity: str, field: Field, record: Record, names: Sequence[str]) -> Any:
    leaf = record.leaf(names, _KINDS.get(field.value_type, frozenset()))
    fallback = FALLBACKS.get((entity, field.name))
    if leaf is None:
        return None if fallback is None else {"constant": fallback}
    match field.value_type:
        case FieldType.ENUM:
            return _choice(entity, field, leaf, fallback)
        case FieldType.DATETIME:
            return _moment(leaf)
        case FieldType.DECIMAL:
            is_minor = leaf.kind == "integer" and any(word in leaf.text for word in _MINOR)
            return {"from": leaf.path, "divide_by": 100} if is_minor else leaf.path
        case FieldType.LIST:
            return leaf.inner if leaf.kind == "array" else leaf.path
    return leaf.path if fallback is None else {"from": leaf.path, "default": fallback}


def _moment(leaf: Leaf) -> Any:
    if leaf.kind == "string":
        return leaf.path
    is_fine = "milli" in leaf.text or "milli" in str(leaf.schema.get("format", ""))
    return {"from": leaf.path, "unit": "milliseconds" if is_fine else "seconds"}


def _choice(entity: str, field: Field, leaf: Leaf, fallback: Any) -> Any:
    """An enum, where the words are known: those of the document, or the usual ones."""
    meanings = WORDS.get((entity, field.name), {})
    known = {bare(word): value for value, words in meanings.items() for word in words}
    given = leaf.words or [word for words in meanings.values() for word in words]
    words = {word: known[bare(word)] for word in given if bare(word) in known}
    default = fallback or _UNKNOWN_WORDS.get(field.name)
    is_complete = bool(leaf.words) and len(words) == len(leaf.words)
    if not words or (default is None and not is_complete):
        # What its words mean is unknown: a record with one of them could not be read.
        return None if fallback is None else {"constant": fallback}
    rule: dict[str, Any] = {"from": leaf.path, "map": words}
    is_enough = default is None or (is_complete and fallback is None)
    return rule if is_enough else rule | {"default": default}


def _address(record: Record) -> dict[str, str]:
    parts = record.under(ADDRESSES)
    found = {
        part: next((parts[name] for name in names if name in parts), None)
        for part, names in ADDRESS.items()
    }
    return {part: leaf.path for part, leaf in found.items() if leaf and leaf.kind in _TEXTS}


def key(record: Record, word: str) -> str | None:
    """What identifies a record of this name."""
    names = ("id", f"{bare(word)}id", "uuid", "guid", "key", "code", "number")
    leaf = record.leaf(names, _TEXTS)
    return leaf.path if leaf else None


def changed(record: Record) -> Leaf | None:
    """The time at which a record last changed."""
    return record.leaf(CHANGED, _TEXTS)


def words_of(relation: str, customer_word: str) -> list[str]:
    """The words for the other end of a relation; that of the list of customers comes first."""
    known = list(REFERENCES.get(relation, ()))
    return [customer_word, *known] if relation == "customer" and customer_word else known


def reference(record: Record, words: Sequence[str]) -> str | None:
    """The path to the key of another record, which is called by one of these words."""
    names = [name for word in words for name in (f"{bare(word)}id", bare(word))]
    leaf = record.leaf(names, _TEXTS)
    return leaf.path if leaf else None
