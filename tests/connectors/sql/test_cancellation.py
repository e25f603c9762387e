"""Giving up a question cancels its statement on the server."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from connectors.aspects.guarded import Guarded
from connectors.aspects.opening import Opener
from connectors.contract import Batch, OverLimit, TimedOut
from connectors.native.store import driver_url
from connectors.sql import KIND
from tests.connectors.sql.source import NOW
from tests.postgres import execute

SLOW = """
CREATE VIEW slow_ticket AS
SELECT 'a' AS id, 'x' AS subject, now() AS opened FROM pg_sleep(30) WHERE pg_sleep IS NOT NULL
"""
BATCH = Batch(entity="ticket", fields=("record_id", "subject"), timeout_s=1.0)
RUNNING = """
SELECT count(*)::int FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE '%slow_ticket%'
  AND pid <> pg_backend_pid()
"""


def _opened(url: str, folder: Path, **settings: object) -> Guarded:
    entity = {
        "table": "slow_ticket",
        "key": "id",
        "fields": {
            "subject": "subject",
            "kind": {"constant": "INQUIRY"},
            "status": {"constant": "OPEN"},
            "opened_at": "opened",
        },
    }
    options = KIND.options.model_validate(
        {"kind": "sql", "url": url, "entities": {"ticket": entity}, **settings}
    )
    return Opener(now=lambda: NOW, base_dir=folder, kinds={"sql": KIND}).open("desk", options)


async def _running(watcher: asyncpg.Connection, count: int) -> bool:
    """Whether so many statements run on the server, now or soon."""
    for _ in range(200):
        if await watcher.fetchval(RUNNING) == count:
            return True
        await asyncio.sleep(0.02)
    return False


def test_the_deadline_and_whoever_gives_up_cancel_the_statement(
    tmp_path: Path, empty_database_url: str
) -> None:
    """PostgreSQL shows no statement of ours any more, and the pool is whole."""

    async def story(url: str) -> None:
        source = _opened(url, tmp_path)
        watcher = await asyncpg.connect(driver_url(url))
        try:
            with pytest.raises(TimedOut):
                await source.fetch(BATCH)
            assert await _running(watcher, 0)

            asking = asyncio.create_task(
                source.fetch(Batch(entity="ticket", fields=("record_id",), timeout_s=20))
            )
            assert await _running(watcher, 1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await _running(watcher, 0)
        finally:
            await watcher.close()
            await source.close()

    execute(empty_database_url, SLOW)
    asyncio.run(story(empty_database_url))


def test_statements_go_through_the_gate(tmp_path: Path, empty_database_url: str) -> None:
    """With one call at a time, who waits for a turn in vain is told so."""

    async def story(url: str) -> None:
        source = _opened(url, tmp_path, limits={"concurrent": 1}, retry={"attempts": 0})
        try:
            asking = [asyncio.create_task(source.fetch(BATCH)) for _ in range(3)]
            found = await asyncio.gather(*asking, return_exceptions=True)
        finally:
            await source.close()
        assert sum(isinstance(each, OverLimit) for each in found) == 2
        assert sum(isinstance(each, TimedOut) for each in found) == 1

    execute(empty_database_url, SLOW)
    asyncio.run(story(empty_database_url))
