"""How often a source is asked does not depend on how many customers are on the page."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.federation import NATIVE
from resolvers.explain.tree import Extent, Total
from resolvers.request import Request
from tests.conformance.canonical import SOURCE
from tests.connectors.sql.database import ENGINES
from tests.resolvers.asking import engine
from tests.resolvers.customers import COUNT, SOURCES, filled_tables

QUERY = """
query ($first: Int!) {
  customers(first: $first) {
    nodes {
      name
      records { recordId }
      purchases(first: 2, where: {status: {eq: PAID}}) {
        nodes { number customer { name } lines(first: 5) { nodes { description } } }
        pageInfo { hasNextPage }
      }
      tickets(last: 1) { nodes { subject customer { name } } }
    }
  }
}
"""


@pytest.fixture(params=SOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind that can batch."""
    name: str = request.param
    return name


@pytest.fixture
def tables_url(kind: str, tmp_path: Path) -> Iterator[str]:
    """A filled database, for the kinds that need one."""
    name = kind.removeprefix("sql-")
    if name not in ENGINES:
        yield ""
        return
    with filled_tables(name, tmp_path) as url:
        yield url


@pytest.fixture
def needed(kind: str, request: pytest.FixtureRequest) -> pytest.FixtureRequest:
    """What a kind asks fixtures for, made before the loop runs."""
    for name in ("tmp_path", "tables_url", *(["database_url"] if kind == "native" else [])):
        request.getfixturevalue(name)
    return request


def test_questions_to_a_source_do_not_grow_with_the_page(
    kind: str, needed: pytest.FixtureRequest
) -> None:
    """One, five and forty customers with purchases, lines and tickets: the same few questions."""

    async def run() -> list[int]:
        counts = []
        async with AsyncExitStack() as stack:
            counted = await SOURCES[kind](needed, stack)
            asking = engine(counted.federation)
            for size in (1, 1, 5, COUNT):
                before = counted.count()
                request = Request(query=QUERY, variables={"first": size})
                answer = json.loads((await asking.engine.execute(request, asking.context())).body)
                counts.append(counted.count() - before)
                _is_whole(answer, size)
        return counts

    # The first question also looks at what the source has, such as the columns of a table.
    _, one, five, forty = asyncio.run(run())
    assert (one, five, forty) == (one, one, one)
    assert 0 < one <= 8


def test_what_a_plan_predicts_is_what_reaches_the_source(
    kind: str, needed: pytest.FixtureRequest
) -> None:
    """For every kind, and nothing reaches it while the plan is made.

    What pages only their source can count is told as the least that it will be.
    """

    async def run() -> list[tuple[Total, int, int]]:
        counts = []
        async with AsyncExitStack() as stack:
            counted = await SOURCES[kind](needed, stack)
            asking = engine(counted.federation)
            name = NATIVE if kind == "native" else SOURCE
            for size in (1, 1, 5, COUNT):
                before = counted.count()
                request = Request(query=QUERY, variables={"first": size})
                _, explanation = await asking.explainer().explained(
                    request, asking.context(), mode=Extent.PLAN
                )
                assert explanation is not None
                planned = counted.count() - before
                await asking.engine.execute(request, asking.context())
                real = counted.count() - before
                counts.append((explanation.sources[name], real, planned))
        return counts[1:]

    for predicted, real, planned in asyncio.run(run()):
        assert planned == 0
        least = predicted.call_count
        assert least <= real if predicted.is_at_least else least == real


def _is_whole(answer: Any, size: int) -> None:
    assert "errors" not in answer
    nodes = answer["data"]["customers"]["nodes"]
    assert len(nodes) == size
    for node in nodes:
        number = node["name"].removeprefix("客户 ")
        assert node["records"] == [{"recordId": f"k{number}"}]
        assert node["purchases"]["pageInfo"] == {"hasNextPage": True}
        assert [each["number"] for each in node["purchases"]["nodes"]] == [
            f"订单 {number}-2",
            f"订单 {number}-1",
        ]
        for each in node["purchases"]["nodes"]:
            assert each["customer"] == {"name": node["name"]}
            assert each["lines"] == {"nodes": [{"description": f"茶 {number}"}]}
        assert node["tickets"]["nodes"] == [
            {"subject": f"工单 {number}", "customer": {"name": node["name"]}}
        ]
