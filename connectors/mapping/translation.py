"""Translations: a mapping compiled, from the records of a source to canonical rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from connectors.contract import Skipped
from connectors.errors import Malformed
from connectors.mapping.entity import DEFAULTS, EntityMapping, mappable_fields
from connectors.mapping.expression import Expression, Rule
from connectors.mapping.field import compiled
from connectors.mapping.getter import Get, Raw, getter
from connectors.mapping.rule import Setting, fixed, origin
from connectors.mapping.value import Unreadable, reference
from domain.entity import Entity, Field, FieldType

Reader: TypeAlias = Callable[[Raw], tuple[Any, ...]]
"""Makes a canonical row of a raw record; raises `Malformed`."""


@dataclass(frozen=True, slots=True)
class RawChoice:
    """The raw values that mean one canonical value of a mapped field.

    A record has the value if its raw value is among `words`; with `is_complement`, if it is
    missing, blank, or not among them.
    """

    words: tuple[str, ...]
    is_complement: bool = False


class Translation:
    """One entity of one source: which columns or paths it needs, and how rows are made of them."""

    def __init__(
        self,
        mapping: EntityMapping,
        *,
        source: str,
        time_zone: str = "UTC",
        phone_region: str | None = None,
    ) -> None:
        self.mapping = mapping
        self.source = source
        self.entity: Entity = mapping.entity
        self.setting = Setting(mapping.dialect, ZoneInfo(time_zone), phone_region)
        self._key = _key(mapping.key, self.setting)

    @cached_property
    def provided_fields(self) -> frozenset[str]:
        """The canonical fields that rows can have, for `Capability.fields`.

        Required ones are always among them: what the mapping leaves out has a default.
        """
        refs = {f"{relation}_ref" for relation in self.mapping.references}
        named = mappable_fields(self.entity)
        required = {name for name in named if self.entity.fields[name].required}
        return frozenset(self.mapping.fields) | refs | required

    @cached_property
    def scan_fields(self) -> tuple[str, ...]:
        """What a scan gives: everything, in the order of the domain, for `ChangePage.fields`."""
        given = self.provided_fields | {"record_id", "observed_at"}
        return tuple(name for name in self.entity.fields if name in given)

    @cached_property
    def references(self) -> Mapping[str, str]:
        """The sources that relations point into, where it is another, for `Capability`."""
        found = self.mapping.references.items()
        return {name: each.source for name, each in found if each.source}

    def raws(self, fields: Iterable[str]) -> tuple[str, ...]:
        """The columns or paths that are needed for these fields and the key, each once."""
        wanted = dict.fromkeys(path for each in self.mapping.key for path in each.raws)
        for name in fields:
            wanted |= dict.fromkeys(self._raws_of(name))
        return tuple(wanted)

    def _raws_of(self, name: str) -> list[str]:
        relation = self.mapping.references.get(name.removesuffix("_ref"))
        if relation is not None and name.endswith("_ref"):
            return [relation.from_]
        return _raws(self.mapping.fields[name]) if name in self.mapping.fields else []

    def column_of(self, field: str) -> str | None:
        """The column or path that holds the value of a field, or of the record's key, as it is.

        `None` where the value is converted, made of several, or not in the source. Numbers, times
        and enums may still be written in another way than canonical ones: see `Field.value_type`.
        """
        if field == "record_id":
            return _plain(self.mapping.key[0]) if len(self.mapping.key) == 1 else None
        relation = self.mapping.references.get(field.removesuffix("_ref"))
        if relation is not None and field.endswith("_ref"):
            return relation.from_
        definition = self.entity.fields.get(field)
        if definition is None or definition.value_type in {FieldType.LIST, FieldType.JSON}:
            return None
        return _plain(self.mapping.fields.get(field))

    def key_columns(self) -> tuple[str, ...] | None:
        """The columns or paths of the key, in order; `None` where one of them is converted."""
        columns = [_plain(each) for each in self.mapping.key]
        return tuple(each for each in columns if each) if all(columns) else None

    def mapped_column(self, field: str) -> str | None:
        """The column or path of a field that is only translated by a `map`."""
        rule = self.mapping.fields.get(field)
        if isinstance(rule, Expression) and rule.map and rule.conversions <= {"map", "default"}:
            return rule.from_
        return None

    def raw_choice(self, field: str, value: object) -> RawChoice:
        """The words of a field with a `map` (see `mapped_column`) that mean a canonical value."""
        rule = self.mapping.fields[field]
        if not isinstance(rule, Expression) or rule.map is None:
            raise ValueError(f"'{field}' has no map")
        convert = fixed(self.entity.fields[field], self.setting)
        meant = {key: convert(each) for key, each in rule.map.items()}
        if rule.default is not None and convert(rule.default) == value:
            return RawChoice(tuple(k for k, each in meant.items() if each != value), True)
        return RawChoice(tuple(key for key, each in meant.items() if each == value))

    def record_id(self, raw: Raw) -> str | None:
        """The key of a raw record as text, or `None` where it has none or it cannot be read."""
        try:
            return self._key(raw)
        except Unreadable:
            return None

    def reader(self, fields: Sequence[str], *, observed_at: datetime) -> Reader:
        """A function that makes rows with these fields, in this order.

        It raises `Malformed`, which names the record, the field, the value and what was expected.
        """
        getters = [self._get(name, observed_at) for name in fields]

        def read(raw: Raw) -> tuple[Any, ...]:
            try:
                return tuple([get(raw) for get in getters])
            except Unreadable:
                for name, get in zip(fields, getters, strict=True):
                    try:
                        get(raw)
                    except Unreadable as problem:
                        raise self._malformed(raw, name, problem) from None
                raise

        return read

    def read(
        self, raws: Iterable[Raw], fields: Sequence[str], *, observed_at: datetime
    ) -> tuple[list[tuple[Any, ...]], list[Skipped]]:
        """Rows of many raw records, and those that were skipped because they cannot be read."""
        reader = self.reader(fields, observed_at=observed_at)
        rows: list[tuple[Any, ...]] = []
        skipped: list[Skipped] = []
        for raw in raws:
            try:
                rows.append(reader(raw))
            except Malformed as problem:
                skipped.append(Skipped(self.record_id(raw), problem.message))
        return rows, skipped

    def _malformed(self, raw: Raw, name: str, problem: Unreadable) -> Malformed:
        key = self.record_id(raw)
        record = f"record '{key}'" if key else "a record without a key"
        return Malformed(self.source, f"{self.mapping.written_as}: {record}: '{name}' {problem}")

    def _get(self, name: str, observed_at: datetime) -> Get:
        if name == "record_id":
            return _required(self._key)
        if name == "observed_at":
            return lambda _: observed_at
        if name == "source":
            return lambda _: self.source
        if name not in self._values:
            raise ValueError(f"{self.mapping.written_as} of '{self.source}' has no '{name}'")
        return self._values[name]

    @cached_property
    def _values(self) -> Mapping[str, Get]:
        refs = {
            f"{name}_ref": _reference(getter(each.from_, self.setting.dialect))
            for name, each in self.mapping.references.items()
        }
        named = mappable_fields(self.entity)
        return refs | {name: self._value(self.entity.fields[name]) for name in named}

    def _value(self, field: Field) -> Get:
        default = DEFAULTS.get((self.entity.name, field.name))
        rule = self.mapping.fields.get(field.name)
        if rule is None:
            return (lambda _: []) if field.value_type is FieldType.LIST else (lambda _: default)
        get = compiled(field, rule, self.setting)
        if default is not None:
            return lambda raw: default if (found := get(raw)) is None else found
        return _required(get) if field.required else get


def _required(get: Get) -> Get:
    def take(raw: Raw) -> Any:
        found = get(raw)
        if found is None:
            raise Unreadable(None, "a value, since it is required")
        return found

    return take


def _reference(get: Get) -> Get:
    def take(raw: Raw) -> str | None:
        found = get(raw)
        return None if found is None else reference(found)

    return take


def _key(parts: Sequence[Expression], setting: Setting) -> Callable[[Raw], str | None]:
    gets = [_reference(origin(each, setting)) for each in parts]
    if len(gets) == 1:
        return gets[0]

    def take(raw: Raw) -> str | None:
        found = [get(raw) for get in gets]
        return None if None in found else joined_key([str(each) for each in found])

    return take


def joined_key(parts: Sequence[str]) -> str:
    """The record id of a composite key; colons and backslashes within the parts are escaped."""
    return ":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in parts)


def split_key(key: str) -> tuple[str, ...]:
    """The parts of a composite key, as before `joined_key`."""
    parts, escaped = [""], False
    for letter in key:
        if escaped or letter not in "\\:":
            parts[-1] += letter
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append("")
    return tuple(parts)


def _plain(rule: Rule | None) -> str | None:
    return rule.from_ if isinstance(rule, Expression) and not rule.conversions else None


def _raws(rule: Rule) -> list[str]:
    if isinstance(rule, Expression):
        return list(rule.raws)
    parts = rule.values() if isinstance(rule, dict) else rule
    return [path for each in parts for path in _raws(each)]
