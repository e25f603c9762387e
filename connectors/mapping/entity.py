"""The mapping of one entity of a source, as it stands in the configuration, checked at load."""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from connectors.mapping.expression import Reference, Rule, Settings, Value
from connectors.mapping.field import compiled
from connectors.mapping.getter import Dialect, getter
from connectors.mapping.rule import Setting
from domain.catalogue import ENTITIES
from domain.entity import Entity, FieldType

WRITTEN_AS: Mapping[str, str] = MappingProxyType({"customer": "customer_record"})
"""Names of entities in the configuration that stand for another entity."""

DEFAULTS: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("customer_record", "kind"): "PERSON",
        ("customer_record", "is_deleted"): False,
        ("document", "kind"): "OTHER",
    }
)
"""What a required field is where a mapping or a record says nothing. Lists are empty then."""

_GIVEN = frozenset({"source", "record_id", "observed_at", "customer_id", "matched_by"})


def mappable() -> dict[str, Entity]:
    """The entities that a source may have, by the names that users write."""
    written = {entity: name for name, entity in WRITTEN_AS.items()}
    return {
        written.get(name, name): entity
        for name, entity in sorted(ENTITIES.items())
        if entity.key == ("source", "record_id")
    }


def relations(entity: Entity) -> frozenset[str]:
    """The relations of an entity that a mapping may name, such as `customer`."""
    return frozenset(name.removesuffix("_ref") for name in entity.fields if name.endswith("_ref"))


def mappable_fields(entity: Entity) -> list[str]:
    """The fields of an entity that a mapping may name."""
    linked = {f"{name}_{end}" for name in relations(entity) for end in ("ref", "source")}
    return [name for name in entity.fields if name not in _GIVEN | linked]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence about a name that does not exist: the nearest one, and all there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    guess = f"did you mean '{near[0]}'? " if near else ""
    return f"there is no {what} '{name}'; {guess}known are: {', '.join(names) or 'none'}"


def _keys(value: Any) -> Any:
    return [value] if isinstance(value, str | Mapping) else value


KeyValues = Annotated[
    tuple[Value, ...],
    BeforeValidator(_keys, json_schema_input_type=Value | list[Value]),
    Field(min_length=1),
]
"""What identifies a record: one value, or several in a list."""


class EntityMapping(Settings):
    """How the records of one entity are found in a source, and what their fields are there.

    A kind of connector extends this with where the records are: a table, a path, a file.
    """

    dialect: ClassVar[Dialect] = Dialect.COLUMN
    """What names mean; a connector for JSON sources says `Dialect.JMESPATH`."""

    written_as: SkipJsonSchema[str] = Field("", exclude=True, repr=False)

    mode: Literal["live", "synced"] = "live"
    """Whether records are asked for at query time or pulled into the store; customers are always
    indexed."""

    key: KeyValues
    """What identifies a record; several values are joined by colons."""

    changed: str | None = None
    """The column or path that tells when a record last changed, for incremental pulls."""

    references: dict[str, Reference] = Field(default_factory=dict)
    """Relations to other records: the name of the relation, and what holds the other's key."""

    fields: dict[str, Rule] = Field(default_factory=dict)
    """The fields of the entity, and how each is made from a record."""

    @model_validator(mode="after")
    def _fits_the_domain(self) -> Self:
        if self.written_as:
            check(self)
        return self

    @property
    def entity(self) -> Entity:
        """The definition of the entity that is mapped."""
        return mappable()[self.written_as]


def check(mapping: EntityMapping) -> None:
    """Raise `ValueError` where a mapping names what the domain lacks, or lacks what it requires."""
    entity = mapping.entity
    setting = Setting(mapping.dialect, ZoneInfo("UTC"))
    for relation in mapping.references:
        if relation not in relations(entity):
            raise ValueError(unknown("relation", relation, relations(entity)))
    for name, rule in mapping.fields.items():
        if name not in mappable_fields(entity):
            raise ValueError(_no_such_field(entity, name))
        compiled(entity.fields[name], rule, setting)
    for path in _paths(mapping):
        getter(path, mapping.dialect)
    _check_required(mapping)


def _paths(mapping: EntityMapping) -> list[str]:
    paths = [reference.from_ for reference in mapping.references.values()]
    keys = [path for each in mapping.key for path in each.raws]
    return [*paths, *keys, *([mapping.changed] if mapping.changed else [])]


def _no_such_field(entity: Entity, name: str) -> str:
    base = name.removesuffix("_ref").removesuffix("_source")
    if name in {"record_id", "id"}:
        return f"'{name}' is not mapped under 'fields'; write it as 'key'"
    if base != name and base in relations(entity):
        return f"'{name}' is not mapped under 'fields'; write 'references: {{{base}: …}}'"
    return unknown("field", name, mappable_fields(entity))


def _check_required(mapping: EntityMapping) -> None:
    entity = mapping.entity
    lacking = [
        name
        for name in mappable_fields(entity)
        if entity.fields[name].required
        and entity.fields[name].value_type is not FieldType.LIST
        and name not in mapping.fields
        and (entity.name, name) not in DEFAULTS
    ]
    if lacking:
        raise ValueError(
            f"'{mapping.written_as}' needs {_quoted(lacking)} under 'fields'; where the source has"
            " no such thing, write {constant: …}"
        )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
