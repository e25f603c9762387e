"""Scans of table files: what changed since a cursor."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.contract import Change, ChangePage, Cursor, Malformed, Unavailable
from tests.connectors.files.folder import CAMPAIGN, NOW, Folder
from tests.connectors.files.test_formats import parquet

HEADER = "id,title,cost\n"


def exports(path: Path) -> Folder:
    """A folder of several exports of campaigns."""
    return Folder(path, {"campaign": {**CAMPAIGN, "file": "export-*.csv"}})


def names(pages: Sequence[ChangePage]) -> list[tuple[str, object]]:
    """The changes of pages: ids with names, no name where it is deleted."""
    place = pages[0].fields.index("name") if pages else 0
    return [
        (each.record_id, each.row[place] if each.row is not None else None)
        for page in pages
        for each in page.changes
    ]


def cursor_of(pages: Sequence[ChangePage]) -> Cursor:
    """The last cursor, as it comes back from the store."""
    cursor: Cursor = json.loads(json.dumps(pages[-1].cursor))
    return cursor


def test_a_first_scan_gives_everything(tmp_path: Path) -> None:
    """All fields, the moment of the scan, and the broken rows."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,2.50\nbroken\n2,B,\n")

    (page,) = folder.scanned("campaign")

    assert page.fields == ("record_id", "observed_at", "name", "cost", "currency")
    assert names([page]) == [("1", "A"), ("2", "B")]
    assert page.changes[1].row is not None
    assert page.changes[1].row[1] == NOW
    assert [each.reason for each in page.skipped] == [
        "export-1.csv, line 3: it has 1 columns, the header has 3"
    ]


def test_an_unchanged_folder_gives_nothing(tmp_path: Path) -> None:
    """Not even a page."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,\n")
    cursor = cursor_of(folder.scanned("campaign"))

    assert folder.scanned("campaign", cursor) == []


def test_a_changed_file_is_read_whole_and_tells_what_it_lost(tmp_path: Path) -> None:
    """Rows that vanished are deletions; other files are not read."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,\n")
    folder.write("export-2.csv", HEADER + "2,B,\n3,C,\n4,D,\n")
    cursor = cursor_of(folder.scanned("campaign"))

    folder.write("export-2.csv", HEADER + "3,C2,\n5,E,\n")
    pages = folder.scanned("campaign", cursor)

    assert names(pages) == [("3", "C2"), ("5", "E"), ("2", None), ("4", None)]
    assert folder.scanned("campaign", cursor_of(pages)) == []


def test_a_removed_file_takes_its_records_with_it(tmp_path: Path) -> None:
    """As long as there is another one; with no file at all the source is down."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,\n")
    folder.write("export-2.csv", HEADER + "2,B,\n")
    cursor = cursor_of(folder.scanned("campaign"))

    (tmp_path / "export-1.csv").unlink()
    pages = folder.scanned("campaign", cursor)
    (tmp_path / "export-2.csv").unlink()

    assert names(pages) == [("1", None)]
    with pytest.raises(Unavailable, match="no file fits"):
        folder.scanned("campaign", cursor_of(pages))


def test_a_record_that_moved_to_a_later_file_is_there_in_the_end(tmp_path: Path) -> None:
    """Applied in order, the changes leave it in place."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,\n2,B,\n")
    cursor = cursor_of(folder.scanned("campaign"))

    folder.write("export-1.csv", HEADER + "1,A,\n")
    folder.write("export-2.csv", HEADER + "2,B2,\n")

    assert names(folder.scanned("campaign", cursor)) == [("1", "A"), ("2", None), ("2", "B2")]


def test_a_later_file_hides_and_reveals_records_of_an_earlier_one(tmp_path: Path) -> None:
    """A scan says the same as a question: the later file counts."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A1,\n")
    folder.write("export-2.csv", HEADER + "1,A2,\n2,B,\n")
    cursor = cursor_of(folder.scanned("campaign"))

    folder.write("export-1.csv", HEADER + "1,A1 again,\n")
    hidden = folder.scanned("campaign", cursor)
    folder.write("export-2.csv", HEADER + "2,B,\n")
    revealed = folder.scanned("campaign", cursor_of(hidden))

    assert names(hidden) == []
    assert names(revealed) == [("2", "B"), ("1", "A1 again")]
    assert folder.all("campaign", "record_id", "name") == [("1", "A1 again"), ("2", "B")]


def test_a_record_that_became_unreadable_is_not_deleted(tmp_path: Path) -> None:
    """Neither one with a bad value nor one whose line is broken; the file's end tells later."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "1,A,1\n2,B,2\n3,C,3\n")
    cursor = cursor_of(folder.scanned("campaign"))

    folder.write("export-1.csv", HEADER + "1,A,much\n2,B\n")
    broken = folder.scanned("campaign", cursor)
    folder.write("export-1.csv", HEADER + "1,A,1\n2,B,2\n")
    mended = folder.scanned("campaign", cursor_of(broken))

    assert names(broken) == []
    assert len(broken[0].skipped) == 2
    assert names(mended) == [("1", "A"), ("2", "B"), ("3", None)]


def test_a_scan_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    """Every record once, over any number of stops."""
    folder = exports(tmp_path)
    rows = [f"{n},T{n},{n}\n" for n in range(4_500)]
    folder.write("export-1.csv", HEADER + "".join(rows[:4_100]))
    folder.write("export-2.csv", HEADER + "".join(rows[4_100:]))

    async def first_page(since: Cursor | None) -> ChangePage | None:
        scan = folder.connector.scan("campaign", since=since)
        return await anext(aiter(scan), None)

    given: list[Change] = []
    cursor: Cursor | None = None
    pages = 0
    while (page := asyncio.run(first_page(cursor))) is not None:
        given += page.changes
        cursor = cursor_of([page])
        pages += 1

    assert [each.record_id for each in given] == [str(n) for n in range(4_500)]
    assert pages == 3


def test_many_small_files_come_in_one_page(tmp_path: Path) -> None:
    """A file for each record costs no transaction for each record."""
    folder = exports(tmp_path)
    for number in range(100, 150):
        folder.write(f"export-{number}.csv", HEADER + f"{number},A,\n")

    (page,) = folder.scanned("campaign")

    assert len(page.changes) == 50
    assert folder.scanned("campaign", cursor_of([page])) == []


def test_a_file_that_cannot_be_read_does_not_hold_up_the_files_before_it(tmp_path: Path) -> None:
    """They are given before the failure is told, and not again by the next scan."""
    folder = Folder(tmp_path, {"campaign": {**CAMPAIGN, "file": "*.parquet"}})
    folder.write("1.parquet", parquet({"id": [1], "title": ["A"], "cost": [None]}))
    folder.write("2.parquet", b"PAR1 and no more")

    async def scan() -> ChangePage:
        pages = aiter(folder.connector.scan("campaign", since=None))
        page = await anext(pages)
        with pytest.raises(Malformed, match=r"2\.parquet"):
            await anext(pages)
        return page

    page = asyncio.run(scan())

    assert names([page]) == [("1", "A")]
    with pytest.raises(Malformed, match=r"2\.parquet"):
        folder.scanned("campaign", cursor_of([page]))


def test_a_file_that_changed_after_a_stop_is_read_from_its_start(tmp_path: Path) -> None:
    """What was given of the old file is given again from the new one, and deletions are told."""
    folder = exports(tmp_path)
    folder.write("export-1.csv", HEADER + "".join(f"{n},Old,\n" for n in range(3_000)))
    stopped = cursor_of(folder.scanned("campaign")[:1])

    folder.write("export-1.csv", HEADER + "1,New,\n")

    assert names(folder.scanned("campaign", stopped)) == [("1", "New")]


def test_a_file_that_is_written_while_it_is_read_is_unavailable(tmp_path: Path) -> None:
    """A scan does not take half a file for the whole: nothing is deleted."""
    folder = exports(tmp_path)
    path = folder.write("export-1.csv", HEADER + "".join(f"{n},T,\n" for n in range(5_000)))

    async def written_meanwhile() -> int:
        pages = 0
        async for _ in folder.connector.scan("campaign", since=None):
            pages += 1
            with path.open("a") as file:
                file.write("x,X,\n")
        return pages

    with pytest.raises(Unavailable, match="it is being written"):
        asyncio.run(written_meanwhile())


def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    """The old file stays whole under our hands; the next scan sees the new one."""
    folder = exports(tmp_path)
    path = folder.write("export-1.csv", HEADER + "".join(f"{n},T,\n" for n in range(5_000)))
    shutil.copy(path, tmp_path / "other")

    async def replaced_meanwhile() -> list[ChangePage]:
        pages = []
        async for page in folder.connector.scan("campaign", since=None):
            pages.append(page)
            folder.write("export-1.csv", HEADER + "1,New,\n")
        return pages

    pages = asyncio.run(replaced_meanwhile())
    after = folder.scanned("campaign", cursor_of(pages))

    assert len(names(pages)) == 5_000
    assert names(after)[0] == ("1", "New")
    assert len(names(after)) == 5_000


def test_another_mapping_reads_unchanged_files_again(tmp_path: Path) -> None:
    """What was stored by the old words is replaced, also where the keys are others."""
    old = exports(tmp_path)
    old.write("export-1.csv", HEADER + "1,A,2\n")
    cursor = cursor_of(old.scanned("campaign"))

    fields = {"name": "cost"}
    new = Folder(tmp_path, {"campaign": {"file": "export-*.csv", "key": "title", "fields": fields}})
    pages = new.scanned("campaign", cursor)

    assert names(pages) == [("A", "2"), ("1", None)]
    assert new.scanned("campaign", cursor_of(pages)) == []
