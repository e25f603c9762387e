"""Interactions that the tests log and amend, and how they do it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from connectors.contract import Batch, Written
from connectors.native.problem import WriteProblem
from domain.channel import Channel
from tests.connectors.native.filled import NOON, Native

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


async def rows(it: Native, *fields: str) -> Sequence[Sequence[object]]:
    """All interactions that are in the store."""
    answer = await it.connector.fetch(Batch(entity="interaction", fields=fields))
    return answer.rows[()]


async def write(it: Native, key: str, *records: Mapping[str, Any]) -> Sequence[Written]:
    """Log interactions."""
    return await it.connector.write("interaction", records, idempotency_key=key)


async def amend(it: Native, changes: Mapping[str, Any], **further: Any) -> Written:
    """Amend the interaction `first`."""
    given: dict[str, Any] = {
        "record_id": "first",
        "reason": "typo",
        "idempotency_key": "a",
        "amended_at": LATER,
    }
    given |= further
    return await it.connector.amend(given.pop("record_id"), changes, **given)


async def until_somebody_waits(it: Native) -> None:
    """Wait until a statement waits for a lock."""
    waiting = (
        "SELECT FROM pg_stat_activity AS a"
        " WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'"
    )
    while True:
        if await it.store.fetch(waiting):
            return
        await asyncio.sleep(0)


def code(written: Written) -> WriteProblem:
    """Why it was not written."""
    assert written.record_id is None
    assert written.problem is not None
    return WriteProblem.of(written.problem)
