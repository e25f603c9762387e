"""Changes of documents since a cursor.

The cursor holds the id of every document with a digest of its row, compressed; a page gives the
documents whose digest differs, and the last pages those that have gone. Rows are looked at one by
one: what is held for each document is its id and its digest.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from connectors.contract import Change, ChangePage, Cursor, Skipped
from connectors.documents.packing import packed_digests, unpacked_digests
from connectors.documents.shelf import Shelf, same_id

PAGE_RECORDS = 2_000


def pages(
    shelf: Shelf,
    rows: Iterable[tuple[Any, ...] | Skipped],
    *,
    since: Cursor | None,
    now: datetime,
) -> Iterator[ChangePage]:
    """Pages of changes in the order of the rows, then of what is gone; none if nothing changed.

    Rows that cannot be read are told where there is a change.
    """
    known = unpacked_digests((since or {}).get("documents"))
    scan = _Scan(shelf, known, now)
    for row in rows:
        scan.note(row)
        if len(scan.changes) >= PAGE_RECORDS:
            yield scan.page()
    gone = iter(sorted(known.keys() - scan.seen))
    while some := list(islice(gone, PAGE_RECORDS - len(scan.changes))):
        scan.lose(some)
        if len(scan.changes) >= PAGE_RECORDS:
            yield scan.page()
    if scan.changes:
        yield scan.page()


class _Scan:
    def __init__(self, shelf: Shelf, known: dict[str, str], now: datetime) -> None:
        self.seen: set[str] = set()
        self.changes: list[Change] = []
        self._skipped: list[Skipped] = []
        self._known = known
        self._fields = shelf.translation.scan_fields
        place = {name: at for at, name in enumerate(shelf.fields)}
        self._places = [place.get(name) for name in self._fields]
        self._now = now

    def note(self, row: tuple[Any, ...] | Skipped) -> None:
        if isinstance(row, Skipped):
            self._skipped.append(row)
            return
        record_id: str = row[0]
        if record_id in self.seen:
            self._skipped.append(same_id(record_id, record_id))
            return
        self.seen.add(record_id)
        digest = _digest(row)
        if self._known.get(record_id) != digest:
            self._known[record_id] = digest
            self.changes.append(Change(record_id, self._given(row)))

    def lose(self, record_ids: list[str]) -> None:
        for each in record_ids:
            del self._known[each]
            self.changes.append(Change(each, None))

    def page(self) -> ChangePage:
        page = ChangePage(
            fields=self._fields,
            changes=tuple(self.changes),
            cursor={"documents": packed_digests(self._known)},
            skipped=tuple(self._skipped),
        )
        self.changes.clear()
        self._skipped.clear()
        return page

    def _given(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([self._now if at is None else row[at] for at in self._places])


def _digest(row: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(row).encode(), digest_size=6).hexdigest()
