"""The customer index: which source records are one customer, and what that customer is said to be.

Records are applied a page at a time, in the caller's transaction, by a fixed number of statements.
Only customers that the page may have changed are resolved again. Writers wait for each other, so
the index is the same whatever order pages come in.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from connectors.native import index_statement as sql
from connectors.native.index_page import Page
from connectors.native.index_record import columns, incoming, is_same, record_key, stored
from domain.customer import CustomerRecord
from domain.golden import Precedence
from domain.identity import RecordKey


class Index:
    """The index in the native store.

    `precedence`: whom to believe; `region`: where phone numbers without a country code belong that
    their source did not place; `now`: the clock; `new_id`: makes ids for new customers, in rising
    order.
    """

    def __init__(
        self,
        *,
        precedence: Precedence,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        region: str | None = None,
    ) -> None:
        self._precedence = precedence
        self._now = now
        self._new_id = new_id
        self._region = region

    def record(self, values: Mapping[str, Any]) -> CustomerRecord:
        """A record out of canonical values, which name `source`, `record_id` and `observed_at`.

        Raises `ValueError` or `TypeError` where a value is not canonical.
        """
        return incoming(values, region=self._region)

    @property
    def belief(self) -> str:
        """What changes when golden values would be chosen in another way."""
        said = (self._precedence.sources, sorted(self._precedence.fields.items()))
        return hashlib.blake2b(repr(said).encode(), digest_size=8).hexdigest()

    async def reconsider(self, connection: asyncpg.Connection, *, page_size: int = 500) -> None:
        """Choose all golden values anew, a page of records in each transaction."""
        last: RecordKey = ("", "")
        while True:
            async with connection.transaction():
                await connection.execute(sql.LOCK)
                await connection.execute(sql.PLAN_AFRESH)
                rows = await connection.fetch(sql.NEXT, *last, page_size)
                records = [stored(each) for each in rows]
                if not records:
                    return
                page = Page(connection, self._precedence, self._now, self._new_id)
                await page.apply(records)
            last = record_key(records[-1])

    async def apply(
        self,
        connection: asyncpg.Connection,
        records: Sequence[CustomerRecord],
        *,
        deleted: Sequence[RecordKey] = (),
    ) -> None:
        """Index records as they are now, in the transaction that `connection` is in.

        `deleted` are records that their source no longer has: they stay, marked. Each key may
        occur once.
        """
        await connection.execute(sql.LOCK)
        await connection.execute(sql.PLAN_AFRESH)
        keys = [record_key(each) for each in records]
        rows = await connection.fetch(sql.KNOWN, *columns([*keys, *deleted], 2))
        known = {record_key(each): each for each in map(stored, rows)}
        changed = [each for each in records if _is_news(each, known.get(record_key(each)))]
        changed += [
            dataclasses.replace(known[key], is_deleted=True)
            for key in deleted
            if key in known and not known[key].is_deleted
        ]
        seen = [(*record_key(each), each.observed_at) for each in records]
        await connection.execute(sql.OBSERVE, *columns(seen, 3))
        if changed:
            await Page(connection, self._precedence, self._now, self._new_id).apply(changed)


def _is_news(record: CustomerRecord, known: CustomerRecord | None) -> bool:
    return known is None or not is_same(record, known)
