"""Interactions are written exactly once, and amended without losing what they said."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from connectors.contract import Batch, Compare, Op, Refused, Unavailable, Written
from connectors.native.connector import NativeConnector
from connectors.native.problem import WriteProblem
from connectors.native.store import Store
from domain.channel import Channel
from tests.connectors.native.filled import NOON, Native, fill, native

CALL: Mapping[str, Any] = {
    "record_id": "first",
    "observed_at": NOON,
    "channel": Channel.PHONE,
    "direction": "INBOUND",
    "subject": "退货",
    "key_details": ("order 7", "broken"),
    "occurred_at": NOON - timedelta(minutes=5),
    "customer_id": UUID(int=1),
}
LATER = NOON + timedelta(hours=1)


async def _rows(it: Native, *fields: str) -> Sequence[Sequence[object]]:
    answer = await it.connector.fetch(Batch(entity="interaction", fields=fields))
    return answer.rows[()]


async def _write(it: Native, key: str, *records: Mapping[str, Any]) -> Sequence[Written]:
    return await it.connector.write("interaction", records, idempotency_key=key)


async def _amend(it: Native, changes: Mapping[str, Any], **further: Any) -> Written:
    given: dict[str, Any] = {
        "record_id": "first",
        "reason": "typo",
        "idempotency_key": "a",
        "amended_at": LATER,
    }
    given |= further
    return await it.connector.amend(given.pop("record_id"), changes, **given)


async def _until_somebody_waits(it: Native) -> None:
    waiting = (
        "SELECT FROM pg_stat_activity AS a"
        " WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'"
    )
    while True:
        if await it.store.fetch(waiting):
            return
        await asyncio.sleep(0)


def _code(written: Written) -> WriteProblem:
    assert written.record_id is None
    assert written.problem is not None
    return WriteProblem.of(written.problem)


def test_writing_to_a_store_that_is_down_says_so() -> None:
    """Nothing is acknowledged that was not written."""

    async def run() -> None:
        store = await Store.open("postgresql://nobody@127.0.0.1:1/none", min_connections=0)
        connector = NativeConnector(store)

        with pytest.raises(Unavailable):
            await connector.write("interaction", [CALL], idempotency_key="k")

        await connector.close()

    asyncio.run(run())


def test_only_interactions_are_written(database_url: str) -> None:
    """What the capability does not name is refused."""

    async def run() -> None:
        async with native(database_url) as it:
            with pytest.raises(Refused):
                await it.connector.write("ticket", [{}], idempotency_key="k")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"channel": None}, "channel is missing: interaction requires it"),
        ({"channel": "PIGEON"}, "channel must be one of PHONE, EMAIL, CHAT"),
        ({"subject": "a\0b"}, "subject holds a character that cannot be stored"),
        ({"subject": 7}, "subject must be a text"),
        ({"key_details": "order 7"}, "key_details must be a list"),
        ({"key_details": ["\ud800"]}, "key_details holds a character"),
        ({"participants": [1]}, "participants must be a text"),
        ({"occurred_at": NOON.replace(tzinfo=None)}, "occurred_at must be a time with its offset"),
        ({"customer_id": "1"}, "customer_id must be of type UUID"),
        ({"mood": "good"}, "interaction has no field mood"),
        ({"source": "crm"}, "source must be native"),
        ({"record_id": None}, "record_id is missing"),
    ],
)
def test_a_record_that_does_not_fit_is_a_problem(
    database_url: str, change: Mapping[str, Any], text: str
) -> None:
    """The problem says which field and why; nothing is written, also of the other records."""

    async def run() -> None:
        async with native(database_url) as it:
            good = {**CALL, "record_id": "second"}

            bad, other = await _write(it, "k", {**CALL, **change}, good)

            assert _code(bad) is _code(other) is WriteProblem.INVALID
            assert text in str(bad.problem)
            assert await _rows(it, "record_id") == []
            assert await _write(it, "k", good) == [Written("second")]

    asyncio.run(run())


@pytest.mark.parametrize("key", ["", "a\x1f1", "a\0", "k" * 1001])
def test_a_key_that_cannot_be_kept_is_a_problem(database_url: str, key: str) -> None:
    """Empty, with control characters, or without end."""

    async def run() -> None:
        async with native(database_url) as it:
            (written,) = await _write(it, key, CALL)

            assert _code(written) is WriteProblem.INVALID
            assert _code(await _amend(it, {"subject": "x"}, idempotency_key=key)) is (
                WriteProblem.INVALID
            )

    asyncio.run(run())


def test_what_was_logged_is_read_at_once(database_url: str) -> None:
    """All fields come back in canonical form, times in UTC, lists as lists."""

    async def run() -> None:
        async with native(database_url) as it:
            shanghai = timezone(timedelta(hours=8))
            record = {**CALL, "occurred_at": CALL["occurred_at"].astimezone(shanghai)}

            written = await _write(it, "k", record)

            assert written == [Written("first")]
            fields = ("source", "record_id", "channel", "subject", "key_details", "participants")
            assert await _rows(it, *fields) == [
                ("native", "first", "PHONE", "退货", ["order 7", "broken"], [])
            ]
            assert await _rows(it, "occurred_at", "amended_at", "customer_id") == [
                (CALL["occurred_at"], None, UUID(int=1))
            ]

    asyncio.run(run())


def test_an_interaction_without_a_time_occurred_when_it_was_logged(database_url: str) -> None:
    """And a second attempt, a second later, still says the same."""

    async def run() -> None:
        async with native(database_url) as it:
            record = {**CALL, "occurred_at": None}
            again = {**record, "record_id": "second", "observed_at": LATER}

            assert await _write(it, "k", record) == [Written("first")]
            assert await _write(it, "k", again) == [Written("first")]
            assert await _rows(it, "record_id", "occurred_at") == [("first", NOON)]

    asyncio.run(run())


def test_the_same_key_with_other_content_is_a_problem(database_url: str) -> None:
    """Other content, more records, or an amendment: no second row, the first stays as it was."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            (other,) = await _write(it, "k", {**CALL, "record_id": "2", "subject": "other"})
            more = await _write(it, "k", {**CALL, "record_id": "2"}, {**CALL, "record_id": "3"})
            amended = await _amend(it, {"subject": "other"}, idempotency_key="k")

            codes = {_code(each) for each in (other, *more, amended)}
            assert codes == {WriteProblem.KEY_REUSED}
            assert await _rows(it, "record_id", "subject") == [("first", "退货")]

    asyncio.run(run())


def test_the_caller_may_say_what_counts_as_the_same(database_url: str) -> None:
    """With a hash of its own, what the record says is not compared."""

    async def run() -> None:
        async with native(database_url) as it:
            other = {**CALL, "record_id": "second", "customer_id": UUID(int=2)}
            for record in (CALL, other):
                written = await it.connector.write(
                    "interaction", [record], idempotency_key="k", content_hash="input"
                )
                assert written == [Written("first")]

    asyncio.run(run())


def test_a_record_id_that_is_taken_is_a_problem(database_url: str) -> None:
    """The key stays free for the next attempt."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            (taken,) = await _write(it, "other", CALL)

            assert _code(taken) is WriteProblem.RECORD_EXISTS
            again = await _write(it, "other", {**CALL, "record_id": "second"})
            assert again == [Written("second")]

    asyncio.run(run())


def test_several_records_of_one_key_are_written_together(database_url: str) -> None:
    """A second time gives the ids of the first, in the same order."""

    async def run() -> None:
        async with native(database_url) as it:
            records = [{**CALL, "record_id": each} for each in ("b", "a", "c")]
            retry = [{**CALL, "record_id": each} for each in ("d", "e", "f")]

            first, second = await _write(it, "k", *records), await _write(it, "k", *retry)

            assert first == second == [Written("b"), Written("a"), Written("c")]
            assert len(await _rows(it, "record_id")) == 3

    asyncio.run(run())


def test_many_callers_with_one_key_write_once(database_url: str) -> None:
    """All of them learn the same id, whoever came first."""

    async def run() -> None:
        async with native(database_url) as it:
            records = [{**CALL, "record_id": f"{each}"} for each in range(32)]

            written = await asyncio.gather(*(_write(it, "k", each) for each in records))

            assert len({outcome[0].record_id for outcome in written}) == 1
            assert written[0][0].problem is None
            assert len(await _rows(it, "record_id")) == 1

    asyncio.run(run())


def test_a_caller_that_died_before_commit_leaves_the_key_free(database_url: str) -> None:
    """The second caller waits for the first, and writes once that one is gone."""

    async def run() -> None:
        async with native(database_url) as it:
            dying = await asyncpg.connect(database_url)
            await dying.execute("BEGIN")
            await dying.execute(
                "INSERT INTO logged_interaction VALUES ('k', 'hash', 'never', now())"
            )
            waiting = asyncio.create_task(_write(it, "k", CALL))
            await _until_somebody_waits(it)
            dying.terminate()

            assert await waiting == [Written("first")]
            assert await _rows(it, "record_id") == [("first",)]

    asyncio.run(run())


def test_an_unknown_interaction_cannot_be_amended(database_url: str) -> None:
    """Neither one that does not exist, nor one that another source holds."""

    async def run() -> None:
        async with native(database_url) as it:
            await fill(it.store, "interaction", {"source": "crm", "record_id": "first"})

            assert _code(await _amend(it, {"subject": "x"})) is WriteProblem.UNKNOWN_RECORD
            assert await it.store.fetch("SELECT FROM logged_interaction") == []

    asyncio.run(run())


@pytest.mark.parametrize(
    "changes",
    [{}, {"record_id": "x"}, {"amended_at": NOON}, {"channel": None}, {"channel": "PIGEON"}],
)
def test_a_change_that_does_not_fit_is_a_problem(
    database_url: str, changes: Mapping[str, Any]
) -> None:
    """Nothing is amended and nothing kept."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            assert _code(await _amend(it, changes)) is WriteProblem.INVALID
            assert await it.store.fetch("SELECT FROM interaction_amendment") == []

    asyncio.run(run())


def test_an_amendment_keeps_what_was_said_before(database_url: str) -> None:
    """The record says the new, the history the old, with the reason and a version."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            changes = {"subject": "换货", "customer_id": UUID(int=2), "direction": None}
            first = await _amend(it, changes)
            second = await _amend(
                it, {"key_details": []}, idempotency_key="b", reason=None, expected_version=1
            )

            assert first == second == Written("first")
            assert await _rows(it, "subject", "customer_id", "direction", "key_details") == [
                ("换货", UUID(int=2), None, [])
            ]
            assert await _rows(it, "amended_at", "observed_at", "occurred_at") == [
                (LATER, LATER, CALL["occurred_at"])
            ]
            history = "SELECT h.version, h.previous, h.reason FROM interaction_amendment AS h"
            one, two = (tuple(each) for each in await it.store.fetch(f"{history} ORDER BY 1"))
            assert one[1] == {
                "subject": "退货",
                "customer_id": str(UUID(int=1)),
                "direction": "INBOUND",
                "amended_at": None,
            }
            assert (one[0], one[2], two[0], two[2]) == (1, "typo", 2, None)
            assert two[1]["key_details"] == ["order 7", "broken"]

    asyncio.run(run())


def test_the_same_key_amends_once(database_url: str) -> None:
    """Also where the version that was expected has been passed by the first attempt."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            outcomes = [await _amend(it, {"subject": "x"}, expected_version=0) for _ in range(2)]
            other = await _amend(it, {"subject": "y"}, expected_version=0)

            assert outcomes == [Written("first")] * 2
            assert _code(other) is WriteProblem.KEY_REUSED
            assert len(await it.store.fetch("SELECT FROM interaction_amendment")) == 1

    asyncio.run(run())


def test_of_many_amendments_of_one_version_one_succeeds(database_url: str) -> None:
    """The others learn that they saw an old version, and their keys stay free."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            outcomes = await asyncio.gather(
                *(
                    _amend(it, {"subject": key}, idempotency_key=key, expected_version=0)
                    for key in "abcdefgh"
                )
            )

            losers = [each for each in outcomes if each.problem]
            assert {_code(each) for each in losers} == {WriteProblem.VERSION_CONFLICT}
            assert len(losers) == 7
            assert len(await it.store.fetch("SELECT FROM logged_interaction")) == 2

    asyncio.run(run())


def test_amendments_at_the_same_time_all_leave_their_trace(database_url: str) -> None:
    """Without an expected version each comes after the other, and nothing is lost."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)

            await asyncio.gather(
                *(_amend(it, {"subject": key}, idempotency_key=key) for key in "abcdefgh")
            )

            history = await it.store.fetch("SELECT h.previous FROM interaction_amendment AS h")
            said = [each["previous"]["subject"] for each in history]
            ((last,),) = await _rows(it, "subject")
            assert sorted([*said, last]) == sorted(["退货", *"abcdefgh"])

    asyncio.run(run())


def test_amended_interactions_are_found_by_what_they_say_now(database_url: str) -> None:
    """Filters see the amended value only."""

    async def run() -> None:
        async with native(database_url) as it:
            await _write(it, "k", CALL)
            await _amend(it, {"subject": "new"})

            for subject, count in (("new", 1), ("退货", 0)):
                where = Compare("subject", Op.EQ, subject)
                answer = await it.connector.fetch(
                    Batch(entity="interaction", fields=("record_id",), where=where)
                )
                assert len(answer.rows[()]) == count

    asyncio.run(run())
