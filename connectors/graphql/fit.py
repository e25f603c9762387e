"""Whether the mapping of an entity fits the schema of its source, setting by setting."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLNonNull,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.language import ast
from graphql.validation import OverlappingFieldsCanBeMergedRule

from connectors.contract import Finding, Severity
from connectors.graphql.document import Document, aliased, document
from connectors.graphql.options import Lookup, Place
from connectors.graphql.reading import Reading
from connectors.mapping import Expression

# Many aliases of one shape: comparing each with each takes long, and finds nothing.
_RULES = [each for each in specified_rules if each is not OverlappingFieldsCanBeMergedRule]
_NO_SELECTION = re.compile(r"Field '(\w+)' of type '(.+?)' must have a selection of subfields\.?")
_NO_FIELDS = re.compile(r"Field '(\w+)' must not have a selection since type '(.+?)'")


def finding(reading: Reading, severity: Severity, message: str, setting: str) -> Finding:
    """A finding about a setting of an entity."""
    name = reading.entity.written_as
    return Finding(severity, f"{name}: {message}", f"entities.{name}.{setting}")


def misfits(reading: Reading, schema: GraphQLSchema) -> list[Finding]:
    """What of the mapping the schema does not have, and what it may leave out."""
    entity = reading.entity
    places: list[tuple[str, Place]] = [("list", entity.listing)] if entity.listing else []
    places += [(f"by.{name}", lookup) for name, lookup in entity.by.items()]
    findings: list[Finding] = []
    settings = _paths(reading)
    for place_name, place in places:
        base = _wrong(schema, _document(reading, place, settings["key"]))
        findings += [finding(reading, Severity.ERROR, each, f"{place_name}.query") for each in base]
        if base:
            continue
        found = [*_fields(reading, schema, place, settings)]
        findings += [each for each in found if each not in findings]
    return findings


def _fields(
    reading: Reading, schema: GraphQLSchema, place: Place, settings: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """What is wrong with each path of the mapping in the records of one place."""
    for setting, paths in settings.items():
        if setting == "key":
            continue
        asked = _document(reading, place, [*settings["key"], *paths])
        wrong = _wrong(schema, asked)
        yield from (finding(reading, Severity.ERROR, each, setting) for each in wrong)
        rule = reading.entity.fields.get(setting.removeprefix("fields."))
        if not wrong and isinstance(rule, Expression):
            yield from _remarks(reading, schema, setting, rule, asked)


def _paths(reading: Reading) -> dict[str, Sequence[str]]:
    """The paths that each setting names."""
    translation, entity = reading.translation, reading.entity
    keys = translation.raws(())
    found: dict[str, Sequence[str]] = {"key": keys}
    for name in entity.fields:
        found[f"fields.{name}"] = [each for each in translation.raws([name]) if each not in keys]
    found |= {f"references.{name}": [each.from_] for name, each in entity.references.items()}
    if entity.changed:
        found["changed"] = [entity.changed]
    return found


def _document(reading: Reading, place: Place, paths: Sequence[str]) -> Document:
    """A document with every variable that the place can have."""
    asked = reading.asked(place, (), also=paths)
    given: dict[str, Any] = dict.fromkeys(place.call.variables, "")
    if isinstance(place, Lookup) and place.is_aliased:
        return aliased(asked, given, [given])
    return document(asked, given)


def _wrong(schema: GraphQLSchema, asked: Document) -> list[str]:
    errors = validate(schema, parse(asked.text), _RULES)
    return list(dict.fromkeys(_in_words(each.message) for each in errors))


def _in_words(message: str) -> str:
    """What the validation says, and how to write it here."""
    if found := _NO_SELECTION.match(message):
        return (
            f"'{found[1]}' is an object ({found[2]}), not a value: name a field in it, such as"
            f" {found[1]}.id"
        )
    if found := _NO_FIELDS.match(message):
        return (
            f"'{found[1]}' is a value ({found[2]}) without fields: end the path there, or name it"
            " under `json_values` where it is JSON"
        )
    if message.startswith("Variable '$") and "used in position" in message:
        return f"{message} Write the type that is expected under `types`.".replace("_0'", "'")
    return message


def _remarks(
    reading: Reading, schema: GraphQLSchema, setting: str, rule: Expression, asked: Document
) -> Iterator[Finding]:
    """What the source may leave out though we need it, and words that the mapping lacks."""
    field = reading.entity.entity.fields[setting.removeprefix("fields.")]
    if rule.from_ is None or not re.fullmatch(r"\w+(\.\w+)*", rule.from_):
        return
    chain = _types(schema, asked, rule.from_.split("."))
    if not chain:
        return
    if field.required and rule.default is None and not all(map(_is_required, chain)):
        text = (
            f"'{rule.from_}' may be null at the source, and '{field.name}' is needed: records"
            " without it are skipped, unless you write a `default`"
        )
        yield finding(reading, Severity.INFO, text, setting)
    named = get_named_type(chain[-1])
    if isinstance(named, GraphQLEnumType) and rule.map is not None and rule.default is None:
        lacking = sorted(named.values.keys() - rule.map.keys())
        if lacking:
            text = (
                f"the source also knows {', '.join(lacking)}, which `map` does not: records with"
                " them are skipped; add them, or a `default`"
            )
            yield finding(reading, Severity.WARNING, text, f"{setting}.map")


def _is_required(type_: Any) -> bool:
    return isinstance(type_, GraphQLNonNull)


class _Chain(Visitor):
    """Finds the types of the fields of a path, at the place where records are."""

    def __init__(self, info: TypeInfo, names: Sequence[str]) -> None:
        super().__init__()
        self.found: list[Any] = []
        self._info, self._names = info, names
        self._open: list[tuple[str, Any]] = []

    def enter_field(self, node: ast.FieldNode, *_: Any) -> None:
        """Remember the field, and whether it ends the path."""
        name = (node.alias or node.name).value
        self._open.append((name, self._info.get_type()))
        tail = self._open[-len(self._names) :]
        if [each for each, _ in tail] == list(self._names) and node.selection_set is None:
            self.found = [type_ for _, type_ in tail]

    def leave_field(self, *_: Any) -> None:
        """Forget the field."""
        self._open.pop()


def _types(schema: GraphQLSchema, asked: Document, names: Sequence[str]) -> list[Any]:
    info = TypeInfo(schema)
    chain = _Chain(info, names)
    visit(parse(asked.text), TypeInfoVisitor(info, chain))
    return chain.found
