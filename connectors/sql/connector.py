"""The connector for SQL databases: batched SELECT statements, nothing written."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Environment,
    Finding,
    Key,
    Row,
    Skipped,
)
from connectors.errors import Misconfigured
from connectors.sql import check, discover, scan
from connectors.sql.column import Unpushable
from connectors.sql.engine import opened
from connectors.sql.entity import capability, fitted, nearest, translations
from connectors.sql.errand import Errands
from connectors.sql.failure import sorted_failures
from connectors.sql.local import evaluated
from connectors.sql.options import SqlEntity, SqlOptions
from connectors.sql.push import Push
from connectors.sql.statement import Select, part, whole
from connectors.sql.table import NoSuchTable, described
from domain.filter import fields_of

Raw = dict[str, Any]
_WIDEN = 4


class SqlConnector:
    """A database as a source. The pool of connections is made when it is first asked."""

    def __init__(self, name: str, options: SqlOptions, environment: Environment) -> None:
        self.name = name
        self.options = options
        self.now = environment.now
        self.translations = translations(name, options)
        self.capabilities: Mapping[str, Capability] = {
            entity: capability(each, options) for entity, each in self.translations.items()
        }
        self.zone = ZoneInfo(options.time_zone)
        self._base_dir = environment.base_dir
        self._gate = environment.gate
        self._errands = Errands()
        self._engine: AsyncEngine | None = None
        self._fitted: dict[str, Push] = {}

    async def check(self) -> Sequence[Finding]:
        """Whether it can be reached and every mapping fits; what to do where not."""
        return await check.findings(self)

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The tables and views, with their columns and types."""
        with sorted_failures(self.name):
            async with self.connected() as connection:
                return await discover.discovered(connection)

    async def fetch(self, batch: Batch) -> Answer:
        """Answer with one statement, however many keys there are."""
        try:
            with sorted_failures(self.name):
                return await self._errands.run(self._asked(batch), timeout_s=batch.timeout_s)
        except Misconfigured:
            self._fitted.pop(batch.entity, None)  # the table changed: look again the next time
            raise

    def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records by key, or by the `changed` column those since the cursor."""
        return scan.pages(self, entity, since)

    async def close(self) -> None:
        """Close the pool."""
        await self._errands.close()
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    def engine(self) -> AsyncEngine:
        """The pool, made on first use. Raises `Misconfigured`."""
        if self._engine is None:
            self._engine = opened(self.name, self.options, self._base_dir)
        return self._engine

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement, or to look at a table, when the gate gives a turn."""
        engine = self.engine()
        async with self._gate.turn(self.options.timeout_s), engine.connect() as connection:
            yield connection

    async def push(self, entity: str) -> Push:
        """The entity with its table, read from the database once. Raises `Misconfigured`."""
        if entity not in self._fitted:
            translation = self.translations[entity]
            mapping = translation.mapping
            async with self.connected() as connection:
                try:
                    table = await described(connection, sql_entity(mapping), self.zone)
                except NoSuchTable as problem:
                    tables = await connection.run_sync(discover.table_names)
                    raise Misconfigured(
                        self.name,
                        f"{mapping.written_as}: there is no table '{problem}';"
                        f" {nearest(str(problem), tables)}",
                    ) from None
            self._fitted[entity] = fitted(translation, table)
        return self._fitted[entity]

    async def raws(self, push: Push, statement: Select, columns: Sequence[str]) -> list[Raw]:
        """The records that a statement gives, by column."""
        async with self.connected() as connection:
            result = await connection.execute(statement)
            found = [dict(zip(columns, row, strict=True)) for row in result]
        for name in push.table.in_utc & set(columns):
            for raw in found:
                raw[name] = scan.in_utc(raw[name])
        return found

    async def _asked(self, batch: Batch) -> Answer:
        return await self._answer(await self.push(batch.entity), batch)

    async def _answer(self, push: Push, batch: Batch) -> Answer:
        fields = _fields(batch)
        columns = push.translation.raws(fields)
        limit = batch.limit
        calls = 0
        while True:
            try:
                statement, is_local = whole(push, batch, columns, limit=limit), False
            except Unpushable:
                statement, is_local = part(push, batch, columns), True
            raws = await self.raws(push, statement, columns)
            calls += 1
            rows, skipped = push.translation.read(raws, fields, observed_at=self.now())
            grouped = _grouped(rows, fields, batch)
            if is_local:
                grouped = _locally(push, batch, fields, grouped)
            if is_local or limit is None or not skipped or len(raws) < limit:
                return _answer(batch, grouped, skipped, calls)
            limit *= _WIDEN  # what was skipped must not make the page short


def sql_entity(mapping: Any) -> SqlEntity:
    """The mapping with its table or query."""
    if not isinstance(mapping, SqlEntity):
        raise TypeError(f"{mapping!r} is no mapping of a SQL source")
    return mapping


def _fields(batch: Batch) -> tuple[str, ...]:
    ordered = [each.field for each in batch.order]
    return tuple(
        dict.fromkeys(
            [*batch.fields, *batch.match, *ordered, *sorted(fields_of(batch.where)), "record_id"]
        )
    )


def _grouped(rows: Sequence[Row], fields: Sequence[str], batch: Batch) -> dict[Key, list[Row]]:
    if not batch.match:
        return {(): list(rows)}
    place = fields.index(batch.match[0])
    wanted = set(batch.keys)
    found: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if (row[place],) in wanted:
            found[row[place],].append(row)
    return found


def _locally(
    push: Push, batch: Batch, fields: Sequence[str], grouped: Mapping[Key, Sequence[Row]]
) -> dict[Key, list[Row]]:
    positions = {name: place for place, name in enumerate(fields)}
    return {key: evaluated(rows, batch, positions, push.native) for key, rows in grouped.items()}


def _answer(
    batch: Batch, grouped: Mapping[Key, Sequence[Row]], skipped: Sequence[Skipped], calls: int
) -> Answer:
    width = len(batch.fields)
    rows = {key: [row[:width] for row in found[: batch.limit]] for key, found in grouped.items()}
    return Answer(rows, skipped=tuple(skipped), calls=calls)
