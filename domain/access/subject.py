"""Subjects: which customer a record tells something of."""

from domain.access.policy import OWNERS
from domain.entity import Entity


def is_personal(entity: str) -> bool:
    """Whether records of an entity tell something of a customer."""
    return entity == "customer" or entity in OWNERS


def subject_field(entity: Entity) -> str | None:
    """The field that says whom a record is about; none where only another record knows."""
    if entity.name == "customer":
        return "id"
    return "customer_id" if "customer_id" in entity.fields else None


def further_subject(entity: Entity, match: tuple[str, ...], key: tuple[str, ...]) -> str | None:
    """The field that says whom a related record is about, where that may be somebody else.

    The record has the fields `match`, which equal the fields `key` of the one that it hangs on.
    What is found by its `customer_id`, and what a `customer_id` leads to, is about the same.
    """
    is_same = ("customer_id",) in {match, key}
    return None if is_same else subject_field(entity)
