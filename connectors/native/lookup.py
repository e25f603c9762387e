"""The combinations of fields by which the store looks rows up, per entity."""

from collections.abc import Sequence
from types import MappingProxyType

from domain.entity import Entity, Field

IDENTIFIERS = frozenset({"email", "phone"})
"""What a customer is found by besides its fields: any address or number of any of its records."""

_FURTHER = MappingProxyType(
    {
        "customer": (("email",), ("phone",), ("organization_id",)),
        "customer_record": (("customer_id", "source"), ("source", "organization_ref")),
    }
)


def matches(entity: Entity) -> frozenset[tuple[str, ...]]:
    """All combinations that `Batch.match` may name."""
    by_customer = (("customer_id",),) if "customer_id" in entity.fields else ()
    relations = ((f"{each}_source", f"{each}_ref") for each in entity.references)
    return frozenset({entity.key, *by_customer, *relations, *_FURTHER.get(entity.name, ())})


def match_fields(entity: Entity, match: Sequence[str]) -> Sequence[Field]:
    """The definitions of the matched fields; a customer's identifiers are like its name, texts."""
    text = entity.fields.get("name")
    return [
        text if text is not None and each in IDENTIFIERS else entity.fields[each] for each in match
    ]
