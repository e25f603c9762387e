"""Explanations of what a viewer may see."""

import asyncio
from dataclasses import replace

from connectors.federation import Federation, Mode
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from connectors.rehearsal.inquiry import Way
from domain.access.policy import EntityAccess, Policy, RoleAccess
from domain.filter import Compare, Op
from resolvers.explain.payload import payload
from resolvers.explain.tree import Explanation, Extent
from resolvers.request import Request
from tests.resolvers.asking import NOW, engine

OPEN = Compare("status", Op.EQ, "OPEN")
PARTNER = RoleAccess(name="partner", entities={"ticket": EntityAccess(rows=OPEN)})
QUERY = "{ tickets(first: 2) { nodes { subject } } }"


def explained(policy: Policy | None) -> Explanation:
    """The plan of a list of tickets that are live in the desk and synced from the store."""

    async def run() -> Explanation:
        native = MemoryConnector("native", {"ticket": []}, observed_at=NOW)
        desk = MemoryConnector("desk", {"ticket": []}, observed_at=NOW)
        modes = {("shop", "ticket"): Mode.SYNCED}
        board = HealthBoard(lambda: NOW)
        asking = engine(Federation(native, {"desk": desk}, modes=modes, board=board))
        context = asking.context()
        if policy is not None:
            context = replace(context, policy=policy)
        request = Request(query=QUERY)
        _, explanation = await asking.explainer().explained(request, context, mode=Extent.PLAN)
        assert not native.batches
        assert not desk.batches
        assert explanation is not None
        return explanation

    return asyncio.run(run())


def test_the_rules_of_a_viewer_are_a_part_of_what_every_source_is_asked() -> None:
    """So what may not be seen never leaves a source, and the plan says by which rule."""
    explanation = explained(Policy(role=PARTNER, rows={"ticket": OPEN}, key="partner"))

    assert payload(explanation)["policy"] == {"ticket": "status = OPEN"}
    (step,) = payload(explanation)["steps"]
    assert {each["source"]: each["atSource"]["where"] for each in step["asks"]} == {
        "native": "source in [native, shop] and status = OPEN",
        "desk": "status = OPEN",
    }


def test_without_rules_nothing_is_said_of_them() -> None:
    """Both parts of the list are there, the one in the store and the live one."""
    explanation = explained(None)

    assert "policy" not in payload(explanation)
    (step,) = explanation.steps
    assert [(each.source, each.way) for each in step.asked] == [
        ("native", Way.STORE),
        ("desk", Way.LIVE),
    ]
