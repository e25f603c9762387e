"""One pull of one entity of one source: every page is stored together with the place it leads to.

Whatever stops the process, the next pass goes on from the last page that was stored: nothing is
lost, and since rows are written by their key, nothing is doubled.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from connectors import sync_statement as sql
from connectors.contract import Capability, ChangePage, Connector, Skipped, SourceError, Unavailable
from connectors.native.index import Index
from connectors.sync_mark import Mark, begin
from connectors.sync_page import Page, sorted_page
from domain.catalogue import ENTITIES

_CUSTOMERS = "customer_record"
_VALUE_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
_REASON_LENGTH = 300

Record = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pass has come: records and skipped ones so far; `total` where it is known."""

    source: str
    entity: str
    record_count: int = 0
    skipped_count: int = 0
    total: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all passes share.

    The index, the clock, how often to look for what is gone, and whom to tell about progress.
    """

    index: Index
    now: Callable[[], datetime]
    sweep_every: timedelta
    report: Callable[[Progress], None]


class Pass:
    """A pass over one entity, on a connection of its own. `progress` tells how far it is."""

    def __init__(
        self, connection: asyncpg.Connection, connector: Connector, entity: str, setting: Setting
    ) -> None:
        self._connection = connection
        self._connector = connector
        self._entity = ENTITIES[entity]
        self._setting = setting
        self._key = (connector.name, entity)
        self._has_page = False
        self.progress = Progress(source=connector.name, entity=entity)

    @property
    def _capability(self) -> Capability:
        return self._connector.capabilities[self._entity.name]

    async def run(self) -> None:
        """Pull to the end. Raises `SourceError` where the source or the store fails."""
        mark = await self._begin()
        async for page in self._connector.scan(self._entity.name, since=mark.scan):
            mark = await self._store(page, mark)
        await self._finish(mark)

    async def fail(self, error: SourceError) -> None:
        """Remember what stopped the pass.

        A source that is merely away is asked on from the same place. One that refuses a place
        that it gave itself, as they do when it has grown old, is read from its beginning.
        """
        await self._connection.execute(sql.FAIL, *self._key, error.message)
        if not self._has_page and not isinstance(error, Unavailable):
            await self._connection.execute(sql.FORGET_CURSOR, *self._key)

    async def _begin(self) -> Mark:
        row = await self._connection.fetchrow(sql.STATE, *self._key)
        last = Mark.read(row["cursor"], row["started_at"]) if row else None
        setting = self._setting
        mark = begin(last, self._capability, now=setting.now(), sweep_every=setting.sweep_every)
        await self._save(mark)
        return mark

    async def _save(self, mark: Mark) -> None:
        await self._connection.execute(sql.SAVE_STATE, *self._key, mark.json(), mark.started_at)

    async def _store(self, page: ChangePage, mark: Mark) -> Mark:
        # A clock that is behind the one that began the pass must not make records look unseen.
        observed_at = max(self._setting.now(), mark.started_at)
        found = sorted_page(
            page,
            self._entity,
            self._capability,
            source=self._connector.name,
            observed_at=observed_at,
        )
        async with self._connection.transaction():
            unfit = await self._write(found)
            skipped = [*found.skipped, *unfit]
            nameless_count = mark.nameless_count + sum(not each.record_id for each in skipped)
            await self._note(found, skipped, mark.nameless_count, observed_at)
            mark = dataclasses.replace(mark, scan=page.cursor, nameless_count=nameless_count)
            await self._save(mark)
        self._has_page = True
        self._advance(len(found.records) - len(unfit), len(skipped), page.total)
        return mark

    async def _write(self, page: Page) -> list[Skipped]:
        """Write what can be read and remove what is gone; says what the store cannot hold."""
        if self._entity.name == _CUSTOMERS:
            skipped = await self._write_parts(list(page.records.values()), self._index)
            gone = [(self._connector.name, each) for each in page.deleted]
            if gone:
                await self._setting.index.apply(self._connection, [], deleted=gone)
            return skipped
        await self._connection.execute(sql.LOCK_SHARED)
        if page.deleted:
            statement = sql.DELETE[self._entity.name]
            await self._connection.execute(statement, self._connector.name, page.deleted)
        return await self._write_parts(list(page.records.values()), self._upsert)

    async def _upsert(self, records: Sequence[Record]) -> None:
        await self._connection.execute(sql.UPSERT[self._entity.name], records)

    async def _index(self, records: Sequence[Record]) -> None:
        index = self._setting.index
        await index.apply(self._connection, [index.record(each) for each in records])

    async def _write_parts(
        self, records: Sequence[Record], write: Callable[[Sequence[Record]], Awaitable[None]]
    ) -> list[Skipped]:
        """Write records all at once; where one cannot be stored, halve until it stands alone."""
        if not records:
            return []
        try:
            async with self._connection.transaction():
                await write(records)
        except (*_VALUE_ERRORS, ValueError, TypeError) as error:
            if len(records) == 1:
                return [Skipped(records[0]["record_id"], _reason(error))]
            half = len(records) // 2
            return [
                *await self._write_parts(records[:half], write),
                *await self._write_parts(records[half:], write),
            ]
        return []

    async def _note(
        self, page: Page, skipped: Sequence[Skipped], nameless_before: int, seen_at: datetime
    ) -> None:
        """Keep a problem for each record that was skipped, until that record is read or gone."""
        reasons: dict[str, str] = {}
        for each in skipped:
            nameless_before += not each.record_id
            reasons[_storable(each.record_id or f"?{nameless_before}")] = _storable(each.reason)
        solved = [each for each in (*page.records, *page.deleted) if each not in reasons]
        await self._connection.execute(sql.FORGET_PROBLEMS, *self._key, solved)
        columns = list(reasons), list(reasons.values())
        await self._connection.execute(sql.ADD_PROBLEMS, *self._key, *columns, seen_at)

    async def _finish(self, mark: Mark) -> None:
        connection, key = self._connection, self._key
        async with connection.transaction():
            if mark.is_full:
                await connection.execute(sql.FORGET_OLD_PROBLEMS, *key, mark.started_at)
                await self._sweep(mark)
            is_index = self._entity.name == _CUSTOMERS
            statement = sql.COUNT_CUSTOMERS if is_index else sql.COUNT[self._entity.name]
            count = await connection.fetchval(statement, self._connector.name)
            finished_at = max(self._setting.now(), mark.started_at)
            await connection.execute(sql.FINISH, *key, mark.finished().json(), finished_at, count)

    async def _sweep(self, mark: Mark) -> None:
        """Remove what the whole pass has not seen, unless some of what it saw had no name."""
        name = self._connector.name
        if mark.nameless_count:
            return
        if self._entity.name != _CUSTOMERS:
            statement = sql.DELETE_UNSEEN[self._entity.name]
            await self._connection.execute(statement, name, mark.started_at)
            return
        rows = await self._connection.fetch(sql.UNSEEN_CUSTOMERS, name, mark.started_at)
        gone = [(name, row["record_id"]) for row in rows]
        if gone:
            await self._setting.index.apply(self._connection, [], deleted=gone)

    def _advance(self, record_count: int, skipped_count: int, total: int | None) -> None:
        self.progress = dataclasses.replace(
            self.progress,
            record_count=self.progress.record_count + record_count,
            skipped_count=self.progress.skipped_count + skipped_count,
            total=total if total is not None else self.progress.total,
        )
        self._setting.report(self.progress)


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0][:_REASON_LENGTH]
    return f"The record cannot be stored: {text}"


def _storable(text: str) -> str:
    """A text that may quote what cannot be stored, made fit for the store."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
