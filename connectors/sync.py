"""Pulling sources into the store: customers into the index, synced entities into their tables."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import asyncpg
import structlog

from connectors import sync_statement as sql
from connectors.contract import Batch, Connector, Malformed, SourceError, Unavailable
from connectors.native.index import Index
from connectors.native.store import SOURCE, Store
from connectors.sync_pass import Pass, Progress, Setting

log = structlog.get_logger(__name__)

_CUSTOMERS = "customer_record"
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 60.0
_PARALLEL_SOURCES = 4


Changed: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Is told that a pull of a source brought records of an entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What became of one entity: how many records came and were skipped, and what stopped it."""

    source: str
    entity: str
    record_count: int
    skipped_count: int
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What became of a source. `is_busy`: another process is pulling it, so nothing was done."""

    source: str
    entities: tuple[Pulled, ...] = ()
    is_busy: bool = False
    retry_after_s: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing went wrong; records that were skipped do not count."""
        return all(each.problem is None for each in self.entities)


class Sync:
    """Pulls sources into the store.

    `connectors`: the sources by name; `synced`: for each source the entities to pull besides
    customers; `index`: where customers go; `now`: the clock. A source that tells changes but no
    deletions is read as a whole every `sweep_every`. `report` is told about progress after each
    page, `changed` about each entity of a source of which records came. `sleep` waits between
    pulls.
    """

    def __init__(
        self,
        store: Store,
        connectors: Mapping[str, Connector],
        *,
        synced: Mapping[str, frozenset[str]],
        index: Index,
        now: Callable[[], datetime],
        sweep_every: timedelta = timedelta(days=1),
        report: Callable[[Progress], None] = lambda _: None,
        changed: Changed | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._synced = synced
        self._index = index
        self._changed = changed
        self._sleep = sleep
        self._setting = Setting(index=index, now=now, sweep_every=sweep_every, report=report)

    async def sync_source(self, name: str) -> SyncResult:
        """Pull one source: customers first, so that everything else finds its customer.

        A failure of the source is in the result and in the store; a failure of the store raises
        `SourceError`.
        """
        async with self._store.connection() as connection, _turn(connection, name) as is_mine:
            if not is_mine:
                return SyncResult(source=name, is_busy=True)
            await self._follow_precedence(connection)
            result = await self._pull(connection, self._connectors[name])
        if self._changed is not None:
            for each in result.entities:
                if each.record_count:
                    await self._changed(name, each.entity)
        return result

    async def forget(self, name: str) -> None:
        """Let the next pull of a source start at its beginning. Nothing is removed."""
        async with self._store.connection() as connection:
            await connection.execute(sql.FORGET_CURSORS, name)

    async def adopt(self, source: str, record_id: str) -> bool:
        """Fetch one customer record live and index it; says whether the source has it.

        Raises `SourceError` where the source or the store fails.
        """
        connector = self._connectors.get(source)
        capability = connector.capabilities.get(_CUSTOMERS) if connector else None
        if connector is None or capability is None or ("record_id",) not in capability.matches:
            return False
        fields = ("record_id", "observed_at", *sorted(capability.fields - {"source"}))
        keys = ((record_id,),)
        answer = await connector.fetch(
            Batch(entity=_CUSTOMERS, fields=fields, match=("record_id",), keys=keys)
        )
        for failure in answer.failures.values():
            raise failure
        rows = answer.rows.get((record_id,), ())
        for row in rows[:1]:
            values = {**dict(zip(fields, row, strict=True)), "source": source}
            await self._adopt(values | {"observed_at": self._setting.now()})
        return bool(rows)

    async def run_forever(self, every_s: Mapping[str, float]) -> None:
        """Pull every source that is named, now and again so many seconds after each pull.

        Ends only when it is cancelled. A source that fails is tried again ever more rarely.
        """
        turns = asyncio.Semaphore(_PARALLEL_SOURCES)
        async with asyncio.TaskGroup() as group:
            for name, pause_s in every_s.items():
                group.create_task(self._keep(name, pause_s, turns))

    async def _keep(self, name: str, every_s: float, turns: asyncio.Semaphore) -> None:
        failure_count = 0
        while True:
            async with turns:
                result = await self._attempt(name)
            failure_count = 0 if result and result.is_complete else failure_count + 1
            pause_s = every_s if failure_count == 0 else backoff_s(failure_count, every_s)
            await self._sleep(max(pause_s, (result and result.retry_after_s) or 0))

    async def _attempt(self, name: str) -> SyncResult | None:
        try:
            return await self.sync_source(name)
        except SourceError as error:
            log.warning("sync.store_failed", source=name, problem=error.message)
        except Exception:
            # A defect that one source meets must not end the pulls of the others.
            log.exception("sync.failed", source=name)
        return None

    async def _follow_precedence(self, connection: asyncpg.Connection) -> None:
        """Choose golden values anew where the store holds those of another precedence."""
        before = await connection.fetchval(sql.BELIEF, SOURCE)
        if before == self._index.belief:
            return
        async with _turn(connection, SOURCE) as is_mine:
            if not is_mine:
                return
            if before is not None:
                log.info("sync.precedence_changed")
                await self._index.reconsider(connection)
            held = {"belief": self._index.belief}
            await connection.execute(sql.REMEMBER_BELIEF, SOURCE, held, self._setting.now())

    async def _pull(self, connection: asyncpg.Connection, connector: Connector) -> SyncResult:
        pulled: list[Pulled] = []
        for entity in self._entities(connector):
            done = Pass(connection, connector, entity, self._setting)
            error = await self._run(done)
            pulled.append(
                Pulled(
                    source=connector.name,
                    entity=entity,
                    record_count=done.progress.record_count,
                    skipped_count=done.progress.skipped_count,
                    problem=error.message if error else None,
                )
            )
            if isinstance(error, Unavailable):
                # It will not answer the next question either.
                return _result(connector, pulled, error)
        return _result(connector, pulled, None)

    def _entities(self, connector: Connector) -> Sequence[str]:
        able = {name for name, each in connector.capabilities.items() if each.can_scan}
        others = self._synced.get(connector.name, frozenset()) - {_CUSTOMERS}
        return [*({_CUSTOMERS} & able), *sorted(others & able)]

    async def _run(self, done: Pass) -> SourceError | None:
        try:
            await done.run()
        except SourceError as error:
            if error.source == SOURCE:
                raise
            await done.fail(error)
            log.warning("sync.source_failed", source=error.source, problem=error.message)
            return error
        return None

    async def _adopt(self, values: Mapping[str, object]) -> None:
        try:
            record = self._index.record(values)
            async with self._store.transaction() as connection:
                await self._index.apply(connection, [record])
        except (asyncpg.DataError, ValueError, TypeError) as error:
            raise Malformed(
                str(values["source"]), f"The record {values['record_id']} cannot be stored: {error}"
            ) from error


def backoff_s(failure_count: int, every_s: float) -> float:
    """How long to wait after so many failures: twice as long each time, up to a limit."""
    longest = max(every_s, _LONGEST_PAUSE_S)
    return min(_FIRST_PAUSE_S * 2.0 ** min(failure_count - 1, 30), longest)


def _result(
    connector: Connector, pulled: Sequence[Pulled], error: SourceError | None
) -> SyncResult:
    retry_after_s = error.retry_after_s if error else None
    return SyncResult(source=connector.name, entities=tuple(pulled), retry_after_s=retry_after_s)


@asynccontextmanager
async def _turn(connection: asyncpg.Connection, name: str) -> AsyncIterator[bool]:
    """Whether it is this process's turn to pull a source; the turn ends with the block."""
    is_mine: bool = await connection.fetchval(sql.TRY_LOCK, name)
    try:
        yield is_mine
    finally:
        # A connection that died gave the lock back by itself.
        if is_mine and not connection.is_closed():
            await connection.fetchval(sql.UNLOCK, name)
