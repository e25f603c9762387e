"""Amendments correct an interaction without losing what it said."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import Batch, Compare, Op, Written
from connectors.native.problem import WriteProblem
from tests.connectors.native.filled import NOON, fill, native
from tests.connectors.native.logged import (
    CALL,
    LATER,
    amend,
    code,
    rows,
    write,
)


def test_an_unknown_interaction_cannot_be_amended(database_url: str) -> None:
    """Neither one that does not exist, nor one that another source holds."""

    async def run() -> None:
        async with native(database_url) as it:
            await fill(it.store, "interaction", {"source": "crm", "record_id": "first"})

            assert code(await amend(it, {"subject": "x"})) is WriteProblem.UNKNOWN_RECORD
            strange = await amend(it, {"subject": "x"}, record_id="a\0")
            assert code(strange) is WriteProblem.UNKNOWN_RECORD
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
            await write(it, "k", CALL)

            assert code(await amend(it, changes)) is WriteProblem.INVALID
            assert await it.store.fetch("SELECT FROM interaction_amendment") == []

    asyncio.run(run())


def test_an_amendment_keeps_what_was_said_before(database_url: str) -> None:
    """The record says the new, the history the old, with the reason and a version."""

    async def run() -> None:
        async with native(database_url) as it:
            await write(it, "k", CALL)

            changes = {"subject": "换货", "customer_id": UUID(int=2), "direction": None}
            first = await amend(it, changes)
            second = await amend(
                it, {"key_details": []}, idempotency_key="b", reason=None, expected_version=1
            )

            assert first == second == Written("first")
            assert await rows(it, "subject", "customer_id", "direction", "key_details") == [
                ("换货", UUID(int=2), None, [])
            ]
            assert await rows(it, "amended_at", "observed_at", "occurred_at") == [
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
            await write(it, "k", CALL)

            outcomes = [await amend(it, {"subject": "x"}, expected_version=0) for _ in range(2)]
            other = await amend(it, {"subject": "y"}, expected_version=0)

            assert outcomes == [Written("first")] * 2
            assert code(other) is WriteProblem.KEY_REUSED
            assert len(await it.store.fetch("SELECT FROM interaction_amendment")) == 1

    asyncio.run(run())


def test_of_many_amendments_of_one_version_one_succeeds(database_url: str) -> None:
    """The others learn that they saw an old version, and their keys stay free."""

    async def run() -> None:
        async with native(database_url) as it:
            await write(it, "k", CALL)

            outcomes = await asyncio.gather(
                *(
                    amend(it, {"subject": key}, idempotency_key=key, expected_version=0)
                    for key in "abcdefgh"
                )
            )

            losers = [each for each in outcomes if each.problem]
            assert {code(each) for each in losers} == {WriteProblem.VERSION_CONFLICT}
            assert len(losers) == 7
            assert len(await it.store.fetch("SELECT FROM logged_interaction")) == 2

    asyncio.run(run())


def test_amendments_at_the_same_time_all_leave_their_trace(database_url: str) -> None:
    """Without an expected version each comes after the other, and nothing is lost."""

    async def run() -> None:
        async with native(database_url) as it:
            await write(it, "k", CALL)

            await asyncio.gather(
                *(amend(it, {"subject": key}, idempotency_key=key) for key in "abcdefgh")
            )

            history = await it.store.fetch("SELECT h.previous FROM interaction_amendment AS h")
            said = [each["previous"]["subject"] for each in history]
            ((last,),) = await rows(it, "subject")
            assert sorted([*said, last]) == sorted(["退货", *"abcdefgh"])

    asyncio.run(run())


def test_amended_interactions_are_found_by_what_they_say_now(database_url: str) -> None:
    """Filters see the amended value only."""

    async def run() -> None:
        async with native(database_url) as it:
            await write(it, "k", CALL)
            await amend(it, {"subject": "new"})

            for subject, count in (("new", 1), ("退货", 0)):
                where = Compare("subject", Op.EQ, subject)
                answer = await it.connector.fetch(
                    Batch(entity="interaction", fields=("record_id",), where=where)
                )
                assert len(answer.rows[()]) == count

    asyncio.run(run())
