"""Changes of very many documents, in bounded memory."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

from connectors.documents import changes
from connectors.documents.entity import DocumentEntity
from connectors.documents.shelf import Shelf
from connectors.mapping import Translation
from tests.connectors.documents.shelves import NOW

COUNT = 20_000


def _shelf() -> Shelf:
    options = DocumentEntity.model_validate(
        {"written_as": "document", "layout": "customers/{customer}/{name}"}
    )
    return Shelf(options, Translation(options, source="s"))


def _rows(shelf: Shelf, count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        values = {
            "record_id": f"customers/{number % 5000}/contract-of-{number}.pdf",
            "name": f"contract-of-{number}.pdf",
            "version": f"{number:032x}",
            "size_bytes": number,
            "modified_at": NOW,
        }
        yield tuple(values.get(name) for name in shelf.fields)


def test_tens_of_thousands_of_documents_are_compared_page_by_page() -> None:
    """What is held for each is its id and a digest, and the cursor is small."""
    shelf = _shelf()
    tracemalloc.start()

    count, cursor = 0, None
    for page in changes.pages(shelf, _rows(shelf, COUNT), since=None, now=NOW):
        assert len(page.changes) <= changes.PAGE_RECORDS
        count, cursor = count + len(page.changes), page.cursor
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert cursor is not None
    assert count == COUNT
    assert peak < 20 * 1024 * 1024
    assert len(cursor["documents"]) < 4 * 1024 * 1024
    gone = list(changes.pages(shelf, _rows(shelf, COUNT - 3), since=cursor, now=NOW))
    assert [len(page.changes) for page in gone] == [3]
