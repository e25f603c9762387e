"""Interactions are written exactly once."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from connectors.contract import Refused, Unavailable, Written
from connectors.native.connector import NativeConnector
from connectors.native.problem import WriteProblem
from connectors.native.store import Store
from tests.connectors.native.filled import NOON, fill, native
from tests.connectors.native.logged import (
    CALL,
    LATER,
    amend,
    code,
    rows,
    until_somebody_waits,
    write,
)


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

            bad, other = await write(it, "k", {**CALL, **change}, good)

            assert code(bad) is code(other) is WriteProblem.INVALID
            assert text in str(bad.problem)
            assert await rows(it, "record_id") == []
            assert await write(it, "k", good) == [Written("second")]

    asyncio.run(run())


@pytest.mark.parametrize("key", ["", "a\x1f1", "a\0", "k" * 1001, "\ud800"])
def test_a_key_that_cannot_be_kept_is_a_problem(database_url: str, key: str) -> None:
    """Empty, with control characters, or without end."""

    async def run() -> None:
        async with native(database_url) as it:
            (written,) = await write(it, key, CALL)

            assert code(written) is WriteProblem.INVALID
            assert code(await amend(it, {"subject": "x"}, idempotency_key=key)) is (
                WriteProblem.INVALID
            )

    asyncio.run(run())


def test_what_was_logged_is_read_at_once(database_url: str) -> None:
    """All fields come back in canonical form, times in UTC, lists as lists."""

    async def run() -> None:
        async with native(database_url) as it:
            shanghai = timezone(timedelta(hours=8))
            record = {**CALL, "occurred_at": CALL["occurred_at"].astimezone(shanghai)}

            written = await write(it, "k", record)

            assert written == [Written("first")]
            fields = ("source", "record_id", "channel", "subject", "key_details", "participants")
            assert await rows(it, *fields) == [
                ("native", "first", "PHONE", "退货", ["order 7", "broken"], [])
            ]
            assert await rows(it, "occurred_at", "amended_at", "customer_id") == [
                (CALL["occurred_at"], None, UUID(int=1))
            ]

    asyncio.run(run())


def test_an_interaction_without_a_time_occurred_when_it_was_logged(database_url: str) -> None:
    """And a second attempt, a second later, still says the same."""

    async def run() -> None:
        async with native(database_url) as it:
            record = {**CALL, "occurred_at": None}
            again = {**record, "record_id": "second", "observed_at": LATER}

            assert await write(it, "k", record) == [Written("first")]
            assert await write(it, "k", again) == [Written("first")]
            assert await rows(it, "record_id", "occurred_at") == [("first", NOON)]

    asyncio.run(run())


def test_the_same_key_with_other_content_is_a_problem(database_url: str) -> None:
    """Other content, more records, or an amendment: no second row, the first stays as it was."""

    async def run() -> None:
        async with native(database_url) as it:
            await write(it, "k", CALL)

            (other,) = await write(it, "k", {**CALL, "record_id": "2", "subject": "other"})
            more = await write(it, "k", {**CALL, "record_id": "2"}, {**CALL, "record_id": "3"})
            amended = await amend(it, {"subject": "other"}, idempotency_key="k")

            codes = {code(each) for each in (other, *more, amended)}
            assert codes == {WriteProblem.KEY_REUSED}
            assert await rows(it, "record_id", "subject") == [("first", "退货")]

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
            await write(it, "k", CALL)

            (taken,) = await write(it, "other", CALL)

            assert code(taken) is WriteProblem.RECORD_EXISTS
            again = await write(it, "other", {**CALL, "record_id": "second"})
            assert again == [Written("second")]

    asyncio.run(run())


def test_nothing_to_write_is_no_problem(database_url: str) -> None:
    """No records, no outcomes, and the key stays free."""

    async def run() -> None:
        async with native(database_url) as it:
            assert list(await write(it, "k")) == []
            assert await write(it, "k", CALL) == [Written("first")]

    asyncio.run(run())


def test_several_records_of_one_key_are_written_together(database_url: str) -> None:
    """A second time gives the ids of the first, in the same order."""

    async def run() -> None:
        async with native(database_url) as it:
            records = [{**CALL, "record_id": each} for each in ("b", "a", "c")]
            retry = [{**CALL, "record_id": each} for each in ("d", "e", "f")]

            first, second = await write(it, "k", *records), await write(it, "k", *retry)

            assert first == second == [Written("b"), Written("a"), Written("c")]
            assert len(await rows(it, "record_id")) == 3

    asyncio.run(run())


def test_many_callers_with_one_key_write_once(database_url: str) -> None:
    """All of them learn the same id, whoever came first."""

    async def run() -> None:
        async with native(database_url) as it:
            records = [{**CALL, "record_id": f"{each}"} for each in range(32)]

            written = await asyncio.gather(*(write(it, "k", each) for each in records))

            assert len({outcome[0].record_id for outcome in written}) == 1
            assert written[0][0].problem is None
            assert len(await rows(it, "record_id")) == 1

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
            waiting = asyncio.create_task(write(it, "k", CALL))
            await until_somebody_waits(it)
            dying.terminate()

            assert await waiting == [Written("first")]
            assert await rows(it, "record_id") == [("first",)]

    asyncio.run(run())


def test_an_interaction_follows_a_customer_that_is_merged_meanwhile(database_url: str) -> None:
    """The writer waits for the merge, and logs the interaction with whom the customer became."""

    async def run() -> None:
        async with native(database_url) as it:
            before, after = UUID(int=1), UUID(int=2)
            await fill(it.store, "customer", {"id": before}, {"id": after})
            merging = await asyncpg.connect(database_url)
            await merging.execute("BEGIN")
            await merging.execute(
                "UPDATE customer SET superseded_by = $2 WHERE id = $1", before, after
            )
            waiting = asyncio.create_task(write(it, "k", {**CALL, "customer_id": before}))
            await until_somebody_waits(it)
            await merging.execute("COMMIT")
            await merging.close()

            assert await waiting == [Written("first")]
            assert await rows(it, "customer_id") == [(after,)]

    asyncio.run(run())
