"""The time of a request, split over the levels of its plan."""

import asyncio
from collections.abc import Sequence

from connectors.contract import Answer, Batch
from connectors.federation import Question
from connectors.session import Session
from resolvers.engine import Engine
from resolvers.request import Request
from schema.build import build_schema, executable
from tests.connectors.federated import federation, index, source, ticket
from tests.resolvers.asking import Asking

BY_ID = Question(entity="ticket", fields=("record_id",), match=("source", "record_id"))


def timeouts(*below: int, timeout_s: float = 10, deadline_s: float = 30) -> Sequence[float]:
    """How long a source is given by questions with so many levels below them."""
    desk = source("desk", ticket("1"))
    it = federation(index("desk"), desk, timeouts_s={"desk": timeout_s})

    async def run() -> None:
        for levels in below:
            session = Session(it, deadline_s=deadline_s)
            await session.ask(BY_ID, [("desk", "1")], below=levels)

    asyncio.run(run())
    return [round(each.timeout_s, 1) for each in desk.batches]


def test_a_step_gets_its_share_and_never_more_than_its_source_allows() -> None:
    """30 seconds over one, two, three and six levels; the source allows ten."""
    assert timeouts(0, 1, 2, 3, 5) == [10, 10, 10, 7.5, 5]
    assert timeouts(0, 1, 2, deadline_s=12) == [10, 6, 4]


def test_steps_that_share_a_question_leave_time_for_the_one_with_most_below() -> None:
    """Otherwise what hangs on it would have none."""
    desk = source("desk", ticket("1"), ticket("2"))
    it = federation(index("desk"), desk, timeouts_s={"desk": 60})

    async def run() -> None:
        session = Session(it, deadline_s=9)
        await asyncio.gather(
            session.ask(BY_ID, [("desk", "1")]), session.ask(BY_ID, [("desk", "2")], below=2)
        )

    asyncio.run(run())
    assert [round(each.timeout_s, 1) for each in desk.batches] == [3]


def test_a_slow_level_leaves_time_for_those_below_it() -> None:
    """Tickets take what they are given; their customers' other tickets still get theirs."""
    native, desk = index("desk"), source("desk", ticket("1"))
    given: dict[str, list[float]] = {"desk": [], "native": []}

    async def watched(batch: Batch, answer: Answer) -> Answer:
        given["desk"].append(batch.timeout_s)
        await asyncio.sleep(min(0.05, batch.timeout_s / 2))
        return answer

    async def watched_native(batch: Batch, answer: Answer) -> Answer:
        given["native"].append(batch.timeout_s)
        return answer

    desk.fault, native.fault = watched, watched_native
    it = federation(native, desk, timeouts_s={"desk": 60, "native": 60})
    asking = Asking(Engine(executable(build_schema())), it)
    text = "{ tickets { nodes { customer { tickets { nodes { subject } } } } } }"

    async def run() -> None:
        context = asking.context()
        await asking.engine.execute(Request(query=text), context)

    asyncio.run(run())
    assert len(given["desk"]) >= 1
    # Below the list are its customers, and below these their tickets; and owners are looked up.
    assert 7 < given["desk"][0] <= 30 / 4
