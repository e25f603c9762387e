"""How customers are found, and how their fields get their values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from strawberry.utils.str_converters import to_camel_case

from connectors.contract import SourceError
from connectors.federation import Question
from domain.catalogue import ENTITIES
from domain.contact import normalised_email, phone_lookup
from domain.order import Order
from resolvers import identifier
from resolvers.argument import ArgumentValues, Binding
from resolvers.context import Context
from resolvers.field import PlanField
from resolvers.lookup import Target
from resolvers.problem import UserError
from resolvers.value import Value
from resolvers.visibility import Visibility

_Entries: TypeAlias = Sequence[Mapping[str, Any]]
_Select: TypeAlias = Callable[[_Entries], _Entries]

BY_AGE = (Order("id"),)
"""Customers in the order in which they became known: ids are UUIDv7, which begin with the time."""


def every(field: PlanField) -> Value:
    """All customers."""
    return field.page("customer", order=BY_AGE)


def named(field: PlanField) -> Value:
    """The customer that `by` names."""
    return field.lookup("customer", _named)


def of_record(field: PlanField) -> Value:
    """The customer that a record belongs to."""
    return field.one("customer", match=("id",), key=("customer_id",))


def organization(field: PlanField) -> Value:
    """The organization that a contact belongs to."""
    return field.one("customer", match=("id",), key=("organization_id",))


def contacts(field: PlanField) -> Value:
    """The contacts of an organization."""
    return field.page("customer", match=("organization_id",), key=("id",), order=BY_AGE)


def records(field: PlanField) -> Value:
    """What each source says about a customer."""
    order = (Order("source"), Order("record_id"))
    return field.many("customer_record", match=("customer_id",), key=("id",), order=order)


def provenance(field: PlanField) -> Value:
    """Where golden values come from; of all fields that the viewer sees, or of those asked for."""
    seen = field.workshop.visibility
    binding = _named_fields if seen is None else _told_fields(seen)
    return field.items(field.bound("{bound}({})", binding, "provenance"))


def _told_fields(seen: Visibility) -> Binding:
    """Of what is hidden or masked, provenance would show the values that lost."""
    told = frozenset(
        to_camel_case(name) for name in ENTITIES["customer"].fields if seen.tells("customer", name)
    )

    def read(arguments: ArgumentValues) -> _Select:
        named = _named_fields(arguments)
        return lambda entries: [each for each in named(entries) if each["field"] in told]

    return read


def _named_fields(arguments: ArgumentValues) -> _Select:
    names = arguments.get("fields")
    if names is None:
        return lambda entries: entries
    wanted = frozenset(map(to_camel_case, names))
    return lambda entries: [each for each in entries if each["field"] in wanted]


async def _named(context: Context, arguments: ArgumentValues) -> Target:
    return await target(context, arguments["by"])


async def target(context: Context, by: Mapping[str, Any]) -> Target:
    """By which fields to look for the customer that a `CustomerBy` names, and for which key.

    None where nobody can be meant: the address is none, or no source knows the record.
    """
    ((name, value),) = by.items()
    match name:
        case "id":
            return ("id",), identifier.customer_key(identifier.decode(value))
        case "email":
            return _key("email", normalised_email(value))
        case "phone":
            return _key("phone", phone_lookup(value, region=context.phone_region))
        case _:
            return _key("id", await _customer_of(context, value["source"], value["recordId"]))


def _key(field: str, value: object) -> Target:
    return None if value is None else ((field,), (value,))


async def _customer_of(context: Context, source: str, record_id: str) -> object:
    """The customer of a source's record, which is fetched and indexed where it is new."""
    if source not in context.sources:
        if not context.policy.role.sees("source"):
            return None
        known = ", ".join(sorted(context.sources))
        raise UserError(f"There is no source '{source}'; there are {known}.")
    found = await _indexed(context, source, record_id)
    if found is None and await context.adopt(source, record_id):
        context.session.forget()
        found = await _indexed(context, source, record_id)
    return found


async def _indexed(context: Context, source: str, record_id: str) -> object:
    question = Question(
        entity="customer_record", fields=("customer_id",), match=("source", "record_id")
    )
    (found,) = await context.session.ask(question, [(source, record_id)], below=1)
    if isinstance(found, SourceError):
        raise found
    return found.rows[0][0] if found.rows else None
