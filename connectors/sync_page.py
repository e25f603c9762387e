"""A page of changes, sorted into what can be stored, what is gone, and what cannot be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.contract import Capability, ChangePage, Skipped
from connectors.native.storable import is_storable
from domain.entity import Entity, FieldType


@dataclass(frozen=True, slots=True)
class Page:
    """Records by id, each once and as it is last; ids that are gone; and what was left out."""

    records: Mapping[str, Mapping[str, Any]]
    deleted: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def sorted_page(
    page: ChangePage,
    entity: Entity,
    capability: Capability,
    *,
    source: str,
    observed_at: datetime,
) -> Page:
    """Sort a page, and complete its records by where they come from and what they refer to."""
    records: dict[str, dict[str, Any]] = {}
    deleted: set[str] = set()
    skipped = list(page.skipped)
    origin = {"source": source, "observed_at": observed_at}
    for change in page.changes:
        record_id = change.record_id
        records.pop(record_id, None)
        deleted.discard(record_id)
        if not record_id:
            skipped.append(Skipped(None, "The record has no id."))
        elif not is_storable(entity.fields["record_id"], record_id):
            skipped.append(Skipped(record_id, "The id of the record cannot be stored."))
        elif change.row is None:
            deleted.add(record_id)
        else:
            found = dict(zip(page.fields, change.row, strict=True))
            values = {**found, **origin, "record_id": record_id}
            records[record_id] = _complete(values, entity, capability)
    missing = {key: _missing(each, entity) for key, each in records.items()}
    skipped += [Skipped(key, reason) for key, reason in missing.items() if reason]
    readable = {key: each for key, each in records.items() if not missing[key]}
    return Page(readable, tuple(sorted(deleted)), tuple(skipped))


def _complete(values: Mapping[str, Any], entity: Entity, capability: Capability) -> dict[str, Any]:
    record = {name: _stored(values.get(name), each) for name, each in _fields(entity)}
    for relation in entity.references:
        if record[f"{relation}_ref"] is not None and record[f"{relation}_source"] is None:
            source = capability.references.get(relation, record["source"])
            record[f"{relation}_source"] = source
    return record


def _fields(entity: Entity) -> Iterable[tuple[str, FieldType]]:
    # Whose customer it is, is for the index to say.
    decided = {"customer_id", "matched_by"}
    named = ((name, each.value_type) for name, each in entity.fields.items())
    return ((name, type_) for name, type_ in named if name not in decided)


def _stored(value: Any, value_type: FieldType) -> Any:
    if value is None:
        return [] if value_type is FieldType.LIST else None
    return str(value) if isinstance(value, Decimal) else value


def _missing(record: Mapping[str, Any], entity: Entity) -> str | None:
    optional = {"kind", "is_deleted"} if entity.name == "customer_record" else set()
    for name, field in entity.fields.items():
        if field.required and name in record and name not in optional and record[name] is None:
            return f"The required field '{name}' is missing. Map it, or correct the record."
    return None
