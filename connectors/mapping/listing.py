"""Lists compiled: texts such as tags, and e-mail addresses, phone numbers and postal addresses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

from connectors.mapping.expression import Expression, Parts
from connectors.mapping.getter import Get, Raw
from connectors.mapping.rule import Setting, origin, value
from connectors.mapping.value import Unreadable, text
from domain.contact import normalised_email, normalised_phone
from domain.customer import EmailAddress, PhoneNumber
from domain.entity import Field, FieldType, value_fields

GetMany: TypeAlias = Callable[[Raw], list[Any]]

_MAIN: Mapping[type, str] = MappingProxyType({EmailAddress: "address", PhoneNumber: "original"})
_REGION = Field("dialled_in", FieldType.TEXT, required=False)


def texts(expression: Expression, setting: Setting) -> GetMany:
    """A list of texts: of a list, of a JSON list in a text, or of a text and its `separator`."""
    get = origin(expression, setting)
    separator = expression.separator

    def take(raw: Raw) -> list[Any]:
        return [part for part in map(text, _split(get(raw), separator)) if part]

    return take


def _split(found: Any, separator: str | None) -> Sequence[Any]:
    match found:
        case None:
            return ()
        case list() | tuple() | set():
            return [each for each in found if each is not None]
        case str() if separator is not None:
            return [part.strip() for part in found.split(separator)]
        case str() if found.startswith("["):
            return _json_list(found)
    return (found,)


def _json_list(found: str) -> Sequence[Any]:
    try:
        parsed = orjson.loads(found)
    except orjson.JSONDecodeError:
        return (found,)
    return [each for each in parsed if each is not None] if isinstance(parsed, list) else (found,)


def part_names(item: type) -> frozenset[str]:
    """What may stand in one entry of a list of this value class."""
    names = frozenset(value_fields(item))
    return names | {"number", "region"} if item is PhoneNumber else names


def single(item: type) -> str | None:
    """The part that an entry consists of where a mapping gives no parts, such as `address`."""
    return _MAIN.get(item)


def entries(item: type, rules: Sequence[Expression | Parts], setting: Setting) -> GetMany:
    """A list of a value class from several rules; the first entry is primary if none says so."""
    gets = [
        _many(item, rule, setting) if isinstance(rule, Expression) else _one(item, rule, setting)
        for rule in rules
    ]

    def take(raw: Raw) -> list[Any]:
        found = [entry for get in gets for entry in get(raw)]
        if found and not any(entry["is_primary"] for entry in found):
            found[0]["is_primary"] = True
        return found

    return take


def _many(item: type, expression: Expression, setting: Setting) -> GetMany:
    get = origin(expression, setting)
    main = single(item)
    build = _builder(item, {name: _column(name) for name in sorted(part_names(item))}, setting)

    def entry(found: Any) -> dict[str, Any] | None:
        if isinstance(found, Mapping):
            return build(found)
        if main is None:
            raise Unreadable(found, f"an object with {', '.join(sorted(part_names(item)))}")
        return build({main: found})

    def take(raw: Raw) -> list[Any]:
        found = get(raw)
        found = [found] if isinstance(found, Mapping) else _split(found, expression.separator)
        return _present(entry(each) for each in found)

    return take


def _column(name: str) -> Expression:
    return Expression.model_validate({"from": name})


def _one(item: type, parts: Parts, setting: Setting) -> GetMany:
    build = _builder(item, parts, setting)
    return lambda raw: _present([build(raw)])


def _present(found: Iterable[Any]) -> list[Any]:
    return [each for each in found if each is not None]


def _builder(
    item: type, parts: Mapping[str, Expression], setting: Setting
) -> Callable[[Raw], dict[str, Any] | None]:
    fields = value_fields(item)
    blank: dict[str, Any] = dict.fromkeys(fields)
    main = single(item)
    content = [main] if main else [*fields.keys() - {"label", "is_primary"}]
    readers = _readers(item, parts, setting)

    def build(raw: Raw) -> dict[str, Any] | None:
        found = blank | {name: made for name, read in readers if (made := read(raw)) is not None}
        if not any(str(found[name] or "").strip() for name in content):
            return None
        found["is_primary"] = bool(found["is_primary"])
        return _NORMALISED.get(item, _as_is)(found, setting)

    return build


def _readers(
    item: type, parts: Mapping[str, Expression], setting: Setting
) -> list[tuple[str, Get]]:
    fields = value_fields(item)
    named = [(_alias(item, name), rule) for name, rule in parts.items()]
    return [(name, value(fields.get(name, _REGION), rule, setting)) for name, rule in named]


def _alias(item: type, name: str) -> str:
    if item is PhoneNumber:
        return {"number": "original", "region": "dialled_in"}.get(name, name)
    return name


def _as_is(found: dict[str, Any], _: Setting) -> dict[str, Any]:
    return found


def _email(found: dict[str, Any], _: Setting) -> dict[str, Any]:
    address = found["address"].strip()
    return found | {"address": normalised_email(address) or address}


def _phone(found: dict[str, Any], setting: Setting) -> dict[str, Any]:
    region = found.pop("dialled_in", None) or setting.phone_region
    given = found["e164"] or normalised_phone(found["original"], region=region)
    return found | {"e164": given}


_NORMALISED: Mapping[type, Callable[[dict[str, Any], Setting], dict[str, Any]]] = MappingProxyType(
    {EmailAddress: _email, PhoneNumber: _phone}
)
