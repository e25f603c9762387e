"""Relations: which record of another entity a record refers to, and by which fields."""

from dataclasses import dataclass

from domain.entity import Entity

_CUSTOMERS = "customer_record"
"""What sources call a customer; the graph shows the customer that the record belongs to."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A record of `entity` whose fields `match` equal the fields `key` of the record here."""

    entity: str
    match: tuple[str, ...]
    key: tuple[str, ...]


def relation_of(entity: Entity, name: str) -> Relation | None:
    """The relation of an entity by its name in the graph; `None` where it has none of that name."""
    if name == "customer" and "customer_id" in entity.fields:
        return Relation("customer", ("id",), ("customer_id",))
    if name == "organization" and "organization_id" in entity.fields:
        return Relation("customer", ("id",), ("organization_id",))
    target = entity.references.get(name)
    if target is None or target == _CUSTOMERS:
        return None
    return Relation(target, ("source", "record_id"), (f"{name}_source", f"{name}_ref"))


def relations_of(entity: Entity) -> tuple[str, ...]:
    """The names of all relations of an entity, sorted."""
    names = {"customer", "organization", *entity.references}
    return tuple(sorted(each for each in names if relation_of(entity, each) is not None))
