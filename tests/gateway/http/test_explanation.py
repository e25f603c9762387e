"""Who may see explanations, by what the configuration allows."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from domain.viewer import ANYBODY, Viewer
from gateway.http.explanation import UNEXPLAINED, AllowedExplanations
from gateway.http.rejection import Rejected
from resolvers.context import Context
from resolvers.explain.tree import Extent
from resolvers.request import Request
from resolvers.result import Result, ResultKind

ME = Request(query="{ me { name } }")


class Recorder:
    """An explainer that remembers how it was asked."""

    def __init__(self) -> None:
        self.modes: list[Extent] = []

    async def explain(self, request: Request, context: Any, *, mode: Extent) -> Result:
        """Remember."""
        del request, context
        self.modes.append(mode)
        return Result(ResultKind.EXECUTED, b"{}")


@dataclass(frozen=True)
class Asked:
    """As much of a context as permissions look at."""

    viewer: Viewer = field(default=ANYBODY)


def outcome(
    asked: bytes, *, reach: Extent | None, roles: frozenset[str] = frozenset(), role: str = "agent"
) -> list[Extent] | int:
    """What was explained, or with which status it was refused."""
    recorder = Recorder()
    explanations = (
        UNEXPLAINED
        if reach is None
        else AllowedExplanations(explainer=recorder, reach=reach, roles=roles)
    )
    context = cast("Context", Asked(Viewer(name="Mei", roles=(role,), role=role)))
    try:
        asyncio.run(explanations.answer(asked, ME, context))
    except Rejected as rejected:
        assert not recorder.modes
        return rejected.status
    return recorder.modes


@pytest.mark.parametrize(
    ("asked", "reach", "expected"),
    [
        (b"plan", None, 403),
        (b"analyze", None, 403),
        (b"plan", Extent.PLAN, [Extent.PLAN]),
        (b"analyze", Extent.PLAN, 403),
        (b"plan", Extent.ANALYZE, [Extent.PLAN]),
        (b"analyze", Extent.ANALYZE, [Extent.ANALYZE]),
        (b" Analyze ", Extent.ANALYZE, [Extent.ANALYZE]),
        (b"", Extent.ANALYZE, 400),
        (b"plan, analyze", Extent.ANALYZE, 400),
        (b"\xff", None, 400),
    ],
)
def test_an_explanation_goes_as_far_as_it_is_allowed(
    asked: bytes, reach: Extent | None, expected: list[Extent] | int
) -> None:
    """And no further, whatever stands in the header."""
    assert outcome(asked, reach=reach) == expected


@pytest.mark.parametrize(("role", "expected"), [("operator", [Extent.PLAN]), ("agent", 403)])
def test_only_some_roles_may_see_it(role: str, expected: list[Extent] | int) -> None:
    """The role is the one that the request acts in."""
    roles = frozenset({"operator"})

    assert outcome(b"plan", reach=Extent.ANALYZE, roles=roles, role=role) == expected
