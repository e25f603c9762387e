"""CSV files as a source."""

import csv
import io
import os
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Malformed, Misconfigured, Refused, Skipped, Unavailable
from tests.connectors.files.folder import CAMPAIGN, MEMBERSHIP, NOW, Folder

GOOD = "id,title,cost\n1,Spring,10.50\n2,夏季促销,\n"


def campaigns(path: Path, **changes: object) -> Folder:
    """A folder whose campaigns are in a CSV file."""
    return Folder(path, {"campaign": {**CAMPAIGN, **changes}})


def test_a_missing_file_is_unavailable_until_it_appears(tmp_path: Path) -> None:
    """An export that is late heals by itself."""
    folder = campaigns(tmp_path)

    with pytest.raises(Unavailable, match=r"no file fits 'campaigns\.csv' .* as soon as one"):
        folder.all("campaign", "record_id")

    folder.write("campaigns.csv", GOOD)
    assert folder.all("campaign", "record_id") == [("1",), ("2",)]


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    """A share that is not mounted is down, not empty."""
    folder = Folder(tmp_path, {"campaign": CAMPAIGN}, {"path": "share"})

    with pytest.raises(Unavailable, match="no file fits"):
        folder.all("campaign", "record_id")


def test_a_file_without_a_byte_is_unavailable(tmp_path: Path) -> None:
    """A file that has been made but not filled is no empty table."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "")

    with pytest.raises(Unavailable, match="it is empty, without even a header"):
        folder.all("campaign", "record_id")


def test_a_file_with_a_header_only_is_an_empty_table(tmp_path: Path) -> None:
    """Nothing to tell is an answer."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "id,title,cost\n")

    assert folder.all("campaign", "record_id") == []


def test_a_renamed_column_is_misconfigured_and_the_nearest_is_named(tmp_path: Path) -> None:
    """The operator reads what to write instead."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "id,titel,cost\n1,Spring,1\n")

    with pytest.raises(
        Misconfigured,
        match=r"campaigns\.csv: there is no column 'title'; did you mean 'titel'\?",
    ):
        folder.all("campaign", "record_id")


def test_broken_rows_are_skipped_with_their_line(tmp_path: Path) -> None:
    """One row too short, one with a bad number, one without a key: the others are there."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "id,title,cost\n1,A,1\n2,B\n\n3,C,much\n,D,4\n5,E,5\n")

    answer = folder.ask("campaign", ["record_id", "cost"])

    assert answer.rows[()] == [("1", Decimal(1)), ("5", Decimal(5))]
    assert answer.skipped == (
        Skipped(None, "campaigns.csv, line 3: it has 2 columns, the header has 3"),
        Skipped(
            "3",
            "campaigns.csv, line 5: campaign: record '3': 'cost' is 'much', expected a number"
            " such as 1234.50",
        ),
        Skipped(
            None,
            "campaigns.csv, line 6: campaign: a record without a key: 'record_id' is None,"
            " expected a value, since it is required",
        ),
    )


def test_a_quote_that_never_ends_is_told_with_its_lines(tmp_path: Path) -> None:
    """A truncated file keeps what came before."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", 'id,title,cost\n1,A,1\n2,"B\nC,2\n')

    answer = folder.ask("campaign", ["record_id"])

    assert answer.rows[()] == [("1",)]
    assert [each.reason for each in answer.skipped] == [
        "campaigns.csv, line 3: unexpected end of data, in lines 3 to 4"
    ]


def test_line_breaks_within_quotes_do_not_shift_the_line_numbers(tmp_path: Path) -> None:
    """A broken row after a row of two lines is told at its own line."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", 'id,title,cost\r\n1,"A\r\nB",1\r\n2\r\n')

    answer = folder.ask("campaign", ["name"])

    assert answer.rows[()] == [("A\r\nB",)]
    assert answer.skipped[0].reason.startswith("campaigns.csv, line 4: ")


def test_the_later_of_two_rows_with_one_key_counts_and_the_other_is_told(tmp_path: Path) -> None:
    """A key that stands twice is seen."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "id,title,cost\n1,A,1\n1,B,2\n")

    answer = folder.ask("campaign", ["name"])

    assert answer.rows[()] == [("B",)]
    assert answer.skipped == (
        Skipped(
            "1",
            "campaigns.csv, line 2: record '1' stands again in line 3, which is used; make the"
            " key unique",
        ),
    )


def test_a_gb18030_file_is_read_with_its_encoding(tmp_path: Path) -> None:
    """Chinese exports are often not UTF-8."""
    folder = campaigns(tmp_path, file="活动/*.csv", encoding="gb18030")
    folder.write("活动/三月.csv", GOOD, encoding="gb18030")

    assert folder.all("campaign", "name") == [("Spring",), ("夏季促销",)]


def test_the_wrong_encoding_is_misconfigured_and_the_right_one_is_named(tmp_path: Path) -> None:
    """No text comes out garbled."""
    folder = campaigns(tmp_path)
    folder.write("campaigns.csv", "id,title,cost\n1,夏季,1\n2,促销,2\n", encoding="gb18030")

    with pytest.raises(Misconfigured, match="not written in utf-8-sig; set 'encoding: gb18030'"):
        folder.all("campaign", "name")


def test_a_single_row_in_another_encoding_is_skipped(tmp_path: Path) -> None:
    """One slip does not cost the file."""
    folder = campaigns(tmp_path)
    rows = [b"id,title,cost", "1,夏季,1".encode(), "2,Caf\xe9,2".encode("latin-1"), b"3,C,3", b""]
    folder.write("campaigns.csv", b"\n".join(rows))

    answer = folder.ask("campaign", ["name"])

    assert answer.rows[()] == [("夏季",), ("C",)]
    assert [each.reason for each in answer.skipped] == [
        "campaigns.csv, line 3: it holds bytes that are not in the encoding of the file"
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, encoding: str) -> None:
    """Excel writes one; the setting may know of it or not."""
    setting = encoding if encoding == "utf-16" else "utf-8"
    folder = campaigns(tmp_path, encoding=setting)
    folder.write("campaigns.csv", GOOD, encoding=encoding)

    assert folder.all("campaign", "record_id") == [("1",), ("2",)]


def test_delimiters_and_headers_can_be_told(tmp_path: Path) -> None:
    """A file with semicolons and no header."""
    folder = campaigns(tmp_path, delimiter=";", header=["id", "title", "cost"])
    folder.write("campaigns.csv", "1;A, B;1\n")

    assert folder.all("campaign", "name") == [("A, B",)]


def test_a_header_that_does_not_fit_the_width_is_misconfigured(tmp_path: Path) -> None:
    """Names that would be shifted by one are refused."""
    folder = campaigns(tmp_path, header=["id", "title", "cost"])
    folder.write("campaigns.csv", "1;A;1\n")

    with pytest.raises(Misconfigured, match="'header' names 3 columns, the file has 1"):
        folder.all("campaign", "name")


def test_columns_without_names_are_numbered(tmp_path: Path) -> None:
    """With `header: false` the first line is data."""
    fields = {"name": "column_2", "cost": "column_3"}
    folder = campaigns(tmp_path, header=False, key="column_1", fields=fields)
    folder.write("campaigns.csv", "7,A,1\n")

    assert folder.all("campaign", "record_id", "name") == [("7", "A")]


def test_a_folder_of_links_stays_inside(tmp_path: Path) -> None:
    """A link to somewhere else is not followed."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text(GOOD)
    (inside / "campaigns.csv").symlink_to(tmp_path / "secret.csv")

    with pytest.raises(Unavailable, match="no file fits"):
        campaigns(inside).all("campaign", "name")


@pytest.mark.parametrize("file", ["../a.csv", "/etc/a.csv", "a/../../b.csv"])
def test_a_pattern_cannot_leave_the_folder(tmp_path: Path, file: str) -> None:
    """The configuration is refused at once."""
    with pytest.raises(ValueError, match="write a path below the folder"):
        campaigns(tmp_path, file=file)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    """Permissions are a person's work."""
    folder = campaigns(tmp_path)
    path = folder.write("campaigns.csv", GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")

    with pytest.raises(Refused, match="may not read it"):
        folder.all("campaign", "name")


def test_a_file_larger_than_the_memory_for_it_is_refused(tmp_path: Path) -> None:
    """Large files are for the store or for a database; the words say so."""
    folder = Folder(tmp_path, {"campaign": CAMPAIGN}, {"max_bytes": 100})
    folder.write("campaigns.csv", "id,title,cost\n" + "1,A,1\n" * 50)

    with pytest.raises(Refused, match="set 'mode: synced' for the entity"):
        folder.all("campaign", "name")
    assert folder.reads("campaign") == 0


def test_keys_and_references_are_looked_up_in_one_batch(tmp_path: Path) -> None:
    """Unknown keys have no rows, known ones only their own, in the order of the file."""
    folder = Folder(tmp_path, {"campaign_membership": MEMBERSHIP})
    folder.write("members.csv", "campaign,contact,status\nc1,7,SENT\nc1,8,OPENED\nc2,7,clicked\n")

    by_id = folder.ask("campaign_membership", ["status"], match="record_id", keys=["c2:7", "c9:9"])
    by_customer = folder.ask(
        "campaign_membership",
        ["observed_at", "record_id"],
        match="customer_ref",
        keys=["8", "7", "6"],
    )

    assert by_id.rows == {("c2:7",): [("CLICKED",)]}
    assert by_customer.rows == {
        ("8",): [(NOW, "c1:8")],
        ("7",): [(NOW, "c1:7"), (NOW, "c2:7")],
    }
    assert folder.reads("campaign_membership") == 1


def test_the_capability_says_what_is_there(tmp_path: Path) -> None:
    """Lookups by key and reference, changes with deletions, no push-down."""
    folder = Folder(tmp_path, {"campaign_membership": MEMBERSHIP})

    capability = folder.connector.capabilities["campaign_membership"]

    assert capability.fields == {"status", "campaign_ref", "customer_ref"}
    assert capability.matches == {("record_id",), ("campaign_ref",), ("customer_ref",)}
    assert capability.references == {"customer": "crm"}
    assert (capability.filters, capability.orders, capability.can_page) == ({}, frozenset(), False)
    assert (capability.tells_changes, capability.tells_deletions) == (True, True)


def test_a_large_file_is_read_once(tmp_path: Path) -> None:
    """A hundred thousand rows, many questions, one reading."""
    folder = campaigns(tmp_path)
    folder.write(
        "campaigns.csv", "id,title,cost\n" + "".join(f"{n},T{n},{n}\n" for n in range(100_000))
    )

    asked = [
        folder.ask("campaign", ["name"], match="record_id", keys=[str(n)])
        for n in (0, 50_000, 99_999)
    ]

    assert [each.rows for each in asked] == [
        {("0",): [("T0",)]},
        {("50000",): [("T50000",)]},
        {("99999",): [("T99999",)]},
    ]
    assert len(folder.all("campaign", "record_id")) == 100_000
    assert folder.reads("campaign") == 1


def test_a_file_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    """Same length, same moment: another file is another file."""
    folder = campaigns(tmp_path)
    path = folder.write("campaigns.csv", "id,title,cost\n1,Old,1\n")
    status = path.stat()
    before = folder.all("campaign", "name")

    folder.write("campaigns.csv", "id,title,cost\n1,New,1\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert (before, folder.all("campaign", "name")) == ([("Old",)], [("New",)])
    assert folder.reads("campaign") == 2


def test_of_several_files_only_the_changed_one_is_read(tmp_path: Path) -> None:
    """Several files are one table; a later file replaces records of an earlier one."""
    folder = campaigns(tmp_path, file="export-*.csv")
    folder.write("export-2.csv", "id,title,cost\n2,B2,\n3,C,\n")
    folder.write("export-1.csv", "id,title,cost\n1,A,\n2,B1,\n")
    first = folder.all("campaign", "record_id", "name")

    folder.write("export-2.csv", "id,title,cost\n3,C,\n")

    assert first == [("1", "A"), ("2", "B2"), ("3", "C")]
    assert folder.all("campaign", "name") == [("A",), ("B1",), ("C",)]
    assert folder.reads("campaign") == 3


def test_an_unknown_entity_is_misconfigured(tmp_path: Path) -> None:
    """The planner never asks for it; whoever does is told."""
    with pytest.raises(Misconfigured, match="it has no entity 'ticket'"):
        campaigns(tmp_path).all("ticket", "record_id")


def test_a_broken_parquet_behind_a_csv_name_is_told(tmp_path: Path) -> None:
    """A format that does not fit the content is an error in words."""
    folder = campaigns(tmp_path, format="parquet")
    folder.write("campaigns.csv", GOOD)

    with pytest.raises(Malformed, match="it is no whole Parquet file"):
        folder.all("campaign", "name")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_what_a_csv_writer_wrote_is_read_back(texts: list[str]) -> None:
    """Quotes, delimiters, line breaks and every script survive."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", "title", "cost"])
    writer.writerows([number, each, ""] for number, each in enumerate(texts))

    with tempfile.TemporaryDirectory() as path:
        folder = campaigns(Path(path))
        folder.write("campaigns.csv", text.getvalue())
        answer = folder.ask("campaign", ["name"])

    assert answer.rows[()] == [(each,) for each in texts]
    assert answer.skipped == ()
