"""The schema is documented throughout, and says what clients rely on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)

from resolvers.planner import plan_resolver_of
from schema.build import build_schema, executable, sdl

ROOT = Path(__file__).parent.parent.parent
SCHEMA: GraphQLSchema = executable(build_schema())


def _described() -> Iterator[tuple[str, Any]]:
    """Everything that can have a description, by its coordinate."""
    for name, type_ in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type_
        fields: Any = getattr(type_, "fields", {})
        for field_name, field in fields.items():
            yield f"{name}.{field_name}", field
            for argument_name, argument in getattr(field, "args", {}).items():
                yield f"{name}.{field_name}({argument_name}:)", argument
        if isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                yield f"{name}.{value_name}", value


def test_everything_has_a_description() -> None:
    """Every type, field, argument and enum value says what it means."""
    assert [name for name, each in _described() if not each.description] == []


def test_the_printed_schema_is_the_one_in_git() -> None:
    """`./dev schema` prints it anew."""
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == sdl(build_schema())


def test_every_field_of_an_object_has_a_plan_resolver() -> None:
    """A field is planned by its own resolver, or is a column of the same name."""
    types = [each for each in SCHEMA.type_map.values() if isinstance(each, GraphQLObjectType)]
    fields = [
        field
        for type_ in types
        if not type_.name.startswith("__")
        for field in type_.fields.values()
    ]

    assert all(callable(plan_resolver_of(field)) for field in fields)


def test_relations_to_other_sources_are_nullable() -> None:
    """A dead source costs its own field only, so that field must be able to be null."""
    customer = SCHEMA.type_map["Customer"]
    assert isinstance(customer, GraphQLObjectType)

    lists = ("purchases", "tickets", "campaigns", "documents", "interactions", "contacts")

    assert {name: str(customer.fields[name].type) for name in lists} == {
        "purchases": "PurchaseConnection",
        "tickets": "TicketConnection",
        "campaigns": "CampaignMembershipConnection",
        "documents": "DocumentConnection",
        "interactions": "InteractionConnection",
        "contacts": "CustomerConnection",
    }


def test_records_say_where_they_come_from() -> None:
    """Everything that implements `Record` is a `Node` too."""
    record, node = SCHEMA.type_map["Record"], SCHEMA.type_map["Node"]
    assert isinstance(record, GraphQLInterfaceType)
    assert isinstance(node, GraphQLInterfaceType)

    names = {each.name for each in SCHEMA.get_possible_types(record)}

    assert names == {
        "Campaign",
        "CustomerRecord",
        "Document",
        "Interaction",
        "Product",
        "Purchase",
        "PurchaseLine",
        "Ticket",
    }
    assert names | {"Customer"} == {each.name for each in SCHEMA.get_possible_types(node)}


def test_a_customer_is_named_in_exactly_one_way() -> None:
    """`CustomerBy` is a oneOf input."""
    by = SCHEMA.type_map["CustomerBy"]
    assert isinstance(by, GraphQLInputObjectType)

    assert by.is_one_of
    assert list(by.fields) == ["id", "email", "phone", "record"]
