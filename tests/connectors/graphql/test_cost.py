"""Points of sources that count them: waited for where there is time, else told."""

import asyncio
from typing import Any

import pytest

from connectors.contract import Refused, Unavailable
from connectors.graphql.cost import Budget
from tests.connectors.graphql.fake import Points
from tests.connectors.graphql.opening import (
    LIST,
    asking,
    everything,
    opened,
    purchase,
    purchases,
    shop,
)

LISTED = purchases(list={"query": LIST})


def _told(cost: float, available: float, most: float = 1000, rate: float = 50) -> dict[str, Any]:
    return Points(cost=cost, available=available, most=most, rate=rate).told()


def test_nothing_is_waited_for_as_long_as_nothing_is_known() -> None:
    """The first question, and sources that do not count."""
    budget = Budget()
    budget.learn("q", {"tracing": 1}, at_s=0)
    budget.learn("q", None, at_s=0)
    budget.learn("q", {"cost": {"throttleStatus": {"currentlyAvailable": "many"}}}, at_s=0)

    assert budget.wait_s("q", at_s=0) == 0


def test_the_wait_is_for_the_points_that_are_lacking() -> None:
    """They come back with time, up to the most, and are spent when a question goes out."""
    budget = Budget()
    budget.learn("q", _told(cost=100, available=50), at_s=10)

    assert budget.wait_s("q", at_s=10) == 1
    assert budget.wait_s("q", at_s=10.5) == 0.5
    assert budget.wait_s("q", at_s=11) == 0
    budget.spend("q", at_s=12)
    assert budget.wait_s("q", at_s=12) == 1
    assert budget.wait_s("another", at_s=12) == 0
    assert budget.wait_s("q", at_s=10_000) == 0


def test_a_question_is_kept_back_until_there_are_points() -> None:
    """The source is not asked before, and not at all where that is too late."""
    fake = shop(purchase(1), points=Points(cost=100, available=150, rate=1000))

    async def run() -> None:
        async with opened(LISTED, asking(fake)) as connector:
            await connector.fetch(everything())
            assert fake.points is not None
            fake.points.available = 150
            answer = await connector.fetch(everything())
            assert answer.calls == 1
            fake.points.rate = 0.001
            fake.points.available = 150
            await connector.fetch(everything())
            asked = len(fake.log)
            with pytest.raises(Unavailable) as raised:
                await connector.fetch(everything())
            assert raised.value.retry_after_s == pytest.approx(50_000, rel=0.01)
            assert len(fake.log) == asked

    asyncio.run(run())


def test_a_question_that_can_never_be_afforded_is_refused() -> None:
    """Waiting would not help; smaller pages do."""
    fake = shop(purchase(1), points=Points(cost=100, available=150, most=90))

    async def run() -> None:
        async with opened(LISTED, asking(fake)) as connector:
            await connector.fetch(everything())
            with pytest.raises(Refused, match="lower `size`"):
                await connector.fetch(everything())

    asyncio.run(run())
