"""The reader: between all requests of a process and the live sources.

A key is answered from what is kept, where it is young enough; else by the call that is under way
for it; else by a new call, which takes the keys that nobody is asking for. Who waits keeps to a
deadline of its own, and leaves without taking the call from others. Failures are shared by those
who wait, and never kept.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import structlog

from connectors.aspects.account import Account, Accounts, ask
from connectors.cache.entry import Entry, Worth
from connectors.cache.flight import Flight, Flights, Landed
from connectors.cache.keeper import Keeper, Kept
from connectors.cache.shelf import Shelf, Template
from connectors.contract import Batch, Connector, Key, Row, SourceError, TimedOut, Unavailable
from connectors.health import HealthBoard, SourceStatus, status_of

log = structlog.get_logger(__name__)

Outcome: TypeAlias = Sequence[Row] | SourceError
"""What became of one key: its rows, or why they are unknown."""

_GIVEN: Final = frozenset({Worth.FRESH, Worth.AGING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One group of keys of one request, to be answered within `timeout_s`.

    `batch` is the question without keys; its own timeout is that of the source. `max_stale_s` is
    how old an answer may be by the wish of the client; 0 asks anew in any case. `account` is that
    of the request with the source.
    """

    connector: Connector
    batch: Batch
    keys: tuple[Key, ...]
    timeout_s: float
    account: Account
    max_stale_s: float | None = None


class Reader:
    """Answers questions to live sources for all requests of a process.

    Without a keeper nothing is kept, and equal questions share calls all the same.
    """

    def __init__(self, board: HealthBoard, *, keeper: Keeper | None = None) -> None:
        self.board = board
        self._keeper = keeper or Keeper({}, shelf=Shelf(0), now_s=time.time)
        self._flights = Flights()
        self._running: set[asyncio.Task[Landed]] = set()

    @property
    def keeper(self) -> Keeper:
        """What keeps answers."""
        return self._keeper

    async def read(self, reading: Reading) -> list[Outcome]:
        """What became of each key, in their order. Failures are values."""
        # The time is not a part of what answers depend on.
        template = reading.connector.name, replace(reading.batch, keys=(), timeout_s=0)
        found = self._from_memory(reading, template)
        missing = [key for key in reading.keys if key not in found]
        if missing:
            found.update(await self._asked(reading, template, missing))
        outcomes = [found[key] for key in reading.keys]
        _enter(outcomes, reading.account)
        self._count(reading, len(reading.keys) - len(missing))
        return outcomes

    def _count(self, reading: Reading, kept_count: int) -> None:
        """Enter in the tallies what was answered from memory."""
        source, entity = reading.connector.name, reading.batch.entity
        if self._keeper.keeps(source, entity):
            tally = self.board.tallies.of(source, entity)
            tally.kept_count += kept_count
            tally.not_kept_count += len(reading.keys) - kept_count

    def forget(self, source: str, entity: str, *, customer_ref: object = None) -> None:
        """Drop what was answered about an entity of a source, or about one customer in it.

        What is under way is not kept either. Other processes are not told.
        """
        self._flights.outdate(source, entity, customer_ref=customer_ref)
        self._keeper.forget(source, entity, customer_ref=customer_ref)

    def forget_all(self) -> None:
        """Drop everything that is kept in this process."""
        self._flights.outdate_all()
        self._keeper.forget_all()

    async def close(self) -> None:
        """End what is under way, and give back what is held."""
        for each in self._running:
            each.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._keeper.close()

    def _from_memory(self, reading: Reading, template: Template) -> dict[Key, Outcome]:
        found: dict[Key, Outcome] = {}
        aging: list[Key] = []
        kept = self._keeper.look(template, reading.keys, max_stale_s=reading.max_stale_s)
        for key, each in kept.items():
            if each.worth in _GIVEN:
                found[key] = _given(each, reading.account)
                if each.worth is Worth.AGING:
                    aging.append(key)
        if aging:
            self._refresh(reading.connector, reading.batch, template, aging)
        return found

    async def _asked(
        self, reading: Reading, template: Template, keys: Sequence[Key]
    ) -> Mapping[Key, Outcome]:
        """The answers of the source; kept ones in place of those that it cannot give now."""
        started = time.perf_counter()
        found, short = await self._flown(reading, template, keys)
        left_s = reading.timeout_s - (time.perf_counter() - started)
        if short and left_s > reading.timeout_s / 2:
            # Who joined a call that was nearly over had too little of the time that is its own.
            again, _ = await self._flown(replace(reading, timeout_s=left_s), template, short)
            found.update(again)
        account = reading.account
        account.elapsed_ms = max(account.elapsed_ms, (time.perf_counter() - started) * 1000)
        lost = [key for key, each in found.items() if isinstance(each, Unavailable)]
        spares = self._keeper.look(template, lost, max_stale_s=reading.max_stale_s)
        for key, kept in spares.items():
            found[key] = _given(replace(kept, worth=Worth.SPARE), account)
        return found

    async def _flown(
        self, reading: Reading, template: Template, keys: Sequence[Key]
    ) -> tuple[dict[Key, Outcome], list[Key]]:
        """The outcomes of flights, and the keys whose flight ended too soon for this reading."""
        course = template, reading.max_stale_s
        flights = {} if reading.max_stale_s == 0 else self._flights.of(course, keys)
        own = tuple(key for key in keys if key not in flights)
        mine: Flight | None = None
        if own:
            batch = replace(reading.batch, timeout_s=reading.timeout_s)
            mine = self._start(reading.connector, batch, Flight(course, own))
            flights |= dict.fromkeys(own, mine)
        await self._flights.wait(dict.fromkeys(flights.values()), timeout_s=reading.timeout_s)
        if mine is not None:
            reading.account.call_count += mine.account.call_count
        found = {key: self._outcome(reading, flights[key], key) for key in keys}
        joined = [key for key in keys if flights[key] is not mine and flights[key].is_over]
        return found, [key for key in joined if isinstance(found[key], TimedOut)]

    def _outcome(self, reading: Reading, flight: Flight, key: Key) -> Outcome:
        """What a flight brought for a key."""
        if flight.task is None or not flight.is_over:
            return self._too_late(reading)
        if flight.task.cancelled():
            return Unavailable(reading.connector.name, "the gateway stopped asking")
        found = flight.task.result()[key]
        if isinstance(found, SourceError):
            return found
        if isinstance(found, Kept):
            return _given(found, reading.account)
        if found.is_partial:
            reading.account.troubles.add(SourceStatus.PARTIAL)
        return found.rows

    def _too_late(self, reading: Reading) -> SourceError:
        entity = reading.batch.entity
        error = TimedOut(
            reading.connector.name,
            f"no answer within the {reading.timeout_s:g} s that a request had left for a question"
            f" about {entity}",
        )
        return self.board.failures.failed(error, entity=entity)

    def _refresh(
        self, connector: Connector, batch: Batch, template: Template, keys: Sequence[Key]
    ) -> None:
        """Ask anew for what nobody is asking for, while its kept answers are given."""
        course = template, None
        under_way = self._flights.of(course, keys)
        own = tuple(key for key in keys if key not in under_way)
        if own:
            self._start(connector, batch, Flight(course, own, is_refresh=True))

    def _start(self, connector: Connector, batch: Batch, flight: Flight) -> Flight:
        """Have a flight take off, for as long as the batch allows."""
        if flight.course[1] != 0:
            self._flights.add(flight)
        task = asyncio.create_task(self._fly(connector, batch, flight))
        flight.task = task
        self._running.add(task)

        def land(landed: asyncio.Task[Landed]) -> None:
            self._running.discard(landed)
            self._flights.remove(flight)
            if not landed.cancelled() and landed.exception() is not None:
                log.error("reading_failed", source=connector.name, exc_info=landed.exception())

        task.add_done_callback(land)
        return flight

    async def _fly(self, connector: Connector, batch: Batch, flight: Flight) -> Landed:
        template, max_stale_s = flight.course
        lease = await self._keeper.recall(template, flight.keys)
        landed: dict[Key, Entry | Kept | SourceError] = {}
        if lease is not None and not flight.is_refresh:
            kept = self._keeper.look(template, lease.entries, max_stale_s=max_stale_s)
            landed.update({key: each for key, each in kept.items() if each.worth in _GIVEN})
            aging = [key for key, each in kept.items() if each.worth is Worth.AGING]
            self._refresh(connector, batch, template, aging)
        keys = tuple(key for key in flight.keys if key not in landed)
        if keys:
            fresh = await self._fetch(connector, replace(batch, keys=keys), flight)
            landed.update(fresh)
            if not flight.is_outdated:
                entries = {key: each for key, each in fresh.items() if isinstance(each, Entry)}
                self._keeper.keep(template, entries, lease)
        return landed

    async def _fetch(
        self, connector: Connector, batch: Batch, flight: Flight
    ) -> Mapping[Key, Entry | SourceError]:
        asked_at = self._keeper.now_s()
        accounts = Accounts()
        accounts.by_source[connector.name] = flight.account
        keys = batch.keys
        asked = batch if batch.match else replace(batch, keys=())
        try:
            answer = await ask(connector, asked, accounts=accounts, board=self.board)
        except SourceError as exc:
            return dict.fromkeys(keys, exc)
        is_partial = bool(answer.skipped)
        failures = answer.failures
        return {
            key: failures[key]
            if key in failures
            else Entry(tuple(answer.rows.get(key, ())), asked_at, is_partial)
            for key in keys
        }


def _given(kept: Kept, account: Account) -> Sequence[Row]:
    """The rows of a kept answer, entered in the account of the request."""
    account.kept_count += 1
    account.age_s = max(kept.age_s, account.age_s or 0.0)
    if kept.worth is not Worth.FRESH:
        account.troubles.add(SourceStatus.STALE)
    if kept.entry.is_partial:
        account.troubles.add(SourceStatus.PARTIAL)
    return kept.entry.rows


def _enter(outcomes: Sequence[Outcome], account: Account) -> None:
    for each in outcomes:
        if isinstance(each, SourceError):
            account.troubles.add(status_of(each))
        else:
            account.has_answered = True
            account.row_count += len(each)
