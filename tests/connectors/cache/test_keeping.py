"""Kept answers: given while they are fresh, refreshed while they age, spared for bad times."""

import asyncio

import pytest

from connectors.cache.entry import Entry, Worth, worth
from connectors.contract import Malformed, Misconfigured, Refused, TimedOut, Unavailable
from connectors.errors import CircuitOpen
from connectors.health import SourceStatus
from connectors.options import Keeping
from tests.connectors.cache.reading import OF_ADA, OF_BOB, Place, played, policy, until

A_MINUTE = Keeping(max_age_s=60)
AGING = Keeping(max_age_s=60, stale_while_revalidate_s=30)
SPARED = Keeping(max_age_s=60, stale_if_error_s=3600)


def test_without_settings_nothing_is_kept() -> None:
    """Each request asks anew."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        assert await it.told() == [["version 2"]]

    played(story)


def test_a_fresh_answer_is_given_and_its_age_told() -> None:
    """Without a call; at the end of its time it is asked for again."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        it.clock.now_s += 59
        session = it.session()
        assert await it.told(session) == [["version 1"]]
        account = session.accounts.by_source["desk"]
        assert (account.kept_count, account.age_s, account.call_count) == (1, 59, 0)
        assert account.status is SourceStatus.OK

        it.clock.now_s += 1
        assert await it.told() == [["version 2"]]
        assert it.desk.refs == [["ada"], ["ada"]]

    played(story, keeping=A_MINUTE)


def test_only_what_is_missing_is_asked_for() -> None:
    """Ada is kept, Bob is not."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        assert await it.told(keys=OF_ADA + OF_BOB) == [["version 1"], ["version 2"]]
        assert it.desk.refs == [["ada"], ["bob"]]

    played(story, keeping=A_MINUTE)


def test_an_aging_answer_is_given_while_one_call_refreshes_it() -> None:
    """However many ask meanwhile; its account says that it is stale."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        it.desk.is_open.clear()
        it.clock.now_s += 61
        session = it.session()
        assert await it.told(session) == [["version 1"]]
        account = session.accounts.by_source["desk"]
        assert (account.status, account.age_s) == (SourceStatus.STALE, 61)
        assert await asyncio.gather(*(it.told() for _ in range(5))) == [[["version 1"]]] * 5
        await until(lambda: len(it.desk.asked) == 2)

        it.desk.is_open.set()
        await asyncio.sleep(0.01)
        assert await it.told() == [["version 2"]]
        assert len(it.desk.asked) == 2

    played(story, keeping=AGING)


def test_what_is_too_old_even_for_that_is_waited_for() -> None:
    """The stale time has an end."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        it.clock.now_s += 90
        assert await it.told() == [["version 2"]]

    played(story, keeping=AGING)


@pytest.mark.parametrize(
    "failure", [Unavailable("desk", "x"), TimedOut("desk", "x"), CircuitOpen("desk", "x")]
)
def test_an_old_answer_stands_in_for_a_source_that_is_away(failure: Unavailable) -> None:
    """As long as the settings allow, and no longer."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.fault = failure
        it.clock.now_s += 3600
        session = it.session()
        assert await it.told(session) == [["version 1"]]
        account = session.accounts.by_source["desk"]
        assert (account.status, account.age_s) == (SourceStatus.STALE, 3600)

        it.clock.now_s += 61
        assert await it.told() == [failure]

    played(story, keeping=SPARED)


@pytest.mark.parametrize(
    "failure",
    [Refused("desk", "x"), Misconfigured("desk", "x"), Malformed("desk", "x")],
)
def test_no_old_answer_hides_what_somebody_must_act_on(failure: Exception) -> None:
    """A refusal may mean that the viewer may not see it any more."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.fault = failure
        it.clock.now_s += 61
        assert await it.told() == [failure]

    played(story, keeping=SPARED)


def test_a_source_without_an_answer_kept_before_is_away() -> None:
    """Ada is given from before, Bob is unknown, and the source answered in part."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.fault = Unavailable("desk", "gone")
        it.clock.now_s += 61
        session = it.session()
        assert await it.told(session, OF_ADA + OF_BOB) == [["version 1"], it.desk.fault]
        assert session.accounts.by_source["desk"].status is SourceStatus.PARTIAL

    played(story, keeping=SPARED)


def test_a_client_may_want_it_younger() -> None:
    """Kept answers older than it says are asked for anew, also where the source is away."""

    async def story(it: Place) -> None:
        await it.told()
        it.desk.version = 2
        it.clock.now_s += 30
        relaxed, strict = it.session(), it.session()
        relaxed.max_stale_s, strict.max_stale_s = 30, 29
        assert await it.told(relaxed) == [["version 1"]]
        assert await it.told(strict) == [["version 2"]]

        it.desk.fault = Unavailable("desk", "gone")
        it.clock.now_s += 61
        strict = it.session()
        strict.max_stale_s = 60
        assert await it.told(strict) == [it.desk.fault]
        assert await it.told() == [["version 2"]]

    played(story, keeping=SPARED)


def test_who_asks_now_does_not_wait_with_those_who_asked_before() -> None:
    """What is under way may have been answered before the request came."""

    async def story(it: Place) -> None:
        before = asyncio.create_task(it.told())
        await until(lambda: it.desk.asked)
        now = it.session()
        now.max_stale_s = 0
        asking = asyncio.create_task(it.told(now))
        await until(lambda: len(it.desk.asked) == 2)
        it.desk.is_open.set()
        assert await before == await asking == [["version 1"]]
        await it.told()
        assert len(it.desk.asked) == 2

    played(story, keeping=A_MINUTE, is_open=False)


def test_what_changed_is_forgotten_for_its_customer_alone() -> None:
    """Bob's tickets are still given from before."""

    async def story(it: Place) -> None:
        await it.told(keys=OF_ADA + OF_BOB)
        it.desk.version = 2
        await it.federation.invalidation.changed("desk", "ticket", customer_ref="ada")
        assert await it.told(keys=OF_ADA + OF_BOB) == [["version 2"], ["version 1"]]

        await it.federation.invalidation.changed("desk", "ticket")
        assert await it.told(keys=OF_BOB) == [["version 2"]]

    played(story, keeping=A_MINUTE)


def test_an_answer_that_was_under_way_when_something_changed_is_not_kept() -> None:
    """Nor joined: who asks after the change gets what is true after it."""

    async def story(it: Place) -> None:
        before = asyncio.create_task(it.told())
        await until(lambda: it.desk.asked)
        await it.federation.invalidation.changed("desk", "ticket", customer_ref="ada")
        after = asyncio.create_task(it.told())
        await until(lambda: len(it.desk.asked) == 2)
        it.desk.is_open.set()
        await asyncio.gather(before, after)
        it.desk.version = 2
        assert await it.told() == [["version 1"]]
        assert len(it.desk.asked) == 2

    played(story, keeping=A_MINUTE, is_open=False)


def test_what_is_kept_stays_within_its_bytes() -> None:
    """What was not used for longest goes first."""

    async def story(it: Place) -> None:
        for n in range(50):
            session = it.session(policy=policy(f"role {n}"))
            await it.told(session)
        shelf = it.federation.reader.keeper._shelf
        assert shelf.size <= 20_000
        assert 0 < len(shelf) < 50
        asked = len(it.desk.asked)
        await it.told(it.session(policy=policy("role 49")))
        assert len(it.desk.asked) == asked
        await it.told(it.session(policy=policy("role 0")))
        assert len(it.desk.asked) == asked + 1

    played(story, keeping=A_MINUTE, max_bytes=20_000)


def test_answers_that_lack_records_are_not_stretched() -> None:
    """They are given while they are fresh, and say that they are partial."""
    entry = Entry((), asked_at=0, is_partial=True)

    assert worth(entry, AGING, now_s=59, max_stale_s=None) is Worth.FRESH
    assert worth(entry, AGING, now_s=61, max_stale_s=None) is Worth.SPENT
