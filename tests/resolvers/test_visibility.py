"""What a role sees: hidden things do not exist, masked values are never whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import orjson
import pytest
from graphql import build_client_schema, introspection_from_schema, validate_schema

from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from domain.access.policy import EntityAccess, Mask, Policy, RoleAccess
from resolvers import identifier
from resolvers.request import Request
from resolvers.visibility import visible
from schema.build import build_schema, executable
from tests.connectors.native.filled import fill, native
from tests.resolvers.asking import NOW, engine, given

ADA = UUID(int=1)
RECORDS: Mapping[str, list[dict[str, Any]]] = {
    "customer": [
        {
            **given("customer", id=ADA, kind="PERSON", name="王小明", owner="小红"),
            "emails": [
                {"address": "ada@example.com", "label": "work", "verified": True,
                 "is_primary": True}
            ],
            "phones": [
                {"e164": "+8613800138000", "original": "138 0013 8000", "label": None,
                 "is_primary": True}
            ],
            "provenance": [
                {"field": name, "source": "crm", "recordId": "1", "observedAt": NOW.isoformat(),
                 "alternatives": []}
                for name in ("name", "owner", "emails")
            ],
            "created_at": NOW,
        }
    ],
    "ticket": [
        {
            "source": "native", "record_id": f"t{n}", "subject": f"工单 {n}", "kind": "INQUIRY",
            "status": "OPEN", "opened_at": NOW.replace(day=n), "agent": "李雷",
            "customer_source": "crm", "customer_ref": "1", "customer_id": ADA,
        }
        for n in (1, 2, 3)
    ],
    "purchase": [
        {
            "source": "native", "record_id": "p1", "number": "订单 7", "status": "PAID",
            "placed_at": NOW, "total": Decimal("9.5"), "currency": "EUR",
            "customer_source": "crm", "customer_ref": "1", "customer_id": ADA,
        }
    ],
}  # fmt: skip
PARTNER = RoleAccess(
    name="partner",
    entities={
        "customer": EntityAccess(
            fields=frozenset(
                {"name", "emails", "phones", "tickets", "created_at", "provenance", "kind"}
            ),
            masks={
                "name": Mask.HASH,
                "emails": Mask.EMAIL,
                "phones": Mask.LAST_FOUR,
                "created_at": Mask.YEAR,
                "kind": Mask.NULL,
            },
        ),
        "ticket": EntityAccess(fields=frozenset({"subject", "status", "customer"})),
    },
)
MODES = {("desk", "ticket"): Mode.SYNCED, ("shop", "purchase"): Mode.SYNCED}
Opened: TypeAlias = Callable[[str], AbstractAsyncContextManager[Federation]]


@asynccontextmanager
async def _in_memory(_url: str) -> AsyncIterator[Federation]:
    yield Federation(
        MemoryConnector("native", RECORDS, observed_at=NOW),
        {},
        modes=MODES,
        board=HealthBoard(lambda: NOW),
    )


@asynccontextmanager
async def _in_the_store(url: str) -> AsyncIterator[Federation]:
    async with native(url) as it:
        for entity, records in RECORDS.items():
            await fill(it.store, entity, *records)
        yield Federation(it.connector, {}, modes=MODES, board=HealthBoard(lambda: NOW))


@pytest.fixture(params=[_in_memory, _in_the_store], ids=["row by row", "fused"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """A federation whose rows are shaped here, and one whose answers PostgreSQL makes."""
    made: Opened = request.param
    return made


def _asked(opened: Opened, url: str, *questions: tuple[RoleAccess, str]) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        async with opened(url) as federation:
            asking = engine(federation)
            answers = []
            for role, query in questions:
                policy = Policy(role=role, rows={}, key=role.name)
                context = replace(asking.context(), policy=policy, mask_key=b"k" * 32)
                result = await asking.engine.execute(Request(query=query), context)
                answers.append(orjson.loads(result.body))
            return answers

    return asyncio.run(run())


def _customer(fields: str) -> str:
    return f'{{ customer(by: {{id: "{identifier.encode("Customer", ADA)}"}}) {{ {fields} }} }}'


@pytest.mark.parametrize(
    ("access", "names"),
    [
        (EntityAccess(masks={"emails": Mask.EMAIL}), {"primaryPhone"}),
        (EntityAccess(masks={"phones": Mask.LAST_FOUR}), {"primaryEmail"}),
        (EntityAccess(fields=frozenset({"name"})), set()),
        (EntityAccess(fields=frozenset({"emails", "phones"})), {"primaryEmail", "primaryPhone"}),
    ],
)
def test_nothing_repeats_what_is_masked(access: EntityAccess, names: set[str]) -> None:
    """The first address is as secret as the list that it stands in, to filters and orders."""
    whole = executable(build_schema())
    seen = visible(whole, RoleAccess(name="analyst", entities={"customer": access}))

    by = getattr(seen.type_map.get("CustomerFilter"), "fields", {})
    orders = getattr(seen.type_map.get("CustomerOrderField"), "values", {})
    assert {each for each in by if each.startswith("primary")} == names
    spelt = {each.lower().replace("_", "") for each in orders if each.startswith("PRIMARY")}
    assert spelt == {each.lower() for each in names}


def test_masks_cover_values_wherever_they_stand(opened: Opened, database_url: str) -> None:
    """In lists of values too; what is not masked is whole."""
    query = _customer(
        "kind name emails { address label } phones { e164 original } createdAt"
        " tickets(first: 1) { nodes { subject customer { name } } }"
    )

    (answer,) = _asked(opened, database_url, (PARTNER, query))

    customer = answer["data"]["customer"]
    name = customer.pop("name")
    tickets = customer.pop("tickets")["nodes"]
    assert customer == {
        "kind": None,
        "emails": [{"address": "a***@example.com", "label": "work"}],
        "phones": [{"e164": "***8000", "original": "***8000"}],
        "createdAt": "2026-01-01T00:00:00.000Z",
    }
    assert len(name) == 32
    assert tickets == [{"subject": "工单 1", "customer": {"name": name}}]
    assert "errors" not in answer


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (_customer("owner"), "Cannot query field 'owner' on type 'Customer'."),
        (_customer("addresses { city }"), "Cannot query field 'addresses' on type 'Customer'."),
        (_customer("purchases { nodes { number } }"), "Cannot query field 'purchases' on type"),
        ("{ purchases { nodes { number } } }", "Cannot query field 'purchases' on type 'Query'."),
        ("{ sources { name } }", "Cannot query field 'sources' on type 'Query'."),
        ('{ node(id: "x") { ... on Purchase { number } } }', "Unknown type 'Purchase'."),
        ('{ __type(name: "X") { nam } }', "Cannot query field 'nam' on type '__Type'."),
        (
            '{ tickets(where: {agent: {eq: "李雷"}}) { nodes { id } } }',
            "not to include unknown field 'agent'",
        ),
        ("{ tickets(orderBy: [{field: OPENED_AT}]) { nodes { id } } }", "Value 'OPENED_AT' does"),
        (
            '{ customers(where: {name: {eq: "x"}}) { nodes { id } } }',
            "Unknown argument 'where' on field",
        ),
        ("{ customers(orderBy: [{field: CREATED_AT}]) { nodes { id } } }", "orderBy"),
        (
            '{ customer(by: {email: "ada@example.com"}) { id } }',
            "not to include unknown field 'email'",
        ),
        ('{ customer(by: {phone: "13800138000"}) { id } }', "not to include unknown field 'phone'"),
        ("mutation { logInteraction(input: {}) { problems { code } } }", "mutation"),
    ],
)
def test_what_is_hidden_does_not_exist(
    opened: Opened, database_url: str, query: str, message: str
) -> None:
    """Fields, types, filters, orders and ways to search: refused as any made-up name is."""
    (answer,) = _asked(opened, database_url, (PARTNER, query))

    error = answer["errors"][0]

    assert message in error["message"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_no_suggestion_names_what_is_hidden(opened: Opened, database_url: str) -> None:
    """A near miss is answered with what the role may use, or with nothing."""
    questions = [(PARTNER, _customer(field)) for field in ("ownr", "purchase", "adresses")]

    for answer in _asked(opened, database_url, *questions):
        (error,) = answer["errors"]
        assert not {"owner", "purchases", "addresses"} & set(error["message"].split("'"))


def test_a_node_of_a_hidden_type_is_like_one_of_no_type(opened: Opened, database_url: str) -> None:
    """Whether it exists or not, and whatever its id looks like."""
    named = (("Purchase", "p1"), ("Purchase", "p9"), ("Nonsense", "p1"))
    asked = [(PARTNER, f'{{ node(id: "{kind}:native:{each}") {{ id }} }}') for kind, each in named]

    answers = _asked(opened, database_url, *asked)

    assert [each["data"] for each in answers] == [{"node": None}] * 3
    assert [each["errors"][0]["message"] for each in answers] == [
        f"There is no type '{kind}' with an id." for kind, _ in named
    ]


def test_a_list_is_not_sorted_by_what_is_hidden(opened: Opened, database_url: str) -> None:
    """Tickets come newest first, which tells when they were opened: without it, by their ids."""
    query = "{ tickets { nodes { subject } edges { cursor } } }"

    seen = replace(PARTNER, entities={**PARTNER.entities, "ticket": EntityAccess()})

    answers = _asked(opened, database_url, (PARTNER, query), (seen, query))

    hidden, shown = (
        [each["subject"] for each in answer["data"]["tickets"]["nodes"]] for answer in answers
    )
    assert hidden == ["工单 1", "工单 2", "工单 3"]
    assert shown == ["工单 3", "工单 2", "工单 1"]


def test_provenance_tells_of_visible_fields_only(opened: Opened, database_url: str) -> None:
    """What was said instead of a value that is masked would be the value itself."""
    query = _customer('provenance { field } asked: provenance(fields: ["owner"]) { field }')
    role = replace(
        PARTNER,
        entities={
            "customer": EntityAccess(
                fields=frozenset({"name", "emails", "provenance"}), masks={"emails": Mask.EMAIL}
            )
        },
    )

    (answer,) = _asked(opened, database_url, (role, query))

    assert answer["data"]["customer"] == {"provenance": [{"field": "name"}], "asked": []}


@pytest.mark.parametrize(
    "role",
    [
        RoleAccess(name="nothing"),
        PARTNER,
        RoleAccess(name="customers", entities={"customer": EntityAccess()}),
        RoleAccess(name="ids", entities={"customer": EntityAccess(fields=frozenset())}),
        RoleAccess(
            name="logs",
            entities={"interaction": EntityAccess(fields=frozenset({"subject"}))},
            mutations=frozenset({"logInteraction"}),
        ),
        RoleAccess(name="records", entities={"customer": EntityAccess(), "source": EntityAccess()}),
    ],
    ids=lambda each: each.name,
)
def test_every_role_has_a_valid_schema_without_loose_ends(role: RoleAccess) -> None:
    """It can be introspected, and holds no type that nobody can reach."""
    made = visible(executable(build_schema()), role)

    assert validate_schema(made) == []
    client = build_client_schema(introspection_from_schema(made))
    named = {name for name in client.type_map if not name.startswith("__")}
    hidden = {"PurchaseFilter", "Purchase", "PurchaseConnection", "PurchaseStatus", "Product"}
    assert not hidden & named
    assert "Query" in named


def test_a_role_that_sees_everything_has_the_schema_itself() -> None:
    """Nothing is made for it."""
    whole = executable(build_schema())

    assert visible(whole, RoleAccess(name="admin", sees_everything=True)) is whole
