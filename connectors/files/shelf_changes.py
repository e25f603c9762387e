"""Changes of documents since a cursor.

The cursor holds the id of every document with a digest of its row, compressed; a page gives the
documents whose digest differs, and those that have gone.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from connectors.contract import Change, ChangePage, Cursor
from connectors.files.packing import packed_digests, unpacked_digests
from connectors.files.shelf import Catalogue, Shelf

PAGE_RECORDS = 2_000


def pages(
    shelf: Shelf, catalogue: Catalogue, *, since: Cursor | None, now: datetime
) -> Iterator[ChangePage]:
    """Pages of changes in the order of ids; no page where nothing changed."""
    known = unpacked_digests((since or {}).get("documents"))
    fields = shelf.translation.scan_fields
    place = {name: at for at, name in enumerate(shelf.fields)}
    rows = catalogue.snapshot.rows
    digests = {record_id: _digest(row) for record_id, row in rows.items()}
    changed = iter(sorted(_differing(known, digests)))
    skipped = catalogue.snapshot.skipped
    while ids := list(islice(changed, PAGE_RECORDS)):
        changes = []
        for each in ids:
            row = rows.get(each)
            given = row and tuple(now if f == "observed_at" else row[place[f]] for f in fields)
            changes.append(Change(each, given or None))
            known.pop(each, None)
        known |= {each: digests[each] for each in ids if each in digests}
        cursor = {"documents": packed_digests(known)}
        yield ChangePage(fields=fields, changes=changes, cursor=cursor, skipped=skipped)
        skipped = ()


def _differing(known: dict[str, str], there: dict[str, str]) -> set[str]:
    changed = {each for each, digest in there.items() if known.get(each) != digest}
    return changed | (known.keys() - there.keys())


def _digest(row: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(row).encode(), digest_size=6).hexdigest()
