"""What `check` and `discover` tell from the schema of a source."""

import asyncio
from typing import Any

import pytest

from connectors.contract import Finding, Severity
from tests.connectors.graphql.fake import Shop
from tests.connectors.graphql.opening import (
    BY_CUSTOMER,
    LIST,
    PURCHASE,
    asking,
    opened,
    purchase,
    purchases,
    shop,
)


def _findings(entities: dict[str, Any], fake: Shop) -> list[Finding]:
    async def run() -> list[Finding]:
        async with opened(entities, asking(fake)) as connector:
            return list(await connector.check())

    return asyncio.run(run())


def _errors(entities: dict[str, Any]) -> list[tuple[str | None, str]]:
    found = _findings(entities, shop(purchase(1)))
    return [(each.setting, each.message) for each in found if each.severity is Severity.ERROR]


def _fields(**fields: Any) -> dict[str, Any]:
    return purchases(list={"query": LIST}, fields={**PURCHASE["fields"], **fields})


def test_a_field_that_does_not_exist_is_named_with_the_nearest_one() -> None:
    """At the setting of the field."""
    assert _errors(_fields(number="numbr")) == [
        (
            "entities.purchase.fields.number",
            "purchase: Cannot query field 'numbr' on type 'Purchase'. Did you mean 'number'?",
        )
    ]


def test_a_value_that_is_taken_for_an_object_is_told() -> None:
    """And how to say that it is JSON."""
    ((setting, message),) = _errors(_fields(number="number.text"))

    assert setting == "entities.purchase.fields.number"
    assert "'number' is a value (String) without fields" in message
    assert "json_values" in message


def test_an_object_that_is_taken_for_a_value_is_told() -> None:
    """A field in it has to be named."""
    entity = purchases(
        list={"query": "customers(first: $size, after: $cursor) { nodes }"},
        fields={**PURCHASE["fields"], "number": "purchases"},
        calls={"purchases": "purchases(first: 1)"},
    )

    messages = [message for _, message in _errors(entity)]

    assert any("'purchases' is an object (PurchaseConnection!)" in each for each in messages)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"query": "purchase(first: $size) { nodes }"}, "Unknown argument 'first' on field"),
        (
            {"query": "purchases(frist: $size) { nodes }"},
            "Unknown argument 'frist' on field 'Query.purchases'. Did you mean",
        ),
        ({"query": "purchases(first: $size) { node }"}, "Did you mean 'nodes'"),
        (
            {"query": LIST, "types": {"cursor": "ID"}},
            "Variable '$cursor' of type 'ID!' used in position expecting type 'String'.",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_told(place: dict[str, Any], words: str) -> None:
    """Fields, arguments and types on the way to the records."""
    found = _errors(purchases(list=place))

    assert {setting for setting, _ in found} == {"entities.purchase.list.query"}
    assert any(words in message for _, message in found)


def test_lookups_are_compared_too() -> None:
    """Each at its own setting."""
    lookups = {"customer": {"query": BY_CUSTOMER, "types": {"key": "Int"}}}

    ((setting, message),) = _errors(purchases(by=lookups))

    assert setting == "entities.purchase.by.customer.query"
    assert "Variable '$key' of type 'Int!'" in message


def test_values_that_may_be_missing_though_they_are_needed_are_remarked() -> None:
    """Not an error: records without them are skipped."""
    found = _findings(purchases(list={"query": LIST}), shop(purchase(1)))

    infos = {each.setting: each.message for each in found if each.severity is Severity.INFO}
    assert "may be null at the source" in infos["entities.purchase.fields.placed_at"]
    assert [each for each in found if each.severity is Severity.ERROR] == []


def test_a_source_that_does_not_tell_its_schema_is_tried_out() -> None:
    """It says so, and finds what a first page shows."""
    found = _findings(_fields(total="currency"), shop(purchase(1), tells_schema=False))

    assert "introspection" in found[0].message
    assert [each.severity for each in found] == [Severity.INFO, Severity.ERROR]
    assert "a number" in found[1].message


def test_a_lookup_that_finds_nothing_of_the_list_is_told() -> None:
    """A customer who is named, and has no purchases."""
    lookups = {"customer": {"query": BY_CUSTOMER, "key_pattern": "x.*"}}

    found = _findings(purchases(list={"query": LIST}, by=lookups), shop(purchase(1)))

    warnings = [each.message for each in found if each.severity is Severity.WARNING]
    assert len(warnings) == 1
    assert "gave nothing" in warnings[0]


def test_discover_names_the_types_that_have_an_id() -> None:
    """Without connections, edges and what else only leads to them."""

    async def run() -> None:
        async with opened(_fields(), asking(shop(purchase(1)))) as connector:
            found = await connector.discover()
            assert [each.name for each in found] == ["Customer", "Purchase"]
            assert found[1].key == "record_id"
            assert found[1].fields["placed_at"] == "String"

    asyncio.run(run())
