"""Equal questions at the same time share one call, and nobody else's answer."""

import asyncio

import pytest

from connectors.aspects.account import Account
from connectors.cache.reader import Reading
from connectors.contract import Batch, Malformed, TimedOut, Unavailable
from connectors.health import SourceStatus
from tests.connectors.cache.reading import OF_ADA, OF_BOB, Place, played, policy, until


def test_a_hundred_equal_questions_at_once_are_one_call() -> None:
    """Each gets the answer; only the request that asked has the call in its account."""

    async def story(it: Place) -> None:
        sessions = [it.session() for _ in range(100)]
        asking = [asyncio.create_task(it.told(each)) for each in sessions]
        await until(lambda: it.desk.asked)
        it.desk.is_open.set()

        assert await asyncio.gather(*asking) == [[["version 1"]]] * 100
        assert it.desk.refs == [["ada"]]
        accounts = [each.accounts.by_source["desk"] for each in sessions]
        assert sum(each.call_count for each in accounts) == 1
        assert {(each.row_count, each.status) for each in accounts} == {(1, SourceStatus.OK)}

    played(story, is_open=False)


@pytest.mark.parametrize(
    "difference",
    [
        [{"policy": policy(f"role {n}")} for n in range(100)],
        [{"headers": {"authorization": f"Bearer {n}"}} for n in range(100)],
    ],
)
def test_a_hundred_different_viewers_or_credentials_share_nothing(
    difference: list[dict[str, object]],
) -> None:
    """Neither what is under way nor what is kept."""

    async def story(it: Place) -> None:
        for _ in range(2):
            await asyncio.gather(*(it.told(it.session(**each)) for each in difference))

        assert len(it.desk.asked) == 200
        callers = {each.caller for each in it.desk.asked}
        assert len(callers) == 100

    played(story, forwards={"desk": frozenset({"authorization"})})


def test_headers_that_the_source_does_not_want_divide_nobody() -> None:
    """They are not sent to it, so nothing depends on them."""

    async def story(it: Place) -> None:
        asking = [
            asyncio.create_task(it.told(it.session(headers={"x-request": str(n)})))
            for n in range(10)
        ]
        await until(lambda: it.desk.asked)
        it.desk.is_open.set()
        await asyncio.gather(*asking)

        assert len(it.desk.asked) == 1
        assert it.desk.asked[0].caller.headers == ()

    played(story, is_open=False)


def test_a_batch_asks_only_for_keys_that_nobody_is_asking_for() -> None:
    """The second request wants Ada, who is under way, and Bob, who is not."""

    async def story(it: Place) -> None:
        first = asyncio.create_task(it.told())
        await until(lambda: it.desk.asked)
        second = asyncio.create_task(it.told(keys=OF_ADA + OF_BOB))
        await until(lambda: len(it.desk.asked) == 2)
        it.desk.is_open.set()

        assert await first == [["version 1"]]
        assert await second == [["version 1"], ["version 1"]]
        assert it.desk.refs == [["ada"], ["bob"]]

    played(story, is_open=False)


def test_a_failure_is_shared_by_those_who_wait_and_asked_about_again_later() -> None:
    """It is not kept, even where answers are."""

    async def story(it: Place) -> None:
        it.desk.fault = Unavailable("desk", "gone")
        assert list(await asyncio.gather(it.told(), it.told())) == [[it.desk.fault]] * 2
        assert len(it.desk.asked) == 1

        it.desk.fault = None
        assert await it.told() == [["version 1"]]

    played(story)


def test_the_failure_of_one_key_is_not_the_failure_of_others() -> None:
    """Who waits for the other key of the same call gets its rows."""

    async def story(it: Place) -> None:
        it.desk.lost = {("bob",): Malformed("desk", "half a JSON")}
        both = asyncio.create_task(it.told(keys=OF_ADA + OF_BOB))
        await until(lambda: it.desk.asked)
        ada = asyncio.create_task(it.told())
        bob = asyncio.create_task(it.told(keys=OF_BOB))
        await asyncio.sleep(0.01)
        it.desk.is_open.set()

        assert await ada == [["version 1"]]
        assert await bob == [it.desk.lost["bob",]]
        assert (await both)[0] == ["version 1"]
        assert len(it.desk.asked) == 1

    played(story, is_open=False)


def test_one_that_leaves_does_not_take_the_answer_from_others() -> None:
    """Even if it is the one that asked; when all have left, the call is cancelled."""

    async def story(it: Place) -> None:
        first = asyncio.create_task(it.federation.reader.read(_reading(it)))
        await until(lambda: it.desk.asked)
        others = [asyncio.create_task(it.federation.reader.read(_reading(it))) for _ in range(2)]
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        assert it.desk.cancelled == 0
        it.desk.is_open.set()
        given = await asyncio.gather(*others)
        assert [each[0] for each in given] == [(("1", "version 1"),)] * 2

        it.desk.is_open.clear()
        alone = [asyncio.create_task(it.federation.reader.read(_reading(it))) for _ in range(2)]
        await until(lambda: len(it.desk.asked) == 2)
        for each in alone:
            each.cancel()
        await until(lambda: it.desk.cancelled == 1)

    played(story, is_open=False)


def test_one_that_has_less_time_gives_up_alone() -> None:
    """Its own deadline ends its waiting, not the call that another still waits for."""

    async def story(it: Place) -> None:
        patient = asyncio.create_task(it.told())
        await until(lambda: it.desk.asked)
        hurried = it.session(deadline_s=0.02)
        (failure,) = await it.told(hurried)
        assert isinstance(failure, TimedOut)
        assert hurried.accounts.by_source["desk"].status is SourceStatus.TIMEOUT

        it.desk.is_open.set()
        assert await patient == [["version 1"]]
        assert len(it.desk.asked) == 1

    played(story, is_open=False)


def test_one_that_joined_late_asks_for_itself_when_the_call_of_another_is_out_of_time() -> None:
    """The first had 50 ms; the second has seconds, and gets its answer."""

    async def story(it: Place) -> None:
        hurried = asyncio.create_task(it.told(it.session(deadline_s=0.1)))
        await until(lambda: it.desk.asked)
        patient = asyncio.create_task(it.told())
        (failure,) = await hurried
        assert isinstance(failure, TimedOut)
        await until(lambda: len(it.desk.asked) == 2)
        it.desk.is_open.set()

        assert await patient == [["version 1"]]

    played(story, is_open=False)


def _reading(it: Place) -> Reading:
    return Reading(
        connector=it.federation.sources["desk"],
        batch=Batch(entity="ticket", fields=("record_id", "subject"), match=("customer_ref",)),
        keys=(("ada",),),
        timeout_s=10,
        account=Account(),
    )
