"""Rules compiled: functions that make one canonical value of a raw record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from connectors.mapping.expression import Expression, word
from connectors.mapping.getter import Dialect, Get, Raw, getter
from connectors.mapping.value import Convert, Unreadable, converter, text
from domain.entity import Field, FieldType


@dataclass(frozen=True, slots=True)
class Setting:
    """What a rule is compiled for: names as columns or paths, and the source's defaults."""

    dialect: Dialect
    zone: ZoneInfo
    phone_region: str | None = None


def origin(expression: Expression, setting: Setting) -> Get:
    """The raw value of an expression, before any conversion."""
    if expression.from_ is not None:
        return getter(expression.from_, setting.dialect)
    if expression.join is not None:
        return _joined(expression.join, expression.with_, setting)
    return lambda _: expression.constant


def _joined(names: tuple[str, ...], between: str, setting: Setting) -> Get:
    gets = [getter(name, setting.dialect) for name in names]

    def get(raw: Raw) -> str | None:
        found = [text(value) for value in (each(raw) for each in gets) if value is not None]
        return between.join(part for part in found if part) or None

    return get


def value(field: Field, expression: Expression, setting: Setting) -> Get:
    """The canonical value of a field that is no list; `None` where it is missing.

    Raises `ValueError` at once where `default`, `constant` or the values of `map` do not fit.
    """
    return converted(
        expression, setting, converter(field, expression, zone=setting.zone), fixed(field, setting)
    )


def fixed(field: Field, setting: Setting) -> Convert:
    """The conversion of values that stand in the mapping itself, as in ISO 8601 and so on."""
    return converter(field, Expression(constant=""), zone=setting.zone)


def converted(expression: Expression, setting: Setting, convert: Convert, given: Convert) -> Get:
    """An expression with its `map` and `default`; `given` converts what the mapping itself says."""
    if expression.constant is not None and expression.map is None:
        constant = convert(expression.constant)
        return lambda _: constant
    get = origin(expression, setting)
    default = None if expression.default is None else given(expression.default)
    if expression.map is not None:
        words = {key: given(each) for key, each in expression.map.items()}
        convert = _lookup(words, has_default=default is not None)

    def take(raw: Raw) -> Any:
        found = get(raw)
        made = None if found is None else convert(found)
        return default if made is None else made

    return take


def _lookup(words: Mapping[str, Any], *, has_default: bool) -> Convert:
    def convert(found: Any) -> Any:
        key = word(found) if isinstance(found, bool) else text(found)
        if key in words:
            return words[key]
        if has_default or not key.strip():
            return None
        raise Unreadable(found, f"one of {', '.join(words)}; add it to 'map' or set 'default'")

    return convert


def json_rule(parts: Mapping[str, Expression], setting: Setting, convert: Convert) -> Get:
    """A JSON object of expressions; missing values are left out, and no value makes `None`."""
    gets = {key: converted(each, setting, convert, convert) for key, each in parts.items()}

    def get(raw: Raw) -> dict[str, Any] | None:
        found = {key: each(raw) for key, each in gets.items()}
        return {key: each for key, each in found.items() if each is not None} or None

    return get


NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})


def misfits(field: Field, expression: Expression) -> str | None:
    """Why an expression does not suit a field's type, or `None` where it does."""
    wanted = {
        FieldType.DATETIME: {"time_zone", "format", "unit"},
        FieldType.INTEGER: {"multiply_by", "divide_by"},
        FieldType.DECIMAL: {"multiply_by", "divide_by"},
        FieldType.LIST: {"separator"},
    }.get(field.value_type, set())
    strange = expression.conversions - wanted - {"map", "default"}
    if strange:
        return f"{', '.join(sorted(strange))} makes no sense for {field.value_type.name.lower()}"
    if field.value_type is FieldType.LIST and expression.conversions & {"map", "default"}:
        return "a list takes no 'map' and no 'default'"
    return None
