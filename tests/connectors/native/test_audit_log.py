"""The audit in the store: durable, chained, and provably whole or broken, with the first place."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from connectors.contract import Unavailable
from connectors.native.audit_log import AuditLog, Head
from connectors.native.audit_proof import Findings, proven
from connectors.native.audit_trail import AuditTrail
from connectors.native.store import Store
from domain.audit import Entry

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ADA, BOB = UUID(int=1), UUID(int=2)
CHAINS = [UUID(int=each) for each in range(100, 110)]
KEY = b"k" * 32


def entry(number: int, *customers: UUID) -> Entry:
    """An entry, one second after the one before."""
    at = START + timedelta(seconds=number)
    said: Mapping[str, object] = {
        "viewer": "小红",
        "role": "agent",
        "purpose": None,
        "operation": f"Q{number}",
        "client": None,
        "request_id": f"r-{number}",
        "fields": ["customer.name"],
        "masked": [],
    }
    body = {"at": at.isoformat(timespec="microseconds"), "kind": "READ", **said}
    return Entry(
        orjson.dumps({**body, "customers": [str(each) for each in customers]}), at, customers
    )


class Failing(AuditLog):
    """A log that fails for the n-th append."""

    fails_at = -1
    appended = 0

    async def append(self, head: Head, entries: Sequence[Entry]) -> Head:
        """Fail, or write as ever."""
        self.appended += 1
        if self.appended == self.fails_at:
            raise Unavailable("native", "gone")
        return await super().append(head, entries)


def trail_of(log: AuditLog) -> AuditTrail:
    """A trail whose chains are known."""
    chains = iter(CHAINS)
    return AuditTrail(log, new_chain=lambda: next(chains), now=lambda: START)


async def _filled(log: AuditLog) -> AuditTrail:
    trail = trail_of(log)
    for number in range(6):
        await trail.leave(entry(number, ADA, BOB))
        if number == 3:
            await trail.anchor()
    return trail


def _on(url: str, work: Callable[[Store, Failing], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await Store.open(url)
        try:
            await work(store, Failing(store, key=KEY))
        finally:
            await store.close()

    asyncio.run(run())


def _tampered(url: str, *statements: str, known: Sequence[str] = ()) -> Findings:
    found: list[Findings] = []

    async def work(store: Store, log: Failing) -> None:
        await _filled(log)
        for each in statements:
            await store.fetch(each)
        found.append(await proven(log, known=known))

    _on(url, work)
    return found[0]


CHAIN = "chain 00000000-0000-0000-0000-000000000064"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE audit_entry SET body = replace(body, '小红', '李雷') WHERE number = 2",
            f"{CHAIN}, record 2: it, or its hash, was changed",
        ),
        (
            "UPDATE audit_entry SET at = at + interval '1 day' WHERE number = 2",
            f"{CHAIN}, record 2: its time was changed",
        ),
        ("DELETE FROM audit_entry WHERE number = 2", f"{CHAIN}, record 2: it is missing"),
        ("DELETE FROM audit_entry WHERE number = 0", f"{CHAIN}, record 0: it is missing"),
        (
            "DELETE FROM audit_entry WHERE number >= 3",
            f"{CHAIN}, record 3: it is missing, and so are those up to 3",
        ),
        ("DELETE FROM audit_entry", f"{CHAIN}, record 0: it is missing, and so are those up to 3"),
        (
            (
                "INSERT INTO audit_entry SELECT chain, 6, at, hash, body FROM audit_entry"
                " WHERE number = 5"
            ),
            f"{CHAIN}, record 6: it, or its hash, was changed",
        ),
        (
            (
                "INSERT INTO audit_entry SELECT chain, -1, at, hash, body FROM audit_entry"
                " WHERE number = 5"
            ),
            f"{CHAIN}, record 0: it was put in",
        ),
        (
            (
                "UPDATE audit_entry AS a SET body = b.body, at = b.at FROM audit_entry AS b"
                " WHERE (a.number, b.number) IN ((1, 2), (2, 1))"
            ),
            f"{CHAIN}, record 1: it, or its hash, was changed",
        ),
        (
            (
                "INSERT INTO audit_entry SELECT '00000000-0000-0000-0000-000000000001', 0, at,"
                " hash, body FROM audit_entry WHERE number = 0"
            ),
            (
                "chain 00000000-0000-0000-0000-000000000001, record 0: no anchor knows this chain;"
                " it was put in"
            ),
        ),
        (
            "UPDATE audit_anchor SET body = replace(body, '3', '2') WHERE number = 1",
            "anchor 1: it was changed",
        ),
        ("DELETE FROM audit_anchor WHERE number = 0", "anchor 0: it is missing; the next is 1"),
        (
            "UPDATE audit_anchor SET signature = hash",
            "anchor 0: it is not signed with the key of this configuration",
        ),
        (
            "UPDATE access_record SET viewer = '李雷' WHERE id LIKE '%-000000000004-000001'",
            (
                f"{CHAIN}, record 4: the access record 00000000000000000000000000000064"
                "-000000000004-000001 was changed"
            ),
        ),
        (
            "DELETE FROM access_record WHERE id LIKE '%-000000000004-000001'",
            f"{CHAIN}, record 4: 1 of 2 access records are there",
        ),
    ],
)
def test_whatever_is_done_to_records_is_found_with_its_first_place(
    database_url: str, statement: str, problem: str
) -> None:
    """Changed, removed, put in, moved or cut off, in the chain, the anchors or the index."""
    findings = _tampered(database_url, statement)

    assert findings.problems[:1] == [problem]


def test_a_chain_that_is_rewritten_with_all_its_hashes_does_not_fit_its_anchors(
    database_url: str,
) -> None:
    """Who may write to the database can make hashes, but not the signature of an anchor."""
    rewritten = """
    WITH RECURSIVE forged AS (
      SELECT number, replace(body, '小红', '李雷') AS body,
        sha256(decode(repeat('00', 32), 'hex') || uuid_send(chain) || int8send(number)
          || convert_to(replace(body, '小红', '李雷'), 'UTF8')) AS hash
      FROM audit_entry WHERE number = 0
      UNION ALL
      SELECT e.number, replace(e.body, '小红', '李雷'),
        sha256(f.hash || uuid_send(e.chain) || int8send(e.number)
          || convert_to(replace(e.body, '小红', '李雷'), 'UTF8'))
      FROM forged AS f JOIN audit_entry AS e ON e.number = f.number + 1
    )
    UPDATE audit_entry AS e SET body = f.body, hash = f.hash FROM forged AS f
    WHERE f.number = e.number
    """
    index = "UPDATE access_record SET viewer = '李雷'"

    findings = _tampered(database_url, rewritten, index)

    assert findings.problems == [f"{CHAIN}, record 3: it is not the one that was anchored"]


def test_who_kept_an_anchor_of_the_log_sees_that_the_end_was_cut_off(database_url: str) -> None:
    """With all that follows, anchors too: nothing in the database could tell."""
    kept: list[str] = []

    async def work(store: Store, log: Failing) -> None:
        await _filled(log)
        kept.append((await log.anchors())[1].hash.hex())
        await store.fetch("DELETE FROM audit_anchor WHERE number = 1")
        await store.fetch("DELETE FROM audit_entry")
        await store.fetch("DELETE FROM access_record")
        assert (await proven(log)).problems == []
        findings = await proven(log, known=kept)
        assert findings.problems == [f"anchor {kept[0]}: it is gone"]

    _on(database_url, work)


def test_what_nobody_touched_is_whole(database_url: str) -> None:
    """Every record is looked at, also those that no anchor follows yet."""
    findings = _tampered(database_url)

    assert findings.problems == []
    assert findings.summary == "6 records in 1 chains, 2 anchors: whole."


def test_what_is_too_old_goes_and_the_rest_is_still_proven(database_url: str) -> None:
    """A signed anchor says up to where records were removed; what goes later is missed."""

    async def work(store: Store, log: Failing) -> None:
        await _filled(log)
        assert await log.remove_before(START + timedelta(seconds=2), now=START) == 2
        assert (await proven(log)).summary == "4 records in 1 chains, 3 anchors: whole."
        (count,) = await store.fetch("SELECT count(*) AS n FROM access_record")
        assert count["n"] == 8
        await store.fetch("DELETE FROM audit_entry WHERE number = 2")
        assert (await proven(log)).problems == [f"{CHAIN}, record 2: it is missing"]
        assert await log.remove_before(START + timedelta(days=1), now=START) == 3
        assert await log.remove_before(START + timedelta(days=1), now=START) == 0
        assert (await proven(log)).problems == []

    _on(database_url, work)


def test_entries_that_come_together_are_written_together(database_url: str) -> None:
    """A thousand requests at once wait for a handful of statements, and all are on disk."""

    async def work(_store: Store, log: Failing) -> None:
        trail = trail_of(log)
        await asyncio.gather(*(trail.leave(entry(number, ADA)) for number in range(1000)))
        assert log.appended == 2
        assert (await proven(log)).entries == 1000

    _on(database_url, work)


def test_a_failure_is_told_to_all_who_waited_and_a_new_chain_begins(database_url: str) -> None:
    """Nobody knows what of the old one was written; what was acknowledged is there."""

    async def work(_store: Store, log: Failing) -> None:
        trail = trail_of(log)
        await trail.leave(entry(0, ADA))
        log.fails_at = 2
        with pytest.raises(Unavailable):
            await trail.leave(entry(1, ADA))
        await trail.leave(entry(2, ADA))
        await trail.close()
        findings = await proven(log)
        assert findings.summary == "2 records in 2 chains, 4 anchors: whole."

    _on(database_url, work)


def test_who_leaves_before_the_entry_is_written_leaves_it_all_the_same(database_url: str) -> None:
    """A client that hangs up has perhaps not been answered, but its data was read."""

    async def work(_store: Store, log: Failing) -> None:
        trail = trail_of(log)
        waiting = asyncio.create_task(trail.leave(entry(0, ADA)))
        await asyncio.sleep(0)
        waiting.cancel()
        await trail.leave(entry(1, ADA))
        assert (await proven(log)).entries == 2

    _on(database_url, work)
