"""The check of a SQL source: can it be reached, does every mapping fit, can its rows be read."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Finding, Severity
from connectors.errors import SourceError
from connectors.mapping import Translation
from connectors.sql.failure import sorted_failures
from connectors.sql.push import Push
from connectors.sql.statement import Select, selected

_SAMPLE = 200


class Source(Protocol):
    """What a check needs of the connector."""

    name: str
    translations: dict[str, Translation]
    now: Callable[[], datetime]

    def connected(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for one statement."""
        ...

    async def push(self, entity: str) -> Push:
        """The entity with its table."""
        ...

    async def raws(
        self, push: Push, statement: Select, columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The records that a statement gives."""
        ...


async def findings(source: Source) -> list[Finding]:
    """What is wrong and what to do; empty where all is well."""
    try:
        with sorted_failures(source.name):
            async with source.connected() as connection:
                await connection.execute(sa.select(1))
    except SourceError as problem:
        return [Finding(Severity.ERROR, problem.message, "url")]
    return [
        finding
        for translation in source.translations.values()
        for finding in await _entity(source, translation)
    ]


async def _entity(source: Source, translation: Translation) -> list[Finding]:
    setting = f"entities.{translation.mapping.written_as}"
    try:
        with sorted_failures(source.name):
            push = await source.push(translation.entity.name)
            return [
                *await _keys(source, push, f"{setting}.key"),
                *await _sample(source, push, setting),
            ]
    except SourceError as problem:
        return [Finding(Severity.ERROR, problem.message, setting)]


async def _keys(source: Source, push: Push, setting: str) -> list[Finding]:
    columns = [each.clause for each in push.keys]
    names = ", ".join(f"'{each.name}'" for each in push.keys)
    origin = push.table.origin
    missing = (
        sa.select(sa.literal(1)).select_from(origin).where(sa.or_(*(c.is_(None) for c in columns)))
    )
    twice = (
        sa.select(sa.literal(1))
        .select_from(origin)
        .where(*(c.is_not(None) for c in columns))
        .group_by(*(each.exact for each in push.keys))
        .having(sa.func.count() > 1)
    )
    found = []
    if any(each.is_nullable for each in push.keys) and await source.raws(
        push, missing.limit(1), ("one",)
    ):
        found.append(
            Finding(
                Severity.WARNING,
                f"{names} is empty in some rows; these are skipped. Fill it in, or"
                " choose another key",
                setting,
            )
        )
    if await source.raws(push, twice.limit(1), ("one",)):
        found.append(
            Finding(
                Severity.ERROR,
                f"{names} is not unique, so records would be lost; choose a unique key"
                " (a list of columns makes one)",
                setting,
            )
        )
    return found


async def _sample(source: Source, push: Push, setting: str) -> list[Finding]:
    fields = push.translation.scan_fields
    columns = push.translation.raws(fields)
    statement = selected(push, columns).limit(_SAMPLE)
    raws = await source.raws(push, statement, columns)
    if not raws:
        return [Finding(Severity.INFO, "there are no rows", setting)]
    _, skipped = push.translation.read(raws, fields, observed_at=source.now())
    if not skipped:
        return []
    message = (
        f"{len(skipped)} of the first {len(raws)} rows cannot be read and would be skipped;"
        f" the first: {skipped[0].reason}"
    )
    return [Finding(Severity.WARNING, message, setting)]
