"""`me`: what a viewer is told of what they may do."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from domain.access.policy import UNRESTRICTED, EntityAccess, Mask, Policy, RoleAccess, bound
from domain.access.rule import row_rule
from domain.catalogue import ENTITIES
from domain.viewer import Viewer
from resolvers.request import Request
from tests.resolvers.asking import NOW, engine

QUERY = """{
  me {
    name role purpose claims mutations
    permissions { entity fields hasRowRule masks { field mask } }
  }
}"""
PARTNER = RoleAccess(
    name="partner",
    entities={
        "customer": EntityAccess(
            rows=row_rule(ENTITIES["customer"], {"owner": {"eq": "$owner"}}),
            fields=frozenset({"name", "given_name", "emails"}),
            masks={"emails": Mask.EMAIL, "given_name": Mask.LAST_FOUR},
        ),
        "ticket": EntityAccess(),
        "campaign": EntityAccess(),
    },
    mutations=frozenset({"logInteraction"}),
)


def told(viewer: Viewer, policy: Policy) -> Mapping[str, Any]:
    """What `me` says to a viewer."""

    async def run() -> Mapping[str, Any]:
        store = MemoryConnector("native", {}, observed_at=NOW)
        federation = Federation(store, {}, modes={}, board=HealthBoard(lambda: NOW))
        asking = engine(federation)
        context = replace(asking.context(), viewer=viewer, policy=policy)
        result = await asking.engine.execute(Request(query=QUERY), context)
        answer = orjson.loads(result.body)
        assert "errors" not in answer
        found: Mapping[str, Any] = answer["data"]["me"]
        return found

    return asyncio.run(run())


def test_a_viewer_is_told_fields_masks_rules_and_mutations() -> None:
    """By the names of the graph; what belongs to customers that are hidden has a rule too."""
    viewer = Viewer(
        name="东方", roles=("partner",), role="partner", claims={"owner": "李娜"}, purpose="service"
    )

    me = told(viewer, bound(PARTNER, viewer.claims))

    assert me == {
        "name": "东方",
        "role": "partner",
        "purpose": "service",
        "claims": {"owner": "李娜"},
        "mutations": ["logInteraction"],
        "permissions": [
            {"entity": "Campaign", "fields": None, "hasRowRule": False, "masks": []},
            {
                "entity": "Customer",
                "fields": ["emails", "givenName", "name"],
                "hasRowRule": True,
                "masks": [
                    {"field": "emails", "mask": "EMAIL"},
                    {"field": "givenName", "mask": "LAST_FOUR"},
                ],
            },
            {"entity": "Ticket", "fields": None, "hasRowRule": True, "masks": []},
        ],
    }


def test_without_rules_everything_is_told_to_be_allowed() -> None:
    """All types, without naming fields; null is all mutations."""
    me = told(Viewer(), UNRESTRICTED)

    assert me["mutations"] is None
    assert {"Customer", "PurchaseLine", "Source"} <= {each["entity"] for each in me["permissions"]}
    assert {(each["fields"], each["hasRowRule"]) for each in me["permissions"]} == {(None, False)}


def test_a_role_that_sees_nothing_is_told_so() -> None:
    """Two empty lists, and no error."""
    me = told(Viewer(role="guest"), bound(RoleAccess(name="guest"), {}))

    assert (me["permissions"], me["mutations"]) == ([], [])
