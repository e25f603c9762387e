"""One canonical field compiled from its rule, or refused in words where the rule does not fit."""

from collections.abc import Sequence
from typing import Any

from connectors.mapping.expression import Expression, Rule
from connectors.mapping.getter import Get
from connectors.mapping.listing import entries, part_names, single, texts
from connectors.mapping.rule import Setting, json_rule, misfits, value
from connectors.mapping.value import Unreadable, json_value, reference
from domain.entity import Field, FieldType


def compiled(field: Field, rule: Rule, setting: Setting) -> Get:
    """A function that makes the canonical value of the field from a raw record.

    Raises `ValueError` where the rule does not suit the field; the function raises `Unreadable`.
    """
    try:
        return _compiled(field, rule, setting)
    except Unreadable as problem:
        raise ValueError(f"field '{field.name}': what the mapping gives {problem}") from None
    except ValueError as problem:
        raise ValueError(f"field '{field.name}': {problem}") from None


def _compiled(field: Field, rule: Rule, setting: Setting) -> Get:
    if isinstance(rule, Expression):
        reason = misfits(field, rule)
        if reason:
            raise ValueError(reason)
    match field.value_type:
        case FieldType.LIST:
            return _list(field, rule, setting)
        case FieldType.JSON if isinstance(rule, dict):
            convert = reference if field.name == "external_ids" else json_value
            return json_rule(rule, setting, convert)
    if isinstance(rule, Expression):
        return value(field, rule, setting)
    raise ValueError("write one column or path, or an object with 'from', 'constant' or 'join'")


def _list(field: Field, rule: Rule, setting: Setting) -> Get:
    rules: Sequence[Any] = rule if isinstance(rule, list) else [rule]
    item = field.item
    if item is None or item is str:
        return _texts(rules, setting)
    for each in rules:
        _check_parts(item, each)
    return entries(item, rules, setting)


def _texts(rules: Sequence[Any], setting: Setting) -> Get:
    if not all(isinstance(each, Expression) for each in rules):
        raise ValueError("is a list of texts: write columns or paths, not objects")
    gets = [texts(each, setting) for each in rules]
    return lambda raw: [part for get in gets for part in get(raw)]


def _check_parts(item: type, rule: Any) -> None:
    known = ", ".join(sorted(part_names(item)))
    if isinstance(rule, Expression):
        return
    strange = sorted(rule.keys() - part_names(item))
    if strange:
        raise ValueError(f"there is no part '{strange[0]}'; known are: {known}")
    main = single(item)
    if main and not rule.keys() & {main, "number"}:
        raise ValueError(f"an entry needs '{main}'; known are: {known}")
