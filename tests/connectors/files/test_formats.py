"""JSON lines, JSON, Parquet and Excel files as a source."""

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.contract import Malformed, Misconfigured, Skipped
from connectors.files.folder import looked_at
from connectors.files.format.table import library
from tests.connectors.files.folder import Folder

FIELDS: Mapping[str, Any] = {
    "name": "title",
    "cost": "cost",
    "starts_at": {"from": "start", "time_zone": "Asia/Shanghai"},
}


def campaigns(path: Path, file: str, **changes: object) -> Folder:
    """A folder whose campaigns are in one file."""
    return Folder(path, {"campaign": {"key": "id", "fields": FIELDS, "file": file, **changes}})


def workbook(*rows: list[Any], sheet: str = "Tabelle1") -> bytes:
    """An Excel file."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Notes"
    made = book.create_sheet(sheet, 0)
    for row in rows:
        made.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    """A Parquet file."""
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data)
    return data.getvalue()


def test_broken_lines_of_json_are_skipped_with_their_number(tmp_path: Path) -> None:
    """Half a line, a list, and a line in another encoding."""
    folder = campaigns(tmp_path, "c.jsonl")
    folder.write(
        "c.jsonl",
        b'{"id": 1, "title": "A", "cost": 19.99}\n\n{"id": 2, "tit\n[1]\n'
        b'{"id": 4, "title": "\xb4\xba"}\n{"id": "5", "title": "\xe6\x98\xa5"}',
    )

    answer = folder.ask("campaign", ["record_id", "name", "cost"])

    assert answer.rows[()] == [("1", "A", Decimal("19.99")), ("5", "春", None)]
    places = [each.reason.partition(": ")[0] for each in answer.skipped]
    assert places == ["c.jsonl, line 3", "c.jsonl, line 4", "c.jsonl, line 5"]
    assert answer.skipped[1] == Skipped(None, "c.jsonl, line 4: it is no JSON object")


def test_json_lines_can_have_another_encoding(tmp_path: Path) -> None:
    """GB18030, line by line."""
    folder = campaigns(tmp_path, "c.jsonl", encoding="gb18030")
    folder.write("c.jsonl", '{"id": 1, "title": "春"}\n', encoding="gb18030")

    assert folder.all("campaign", "name") == [("春",)]


def test_paths_look_into_json(tmp_path: Path) -> None:
    """Names are JMESPath where records are JSON."""
    folder = campaigns(tmp_path, "c.jsonl", key="meta.id", fields={"name": "titles[0].text"})
    folder.write("c.jsonl", '{"meta": {"id": 7}, "titles": [{"text": "A"}]}\n')

    assert folder.all("campaign", "record_id", "name") == [("7", "A")]


def test_a_json_file_holds_one_record_or_a_list(tmp_path: Path) -> None:
    """The name of the folder can be the key."""
    fields = {"name": "name", "emails": "email", "external_ids": {"crm": "crm"}}
    customer = {"file": "*/customer.json", "key": "_folder", "fields": fields}
    folder = Folder(tmp_path, {"customer": customer})
    folder.write("王芳/customer.json", '{"name": "王芳", "email": "Fang@Example.com", "crm": 17}')
    folder.write("ada/customer.json", '[{"name": "Ada"}]')

    rows = folder.all("customer_record", "record_id", "name", "external_ids")

    assert rows == [("ada", "Ada", None), ("王芳", "王芳", {"crm": "17"})]


def test_a_json_file_that_is_cut_off_is_malformed(tmp_path: Path) -> None:
    """Nothing of it can be trusted."""
    folder = campaigns(tmp_path, "c.json")
    folder.write("c.json", '[{"id": 1}, {"id"')

    with pytest.raises(Malformed, match=r"c\.json: it is no JSON"):
        folder.all("campaign", "name")


def test_one_broken_json_file_among_many_is_a_skipped_record(tmp_path: Path) -> None:
    """The others are there, in an answer and in a scan; and a scan takes nothing for deleted."""
    customer = {"file": "*/customer.json", "key": "_folder", "fields": {"name": "name"}}
    folder = Folder(tmp_path, {"customer": customer})
    folder.write("ada/customer.json", '{"name": "Ada"}')
    folder.write("bob/customer.json", '{"name": "Bob"}')
    first = folder.scanned("customer_record")[-1].cursor
    folder.write("ada/customer.json", '{"name": ')
    folder.write("zoe/customer.json", '{"name": "Zoe"}')

    answer = folder.ask("customer_record", ["record_id"])
    (page,) = folder.scanned("customer_record", first)

    assert answer.rows[()] == [("bob",), ("zoe",)]
    assert [each.record_id for each in page.changes] == ["zoe"]
    for skipped in (answer.skipped, page.skipped):
        assert [each.reason.partition(": ")[0] for each in skipped] == ["ada/customer.json, line 1"]


def test_parquet_keeps_decimals_and_times(tmp_path: Path) -> None:
    """Decimals are exact; times with and without a zone and in nanoseconds become UTC."""
    folder = campaigns(tmp_path, "c.parquet", fields={**FIELDS, "ends_at": "end"})
    folder.write(
        "c.parquet",
        parquet(
            {
                "id": pa.array([1, 2], pa.int64()),
                "title": pa.array(["A", "春"]).dictionary_encode(),
                "cost": pa.array([Decimal("1234567890123.45"), None], pa.decimal128(18, 2)),
                "start": pa.array([datetime(2026, 3, 1, 8), None], pa.timestamp("ns")),  # noqa: DTZ001  # a time without a zone is meant
                "end": pa.array([datetime(2026, 4, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
            }
        ),
    )

    rows = folder.all("campaign", "record_id", "name", "cost", "starts_at", "ends_at")

    end = datetime(2026, 4, 1, tzinfo=UTC)
    assert rows == [
        ("1", "A", Decimal("1234567890123.45"), datetime(2026, 3, 1, tzinfo=UTC), end),
        ("2", "春", None, None, end),
    ]


def test_a_parquet_file_that_is_cut_off_is_malformed(tmp_path: Path) -> None:
    """Its end says what is in it."""
    folder = campaigns(tmp_path, "c.parquet")
    folder.write("c.parquet", parquet({"id": [1], "title": ["A"]})[:-9])

    with pytest.raises(Malformed, match=r"c\.parquet: it is no whole Parquet file"):
        folder.all("campaign", "name")


def test_a_missing_column_of_parquet_is_misconfigured(tmp_path: Path) -> None:
    """All missing ones are named at once."""
    folder = campaigns(tmp_path, "c.parquet")
    folder.write("c.parquet", parquet({"id": [1], "Title": ["A"], "costs": [1]}))

    with pytest.raises(Misconfigured, match=r"no column 'cost'; did .*'costs'\?; .*'title'; did"):
        folder.all("campaign", "name")


def test_excel_dates_and_numbers_are_canonical(tmp_path: Path) -> None:
    """Dates are in the zone of the mapping, keys have no fraction, amounts are as written."""
    folder = campaigns(tmp_path, "c.xlsx")
    start = datetime(2026, 3, 1, 8, 30)  # noqa: DTZ001  # Excel knows no zones
    folder.write(
        "c.xlsx",
        workbook(
            [],
            ["id", "title", "cost", "start"],
            [17, "春节", 19.99, start],
            [],
            ["18", None, 5, date(2026, 3, 2)],
            [19, "B", "much", None],
            [20, "C", None, None],
        ),
    )

    answer = folder.ask("campaign", ["record_id", "name", "cost", "starts_at"])

    assert answer.rows[()] == [
        ("17", "春节", Decimal("19.99"), datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
        ("20", "C", None, None),
    ]
    assert [(each.record_id, each.reason.partition(": ")[0]) for each in answer.skipped] == [
        ("18", "c.xlsx, line 5"),
        ("19", "c.xlsx, line 6"),
    ]


def test_a_sheet_can_be_named(tmp_path: Path) -> None:
    """One that is not there is misconfigured, with those that are."""
    data = workbook(["id", "title", "cost", "start"], [1, "A", 1, None], sheet="三月")
    named = campaigns(tmp_path, "c.xlsx", sheet="三月")
    named.write("c.xlsx", data)

    assert named.all("campaign", "name") == [("A",)]
    with pytest.raises(Misconfigured, match="no sheet '四月'; set 'sheet' to one of 三月, Notes"):
        campaigns(tmp_path, "c.xlsx", sheet="四月").all("campaign", "name")
    with pytest.raises(Misconfigured, match="the sheet 'Notes' is empty"):
        campaigns(tmp_path, "c.xlsx", sheet="Notes").all("campaign", "name")


def test_a_spreadsheet_that_is_cut_off_is_malformed(tmp_path: Path) -> None:
    """Half a download."""
    folder = campaigns(tmp_path, "c.xlsx")
    folder.write("c.xlsx", workbook(["id"], [1])[:1000])

    with pytest.raises(Malformed, match=r"c\.xlsx: it is no whole spreadsheet"):
        folder.all("campaign", "name")


def test_a_missing_library_names_the_extra(tmp_path: Path) -> None:
    """The message can be copied into a shell."""
    (tmp_path / "c.parquet").touch()
    file = looked_at(tmp_path / "c.parquet", tmp_path, source="files")
    assert file is not None

    with pytest.raises(Misconfigured, match=r"pip install 'customer360-gateway\[files\]'"):
        library("no_such_library", file, what="Parquet")


def test_a_name_without_a_known_suffix_needs_a_format(tmp_path: Path) -> None:
    """The configuration is refused at once."""
    with pytest.raises(ValueError, match="does not tell its format; set 'format'"):
        campaigns(tmp_path, "c.dat")
