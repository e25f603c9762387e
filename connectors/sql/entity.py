"""One entity of a SQL source: its translation, its table once known, and what it is capable of."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from connectors.contract import Capability, Op
from connectors.errors import Misconfigured
from connectors.mapping import Translation
from connectors.mapping.entity import DEFAULTS
from connectors.sql.options import SqlEntity, SqlOptions
from connectors.sql.push import Push
from connectors.sql.table import Table
from domain.entity import FieldType

_EQUAL = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.IS_NULL})
_ORDERED = _EQUAL | {Op.LT, Op.LTE, Op.GT, Op.GTE}
_OPS: Mapping[FieldType, frozenset[Op]] = MappingProxyType(
    {
        FieldType.TEXT: frozenset(Op),
        FieldType.INTEGER: _ORDERED,
        FieldType.DECIMAL: _ORDERED,
        FieldType.DATETIME: _ORDERED,
        FieldType.BOOLEAN: _EQUAL,
    }
)
COMPOSITE_LIMIT = 200
"""The most composite keys in one statement: they make long conditions."""


def translations(source: str, options: SqlOptions) -> dict[str, Translation]:
    """The translations of all entities, by the names of the domain."""
    made = [
        Translation(
            each, source=source, time_zone=options.time_zone, phone_region=options.phone_region
        )
        for each in options.entities.values()
    ]
    return {each.entity.name: each for each in made}


def capability(translation: Translation, options: SqlOptions) -> Capability:
    """What can be asked of an entity, as far as the mapping tells."""
    mapping = translation.mapping
    references = {f"{name}_ref" for name in mapping.references}
    plain = [name for name in mapping.fields if _is_plain(translation, name)]
    ops = {name: _OPS[translation.entity.fields[name].value_type] for name in plain}
    mapped = [name for name in mapping.fields if translation.mapped_column(name)]
    is_composite = len(mapping.key) > 1
    return Capability(
        entity=translation.entity.name,
        fields=translation.provided_fields,
        matches=frozenset({("record_id",), *((name,) for name in references)}),
        filters=ops
        | dict.fromkeys({"record_id", *references}, _EQUAL)
        | dict.fromkeys(mapped, frozenset({Op.EQ, Op.IN})),
        orders=frozenset({*plain, "record_id"}),
        can_page=True,
        batch_limit=min(options.batch_limit, COMPOSITE_LIMIT)
        if is_composite
        else options.batch_limit,
        tells_changes=mapping.changed is not None,
        references=translation.references,
    )


def _is_plain(translation: Translation, name: str) -> bool:
    if translation.column_of(name) is None or (translation.entity.name, name) in DEFAULTS:
        return False
    return translation.entity.fields[name].value_type in _OPS


def fitted(translation: Translation, table: Table) -> Push:
    """The entity with its table; raises `Misconfigured` where columns are missing."""
    lacking = missing_columns(translation, table)
    if lacking:
        raise Misconfigured(translation.source, " ".join(lacking))
    return Push(translation, table)


def missing_columns(translation: Translation, table: Table) -> list[str]:
    """A sentence for each column that the mapping names and the table lacks."""
    mapping = translation.mapping
    wanted = list(translation.raws(translation.scan_fields))
    if mapping.changed:
        wanted.append(mapping.changed)
    place = (
        f"'{mapping.table}'" if isinstance(mapping, SqlEntity) and mapping.table else "the query"
    )
    return [
        f"{mapping.written_as}: {place} has no column '{name}'; {nearest(name, table.columns)}"
        for name in wanted
        if name not in table.columns
    ]


def nearest(name: str, known: Iterable[str]) -> str:
    """What else there is: the most similar name, or all of them."""
    names: Sequence[str] = sorted(known)
    lower = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), lower, 1)
    if near:
        return f"did you mean '{lower[near[0]]}'?"
    return f"there are {', '.join(names)}" if names else "there are none"
