"""Lookups: the records of many keys, in one list or by an alias for each key."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connectors.contract import Malformed, Skipped, SourceError
from connectors.graphql.document import Asked, aliased
from connectors.graphql.failure import gravest
from connectors.graphql.listing import Page, pages
from connectors.graphql.options import Lookup
from connectors.graphql.reading import Reading, Sorted
from connectors.graphql.reply import Listed, Record, listed
from connectors.graphql.value import sorting
from connectors.http.message import Run
from connectors.mapping.page import is_enough
from connectors.mapping.shape import Shape

Keys: TypeAlias = Mapping[str, Any]
"""Keys, and how each is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is asked about some keys: `given` are the variables that are the same for all."""

    reading: Reading
    shape: Shape
    lookup: Lookup
    given: Mapping[str, Any]
    run: Run
    until_s: float

    @property
    def asked(self) -> Asked:
        """What is asked of each record."""
        return self.reading.asked(self.lookup, self.shape.mapped)

    @property
    def left_s(self) -> float:
        """How many seconds there are left."""
        return max(0.0, self.until_s - asyncio.get_running_loop().time())


@dataclass(slots=True)
class Part:
    """What became of some keys: rows or a failure for each."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    failures: dict[str, SourceError] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def fail(self, keys: Iterable[str], error: SourceError) -> None:
        """These keys are unknown; the first reason stays."""
        for key in keys:
            self.failures.setdefault(key, error)


Ask: TypeAlias = Callable[[Errand, Keys], Awaitable[Part]]


async def by_list(errand: Errand, keys: Keys) -> Part:
    """The records of keys that are asked in one list; each record tells whose it is."""
    part = Part(rows={key: [] for key in keys})
    given = {**errand.given, "keys": list(keys.values())}
    asked, reading = errand.asked, errand.reading
    count = 0
    async for page in pages(reading, asked, given, errand.run, until_s=errand.until_s):
        found = reading.records(page.things)
        some = reading.sorted_by_faults(found, page.faults)
        rows, skipped = reading.rows(some.sound, errand.shape.mapped)
        reading.must_be_readable(found)
        part.skipped += skipped
        count += _group(rows, part, errand)
        _blame(some, page, part, errand, list(keys))
    if count and not any(part.rows.values()):
        raise Malformed(
            reading.source,
            f"`{errand.lookup.query}`: no record tells its '{errand.shape.batch.match[0]}', so that"
            " nobody knows whose it is; check its path in the mapping",
        )
    return part


def _group(rows: Sequence[tuple[Any, ...]], part: Part, errand: Errand) -> int:
    """Give rows to the keys that they name; gives how many name none."""
    place = errand.shape.positions[errand.shape.batch.match[0]]
    for row in rows:
        if row[place] in part.rows:
            part.rows[row[place]].append(row)
    return sum(row[place] is None for row in rows)


def _blame(some: Sorted, page: Page, part: Part, errand: Errand, keys: Sequence[str]) -> None:
    """Find the keys that errors cost: by what their record tells, by its place, or all of them."""
    for record, fault in some.faulty:
        key = _owner(record, errand)
        part.fail([key] if key in part.rows else keys, fault.error)
    is_in_order = errand.shape.batch.match == ("record_id",) and len(page.things) == len(keys)
    for fault in some.others:
        places = [n for n, each in enumerate(page.things) if each.path == fault.path]
        part.fail([keys[places[0]]] if is_in_order and places else keys, fault.error)


def _owner(record: Record, errand: Errand) -> str | None:
    """The key that a record is of, as far as it can be read."""
    match = errand.shape.batch.match[0]
    reading = errand.reading
    rows, _ = reading.translation.read([record.raw], [match], observed_at=reading.now())
    return rows[0][0] if rows else None


async def by_aliases(errand: Errand, keys: Keys) -> Part:
    """The records of keys, each asked by an alias; those with more go on, together, in pages."""
    part = Part(rows={key: [] for key in keys})
    pending: dict[str, str | None] = dict.fromkeys(keys)
    asked = errand.asked
    for number in range(errand.lookup.max_pages):
        if not pending:
            return part
        try:
            pending = await _round(errand, asked, keys, pending, part)
        except SourceError as exc:
            if number == 0:
                raise
            part.fail(pending, exc)  # Those that were done before are answered.
            return part
    raise Malformed(
        errand.reading.source,
        f"`{errand.lookup.query}` has more than {errand.lookup.max_pages} pages: check how it ends,"
        " or raise max_pages",
    )


async def _round(
    errand: Errand, asked: Asked, keys: Keys, pending: Mapping[str, str | None], part: Part
) -> dict[str, str | None]:
    """Ask for the next page of each key; gives those that have more, with their cursors."""
    own = [{"key": keys[key], "cursor": cursor} for key, cursor in pending.items()]
    given = {"size": errand.lookup.size, **errand.given}
    asking = aliased(asked, given, own)
    said = await errand.reading.endpoint.ask(asking, errand.run, timeout_s=errand.left_s)
    of_all = [each for each in said.faults if each.path[:1] not in {(r,) for r in asking.roots}]
    if of_all:
        raise gravest(of_all)
    source = errand.reading.source
    following: dict[str, str | None] = {}
    for key, root in zip(pending, asking.roots, strict=True):
        mine = [each for each in said.faults if each.path[0] == root]
        try:
            if mine:
                raise gravest(mine)
            cursor = _take(errand, listed(asked, said.data, root, source=source), key, part)
        except SourceError as exc:
            part.fail([key], exc)
            continue
        if cursor is not None and not _has_enough(part.rows[key], errand):
            following[key] = cursor
            if cursor == pending[key]:
                part.fail([following.popitem()[0]], _circle(errand))
    return following


def _take(errand: Errand, found: Listed, key: str, part: Part) -> str | None:
    """Take the records under an alias for its key; gives where they go on."""
    reading, shape = errand.reading, errand.shape
    reading.must_be_whole(is_cut=found.is_cut, query=errand.lookup.query)
    records = reading.records(found.things)
    reading.must_be_readable(records)
    rows, skipped = reading.rows(records.found, shape.mapped)
    part.skipped += skipped
    place = shape.positions[shape.batch.match[0]]
    for row in rows:
        full = (*row, key) if shape.unmapped else row
        if full[place] is None:
            full = (*full[:place], key, *full[place + 1 :])
        if full[place] == key:
            part.rows[key].append(full)
    return found.cursor


def _has_enough(rows: Sequence[tuple[Any, ...]], errand: Errand) -> bool:
    batch = errand.shape.batch
    return bool(sorting(errand.lookup, batch)) and is_enough(rows, batch, errand.shape.positions)


def _circle(errand: Errand) -> Malformed:
    return Malformed(
        errand.reading.source,
        f"`{errand.lookup.query}` goes in circles: it gives the same cursor twice",
    )
