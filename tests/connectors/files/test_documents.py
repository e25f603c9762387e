"""Documents: files in a folder whose layout or sidecars tell the customer."""

import asyncio
import os
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import DocumentContent, DocumentReader, Refused, Unavailable
from connectors.documents.facts import kind
from connectors.documents.layout import Layout
from tests.connectors.files.folder import Folder

LAYOUT = {"layout": "customers/{customer}/{kind}/{name}"}
MODIFIED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def shelf(path: Path, document: Mapping[str, Any], **settings: Any) -> Folder:
    """A folder of documents."""
    return Folder(path, {"document": document}, settings)


def put(folder: Folder, name: str, content: bytes = b"text") -> None:
    """A document with a known time of its last change."""
    path = folder.write(name, content)
    seconds = int(MODIFIED.timestamp())
    os.utime(path, (seconds, seconds))


def opened(folder: Folder, record_id: str) -> DocumentContent | None:
    """The content of a document."""
    return asyncio.run(folder.connector.open_document(record_id))


def test_the_layout_tells_whose_a_document_is_and_what(tmp_path: Path) -> None:
    """Customer and kind from the path; type, size, time and version from the file."""
    folder = shelf(tmp_path, {**LAYOUT, "references": {"customer": {"source": "crm"}}})
    put(folder, "customers/1007/contracts/框架合同.pdf", b"%PDF-1.7")
    put(folder, "customers/王芳/发票/2026-01.xlsx", b"xlsx")
    put(folder, "notes.txt")

    rows = folder.all(
        "document", "record_id", "name", "kind", "media_type", "size_bytes", "customer_ref"
    )
    (version, modified) = folder.all("document", "version", "modified_at")[0]

    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert rows == [
        (
            "customers/1007/contracts/框架合同.pdf",
            "框架合同.pdf",
            "CONTRACT",
            "application/pdf",
            8,
            "1007",
        ),
        ("customers/王芳/发票/2026-01.xlsx", "2026-01.xlsx", "INVOICE", sheet, 4, "王芳"),
    ]
    assert (version, modified) == ("649e38b6f6080-8", MODIFIED)
    assert folder.connector.capabilities["document"].references == {"customer": "crm"}


def test_documents_are_found_by_customer_and_by_id(tmp_path: Path) -> None:
    """One batch for many customers."""
    folder = shelf(tmp_path, LAYOUT)
    put(folder, "customers/1/invoice/a.pdf")
    put(folder, "customers/2/invoice/b.pdf")
    put(folder, "customers/2/report/c.pdf")

    by_customer = folder.ask(
        "document", ["name", "kind"], match="customer_ref", keys=["2", "1", "9"]
    )
    by_id = folder.ask(
        "document", ["name"], match="record_id", keys=["customers/1/invoice/a.pdf", "nope"]
    )

    assert by_customer.rows == {
        ("2",): [("b.pdf", "INVOICE"), ("c.pdf", "REPORT")],
        ("1",): [("a.pdf", "INVOICE")],
    }
    assert by_id.rows == {("customers/1/invoice/a.pdf",): [("a.pdf",)]}


def test_sidecars_tell_what_the_path_does_not(tmp_path: Path) -> None:
    """The file's own wins over that of its folder, or of the nearest folder around it."""
    folder = shelf(tmp_path, {})
    put(folder, "acme/customer.json", b'{"id": "C-1", "name": "Acme"}')
    put(folder, "acme/2026/offer.docx")
    put(folder, "acme/plan.pdf")
    put(
        folder,
        "acme/plan.pdf.meta.json",
        '{"customer": "C-2", "kind": "Proposal", "version": "3", "name": "方案"}'.encode(),
    )

    rows = folder.all("document", "record_id", "name", "customer_ref", "kind")

    assert rows == [
        ("acme/plan.pdf", "方案", "C-2", "PROPOSAL"),
        ("acme/2026/offer.docx", "offer.docx", "C-1", "OTHER"),
    ]
    content = opened(folder, "acme/plan.pdf")
    assert content is not None
    assert content.name == "方案.pdf"


def test_mappings_look_into_layout_and_sidecars(tmp_path: Path) -> None:
    """What the defaults do not know can be said in the mapping."""
    folder = shelf(
        tmp_path,
        {
            "layout": "{year}/{number}_{name}",
            "references": {"customer": {"from": "sidecar.ids.crm", "source": "crm"}},
            "fields": {
                "name": {"join": ["layout.number", "name"], "with": " "},
                "kind": {"constant": "INVOICE"},
            },
        },
    )
    put(folder, "2026/customer.json", b'{"ids": {"crm": 17}}')
    put(folder, "2026/0042_a.pdf")

    assert folder.all("document", "name", "kind", "customer_ref") == [
        ("0042 0042_a.pdf", "INVOICE", "17")
    ]


def test_a_sidecar_that_is_broken_is_told_and_costs_no_document(tmp_path: Path) -> None:
    """The documents are there, without what it would have said; mended, they have it."""
    folder = shelf(tmp_path, {}, refresh_s=0)
    put(folder, "acme/customer.json", b'{"id": ')
    put(folder, "acme/a.pdf")
    before = folder.ask("document", ["customer_ref"])

    folder.write("acme/customer.json", '{"id": "C-1"}')
    after = folder.ask("document", ["customer_ref"])

    assert before.rows[()] == [(None,)]
    assert before.skipped[0].reason.startswith("acme/customer.json: it cannot be read as JSON")
    assert (after.rows[()], after.skipped) == ([("C-1",)], ())


def test_a_sidecar_with_a_date_nobody_can_read_skips_its_document(tmp_path: Path) -> None:
    """The reason names the file."""
    folder = shelf(tmp_path, {"fields": {"modified_at": "meta.date"}})
    put(folder, "a.pdf")
    put(folder, "a.pdf.meta.json", b'{"date": "soon"}')

    answer = folder.ask("document", ["name"])

    assert answer.rows[()] == []
    assert answer.skipped[0].record_id == "a.pdf"
    assert answer.skipped[0].reason.startswith(
        "a.pdf: document: record 'a.pdf': 'modified_at' is 'soon', expected an ISO 8601 date"
    )


def test_hidden_files_sidecars_and_links_that_leave_are_no_documents(tmp_path: Path) -> None:
    """Links inside the folder are; what is outside can neither be listed nor opened."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    folder = shelf(tmp_path / "shared", {})
    put(folder, "a.pdf")
    put(folder, ".hidden.pdf")
    put(folder, ".git/config")
    put(folder, "~$a.docx")
    put(folder, "Thumbs.db")
    put(folder, "customer.json", b"{}")
    put(folder, "a.pdf.meta.json", b"{}")
    (tmp_path / "shared" / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (tmp_path / "shared" / "inner.pdf").symlink_to("a.pdf")
    (tmp_path / "shared" / "dangling.pdf").symlink_to("nowhere")
    (tmp_path / "shared" / "up").symlink_to(tmp_path)

    assert folder.all("document", "record_id") == [("a.pdf",), ("inner.pdf",)]
    assert opened(folder, "link.pdf") is None


@pytest.mark.parametrize(
    "record_id",
    ["../secret.pdf", "/etc/passwd", "a.pdf/../../secret.pdf", "./a.pdf", "", ".", "a.pdf\x00"],
)
def test_no_id_opens_what_is_not_a_document(tmp_path: Path, record_id: str) -> None:
    """Only ids that the walk found are opened; no id is ever made into a path."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    folder = shelf(tmp_path / "shared", {})
    put(folder, "a.pdf")

    assert opened(folder, record_id) is None


def test_a_document_that_became_a_link_out_is_not_opened(tmp_path: Path) -> None:
    """The list may be some seconds old; the door looks again."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    folder = shelf(tmp_path / "shared", {})
    put(folder, "a.pdf")
    assert opened(folder, "a.pdf") is not None

    (tmp_path / "shared" / "a.pdf").unlink()
    (tmp_path / "shared" / "a.pdf").symlink_to(tmp_path / "secret.pdf")

    assert opened(folder, "a.pdf") is None


def test_a_document_is_opened_as_it_is_now(tmp_path: Path) -> None:
    """A new one is found without waiting; one that went is gone."""
    folder = shelf(tmp_path, {})
    assert isinstance(folder.connector, DocumentReader)
    put(folder, "a.pdf", b"1")
    assert folder.all("document", "name") == [("a.pdf",)]

    put(folder, "b.txt", b"22")
    (tmp_path / "a.pdf").unlink()

    assert opened(folder, "b.txt") == DocumentContent(
        name="b.txt", media_type="text/plain", size_bytes=2, body=tmp_path / "b.txt"
    )
    assert opened(folder, "a.pdf") is None


def test_ids_are_the_same_however_the_system_spells_accents(tmp_path: Path) -> None:
    """A name in Unicode's NFD, as macOS writes it, has its NFC id and opens."""
    folder = shelf(tmp_path, {})
    put(folder, unicodedata.normalize("NFD", "Müller/Übersicht.pdf"))

    (row,) = folder.all("document", "record_id")

    assert row == (unicodedata.normalize("NFC", "Müller/Übersicht.pdf"),)
    assert opened(folder, str(row[0])) is not None


def test_a_name_that_is_no_text_is_skipped(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are told, readably."""
    folder = shelf(tmp_path, {})
    put(folder, "a.pdf")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pdf")).touch()

    answer = folder.ask("document", ["name"])

    assert answer.rows[()] == [("a.pdf",)]
    assert [each.reason for each in answer.skipped] == [
        "\\udcff.pdf: its name is not UTF-8; rename it"
    ]


def test_the_folder_is_walked_through_once_in_a_while(tmp_path: Path) -> None:
    """Questions in quick succession share a walk; later ones see what is new."""
    folder = shelf(tmp_path, {}, refresh_s=5)
    put(folder, "a.pdf")
    first = folder.all("document", "name")
    put(folder, "b.pdf")

    at_once = folder.all("document", "name")
    folder.now += timedelta(seconds=5)

    assert first == at_once == [("a.pdf",)]
    assert folder.all("document", "name") == [("a.pdf",), ("b.pdf",)]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """The walk is bounded."""
    folder = shelf(tmp_path, {}, max_documents=2)
    for name in "abc":
        put(folder, f"{name}.pdf")

    with pytest.raises(Refused, match=r"more than 2 files below .*; raise 'max_documents'"):
        folder.all("document", "name")


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """An unmounted share has not lost its documents."""
    folder = Folder(tmp_path, {"document": {}}, {"path": "share"})

    with pytest.raises(Unavailable, match="it is not there"):
        folder.all("document", "name")
    with pytest.raises(Unavailable, match="it is not there"):
        opened(folder, "a.pdf")


def test_a_scan_of_documents_gives_what_changed(tmp_path: Path) -> None:
    """New, changed, described anew, and gone; nothing when nothing changed."""
    folder = shelf(tmp_path, {})
    for name in ("a.pdf", "b.pdf", "c.pdf", "d.pdf"):
        put(folder, name)
    (first,) = folder.scanned("document")

    put(folder, "a.pdf", b"longer")
    put(folder, "b.pdf.meta.json", b'{"customer": "7"}')
    (tmp_path / "c.pdf").unlink()
    (second,) = folder.scanned("document", first.cursor)

    assert [each.record_id for each in first.changes] == ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]
    assert [(each.record_id, each.row is None) for each in second.changes] == [
        ("a.pdf", False),
        ("b.pdf", False),
        ("c.pdf", True),
    ]
    changed = dict(zip(second.fields, second.changes[1].row or (), strict=True))
    assert (changed["customer_ref"], changed["observed_at"]) == ("7", folder.now)
    assert folder.scanned("document", second.cursor) == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Invoices", "INVOICE"),
        ("合同", "CONTRACT"),
        ("Angebote", "PROPOSAL"),
        ("misc", "OTHER"),
        (None, "OTHER"),
        ("", "OTHER"),
    ],
)
def test_words_for_kinds_are_known(word: str | None, meant: str) -> None:
    """English in singular and plural, Chinese, and what the configuration adds."""
    assert kind(word, kinds={"Angebote": "PROPOSAL"}) == meant


@pytest.mark.parametrize(
    ("pattern", "name", "parts"),
    [
        ("{customer}/{kind}-{name}", "7/invoice-1-2.pdf", ("7", "invoice")),
        ("**/{customer}/{kind}/*", "a/b/7/x/1.pdf", ("7", "x")),
        ("**/{customer}/{kind}/*", "7/x/1.pdf", ("7", "x")),
        ("{customer}/{kind}.pdf", "7/xApdf", None),
        ("{customer}/{kind}/*", "7/x/deeper/1.pdf", None),
    ],
)
def test_layouts_take_paths_apart(pattern: str, name: str, parts: tuple[str, str] | None) -> None:
    """Parts stay within a step; everything else is itself."""
    found = Layout.parsed(pattern).parts(name)

    assert (found and (found["customer"], found["kind"])) == parts


@pytest.mark.parametrize("pattern", ["{customer", "a}/b", "{a}/{a}", "/{a}", "../{a}", "", "{}"])
def test_a_layout_that_is_none_is_refused(tmp_path: Path, pattern: str) -> None:
    """In the configuration, before anything is read."""
    with pytest.raises(ValueError, match=r"brace|names each part once|path below the folder"):
        shelf(tmp_path, {"layout": pattern})
