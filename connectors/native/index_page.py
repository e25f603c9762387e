"""A page of changed records on its way into the customer index, a step at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from connectors.native import index_statement as sql
from connectors.native.index_record import columns, plain_uuid, record_key, stored
from domain.customer import CustomerKind, CustomerRecord
from domain.golden import Precedence, golden
from domain.identity import (
    Identifier,
    IdentifierType,
    Member,
    RecordKey,
    Resolution,
    identifiers,
    resolve,
)

_WORDS = {IdentifierType.EMAIL: "e-mail address", IdentifierType.PHONE: "phone number"}


class Page:
    """Some changed records on their way into the index."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        precedence: Precedence,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._connection = connection
        self._precedence = precedence
        self._now = now
        self._new_id = new_id

    async def apply(self, changed: Sequence[CustomerRecord]) -> None:
        """Write them, resolve whom they affect, and let everything follow."""
        touched = await self._store(changed)
        records = await self._affected(changed, touched)
        members = await self._members(records)
        shared = await self._shared(members)
        resolution = resolve(members, shared=shared.keys(), new_id=self._new_id)
        moved = await self._assign(records, resolution)
        await self._write_customers(records, resolution, moved)
        await self._relink(moved, resolution.superseded)
        await self._report(members, shared)

    async def _store(self, changed: Sequence[CustomerRecord]) -> set[Identifier]:
        """Write the records and what identifies them; gives what did and what does now."""
        await self._connection.execute(sql.STORE_RECORDS, changed)
        keys = columns([record_key(each) for each in changed], 2)
        gone = await self._connection.fetch(sql.FORGET_IDENTIFIERS, *keys)
        found = [(each, identifier) for each in changed for identifier in identifiers(each)]
        rows = [(*record_key(each), *_parts(identifier)) for each, identifier in found]
        await self._connection.execute(sql.ADD_IDENTIFIERS, *columns(rows, 5))
        return {_identifier(row) for row in gone} | {identifier for _, identifier in found}

    async def _affected(
        self, changed: Sequence[CustomerRecord], touched: Iterable[Identifier]
    ) -> dict[RecordKey, CustomerRecord]:
        keys = columns([record_key(each) for each in changed], 2)
        values = columns([_parts(each) for each in touched], 3)
        rows = await self._connection.fetch(sql.AFFECTED, *keys, *values)
        return {record_key(each): each for each in map(stored, rows)}

    async def _members(self, records: Mapping[RecordKey, CustomerRecord]) -> list[Member]:
        carried: dict[RecordKey, list[Identifier]] = defaultdict(list)
        for row in await self._connection.fetch(sql.IDENTIFIERS, *columns(list(records), 2)):
            carried[row["source"], row["record_id"]].append(_identifier(row))
        return [
            Member(
                key=key,
                identifiers=frozenset(carried[key]),
                customer_id=record.customer_id,
                is_deleted=record.is_deleted,
            )
            for key, record in records.items()
        ]

    async def _shared(
        self, members: Iterable[Member]
    ) -> dict[Identifier, dict[str, Sequence[str]]]:
        """The identifiers that link nothing: for each, two record ids of each source sharing it."""
        carried = {each for member in members for each in member.identifiers}
        contacts = [_parts(each) for each in carried if each.type in _WORDS]
        shared: dict[Identifier, dict[str, Sequence[str]]] = defaultdict(dict)
        for row in await self._connection.fetch(sql.SHARED, *columns(contacts, 3)):
            shared[_identifier(row)][row["source"]] = row["record_ids"]
        return shared

    async def _assign(
        self, records: Mapping[RecordKey, CustomerRecord], resolution: Resolution
    ) -> dict[RecordKey, UUID]:
        """Write the customer of each record and why; gives the records that changed customer."""
        changes = [
            {
                "source": key[0],
                "record_id": key[1],
                "customer_id": resolution.customers[key],
                "matched_by": resolution.matched_by[key],
            }
            for key, record in records.items()
            if record.customer_id != resolution.customers[key]
            or record.matched_by != resolution.matched_by[key]
        ]
        await self._connection.execute(sql.ASSIGN, changes)
        ids = resolution.customers
        return {key: ids[key] for key, each in records.items() if each.customer_id != ids[key]}

    async def _write_customers(
        self,
        records: Mapping[RecordKey, CustomerRecord],
        resolution: Resolution,
        moved: Mapping[RecordKey, UUID],
    ) -> None:
        groups: dict[UUID, list[CustomerRecord]] = defaultdict(list)
        for key, record in records.items():
            groups[resolution.customers[key]].append(record)
        # Contacts of an organization whose customer changed name another customer now.
        rows = await self._connection.fetch(sql.DEPENDENTS, *columns(list(moved), 2), list(groups))
        for record in map(stored, rows):
            if record.customer_id is not None:
                groups[record.customer_id].append(record)
        organizations = await self._organizations(groups)
        customers = [
            golden(id_, group, precedence=self._precedence, organizations=organizations)
            for id_, group in groups.items()
        ]
        await self._connection.execute(sql.STORE_CUSTOMERS, customers)

    async def _organizations(
        self, groups: Mapping[UUID, Sequence[CustomerRecord]]
    ) -> dict[RecordKey, UUID]:
        refs = {
            (each.source, each.organization_ref)
            for group in groups.values()
            for each in group
            if each.organization_ref
        }
        rows = await self._connection.fetch(sql.ORGANIZATIONS, *columns(list(refs), 2))
        return {(row["source"], row["record_id"]): plain_uuid(row["customer_id"]) for row in rows}

    async def _relink(
        self, moved: Mapping[RecordKey, UUID], superseded: Mapping[UUID, UUID]
    ) -> None:
        """Let everything that belongs to these records and customers follow them."""
        if moved:
            rows = columns([(*key, id_) for key, id_ in moved.items()], 3)
            for statement in sql.RELINK:
                await self._connection.execute(statement, *rows)
        if superseded:
            ids = columns(list(superseded.items()), 2)
            await self._connection.execute(sql.SUPERSEDE, *ids, self._now())
            for statement in sql.REDIRECT:
                await self._connection.execute(statement, *ids)

    async def _report(
        self,
        members: Sequence[Member],
        shared: Mapping[Identifier, Mapping[str, Sequence[str]]],
    ) -> None:
        """Say of each record which of its addresses and numbers identify nobody."""
        keys = [member.key for member in members]
        await self._connection.execute(sql.FORGET_PROBLEMS, *columns(keys, 2))
        reasons = [(*member.key, _reason(member, shared)) for member in members]
        rows = [row for row in reasons if row[-1]]
        await self._connection.execute(sql.ADD_PROBLEMS, *columns(rows, 3), self._now())


def _reason(member: Member, shared: Mapping[Identifier, Mapping[str, Sequence[str]]]) -> str:
    source, record_id = member.key
    sentences = []
    for each in sorted(member.identifiers & shared.keys()):
        others = [other for other in shared[each].get(source, ()) if other != record_id]
        if others and not member.is_deleted:
            sentences.append(
                f"The {_WORDS[each.type]} {each.value} of record {record_id} is also on record"
                f" {others[0]} of the same source, so no customers are matched by it. Correct one"
                " of the records, or link those that are one customer."
            )
    return " ".join(sentences)


def _parts(identifier: Identifier) -> tuple[str, str, str]:
    return identifier.kind, identifier.type, identifier.value


def _identifier(row: Mapping[str, Any]) -> Identifier:
    return Identifier(CustomerKind(row["kind"]), IdentifierType(row["type"]), row["value"])
