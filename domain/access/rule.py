"""Row rules as people write them: the grammar of filters, with claims for values.

    {owner: {eq: $name}, or: [{language: {in: [de, zh]}}, {organization: {id: {eq: $company}}}]}

All entries of a mapping must hold. A text that begins with `$` names a claim; `$$` stands for `$`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access.policy import Claim
from domain.catalogue import ENTITIES
from domain.entity import Entity, Field, FieldType
from domain.filter import And, Compare, Filter, Not, Op, Or, Related
from domain.relation import relation_of, relations_of
from domain.typed import typed

_OF_LISTS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS})
_OF_TEXTS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.NOT_STARTS_WITH})
_LISTED = frozenset({Op.IN, Op.NOT_IN})


_RESOLVED = "customer_id"
"""The field that is made of a reference, by looking the customer up."""


def row_rule(entity: Entity, written: Any) -> Filter:
    """The filter that a rule says; raises `ValueError` in words that name the place."""
    if not isinstance(written, Mapping) or not written:
        raise ValueError("a rule is a mapping such as {owner: {eq: $name}}")
    parts = tuple(_part(entity, str(name), value) for name, value in written.items())
    return parts[0] if len(parts) == 1 else And(parts)


def _part(entity: Entity, name: str, value: Any) -> Filter:
    match name:
        case "and":
            return And(tuple(row_rule(entity, each) for each in _several(name, value)))
        case "or":
            return Or(tuple(row_rule(entity, each) for each in _several(name, value)))
        case "not":
            return Not(_without_relations(row_rule(entity, value)))
    relation = relation_of(entity, name)
    if relation is not None:
        return Related(name, row_rule(ENTITIES[relation.entity], value))
    if name == _RESOLVED:
        # A live source does not know it: its rows would all be as if they had none.
        raise ValueError("write `customer: {id: …}` instead of `customer_id`")
    field = entity.fields.get(name)
    if field is None:
        known = ", ".join(sorted([*relations_of(entity), *_comparable(entity)]))
        raise ValueError(f"{entity.name} has no '{name}' to compare; there are: {known}")
    return _comparisons(field, value)


def _several(name: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError(f"`{name}` needs a list of rules")
    return value


def _without_relations(rule: Filter) -> Filter:
    match rule:
        case Related(relation, _):
            raise ValueError(f"`not` cannot stand around the relation '{relation}'")
        case And(parts) | Or(parts):
            for each in parts:
                _without_relations(each)
        case Not(part):
            _without_relations(part)
        case Compare():
            pass
    return rule


def _comparable(entity: Entity) -> Sequence[str]:
    return [name for name, each in entity.fields.items() if _ops(each) and name != _RESOLVED]


def _ops(field: Field) -> frozenset[Op]:
    if field.value_type is FieldType.LIST:
        return _OF_LISTS if field.item is str else frozenset()
    if field.value_type is FieldType.JSON:
        return frozenset()
    is_text = field.value_type is FieldType.TEXT
    return frozenset(Op) if is_text else frozenset(Op) - _OF_TEXTS


def _comparisons(field: Field, written: Any) -> Filter:
    if not isinstance(written, Mapping) or not written:
        raise ValueError(f"`{field.name}` needs a comparison, such as {{eq: …}}")
    parts = tuple(_comparison(field, str(name), value) for name, value in written.items())
    return parts[0] if len(parts) == 1 else And(parts)


def _comparison(field: Field, name: str, value: Any) -> Filter:
    known = _ops(field)
    if name not in {each.value for each in known}:
        there = ", ".join(sorted(known)) or "none: it cannot be compared"
        raise ValueError(f"`{field.name}` knows no '{name}'; there are: {there}")
    op = Op(name)
    if op is Op.IS_NULL:
        return Compare(field.name, op, typed(value, FieldType.BOOLEAN))
    if op in _LISTED and not _is_claim(value):
        return Compare(field.name, op, tuple(_value(field, e) for e in _several(name, value)))
    return Compare(field.name, op, _value(field, value))


def _is_claim(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$") and not value.startswith("$$")


def _value(field: Field, value: Any) -> object:
    if _is_claim(value):
        return Claim(value[1:], field.value_type)
    if isinstance(value, str) and value.startswith("$$"):
        value = value[1:]
    try:
        found = typed(value, field.value_type)
    except ValueError as exc:
        raise ValueError(f"`{field.name}`: {exc}") from exc
    if field.choices is not None and found not in {each.value for each in field.choices}:
        there = ", ".join(each.value for each in field.choices)
        raise ValueError(f"`{field.name}` has no '{found}'; there are: {there}")
    return found
