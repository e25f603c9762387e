"""Stores of documents: looked up by folder or by list, with sidecars, changes and bounds."""

import asyncio

import pytest
from pydantic import ValidationError

from connectors.contract import (
    Malformed,
    Refused,
    Severity,
    Unavailable,
)
from connectors.documents.options import StoreOptions
from tests.connectors.documents.shelves import Shelves, batch

FILES = {
    "customers/1007/contracts/框架合同.pdf": b"1234",
    "customers/1007/invoices/a.pdf": b"1",
    "customers/王芳/发票/b.pdf": b"12",
    "other/notes.txt": b"?",
}
BY_LIST = {"document": {"layout": "customers/{folder}/{kind}/{name}"}}


def test_customers_are_looked_up_by_their_folders_alone() -> None:
    """Three customers, three calls, and nothing of other customers is read."""
    shelves = Shelves(FILES)

    answer = shelves.ask("name", "kind", match="customer_ref", keys=["1007", "王芳", "none"])

    assert answer.rows == {
        ("1007",): [("框架合同.pdf", "CONTRACT"), ("a.pdf", "INVOICE")],
        ("王芳",): [("b.pdf", "INVOICE")],
    }
    assert (answer.calls, answer.failures) == (3, {})
    assert shelves.store.log == [
        "list customers/1007/",
        "list customers/王芳/",
        "list customers/none/",
    ]


def test_documents_are_looked_up_in_the_folder_of_their_customer() -> None:
    """Two of one customer cost one call; what does not fit the layout costs none."""
    shelves = Shelves(FILES)
    ids = ["customers/1007/invoices/a.pdf", "customers/1007/contracts/框架合同.pdf"]

    answer = shelves.ask("name", match="record_id", keys=[*ids, "other/notes.txt", "customers//x"])

    assert [answer.rows[(each,)] for each in ids] == [[("a.pdf",)], [("框架合同.pdf",)]]
    assert shelves.store.log == ["list customers/1007/"]


@pytest.mark.parametrize("key", ["", ".", "..", "a/b", "../1007", "a\nb", "\0"])
def test_a_key_that_is_no_name_of_a_folder_is_not_asked_for(key: str) -> None:
    """What a client sends cannot lead out of the folder of customers."""
    shelves = Shelves(FILES)

    answer = shelves.ask("name", match="customer_ref", keys=[key])

    assert (answer.rows, answer.failures, shelves.store.log) == ({}, {}, [])


def test_the_failure_of_one_folder_costs_its_customer_alone() -> None:
    """Unknown is not empty."""
    shelves = Shelves(FILES)
    shelves.store.failures["customers/王芳/"] = Malformed("shelves", "broken")

    answer = shelves.ask("name", match="customer_ref", keys=["1007", "王芳"])

    assert list(answer.rows) == [("1007",)]
    assert [str(each) for each in answer.failures.values()] == ["broken"]
    assert list(answer.failures) == [("王芳",)]


def test_where_every_folder_fails_the_question_fails() -> None:
    """As the contract says."""
    shelves = Shelves(FILES)
    shelves.store.failures["customers/1007/"] = Unavailable("shelves", "down")

    with pytest.raises(Unavailable, match="down"):
        shelves.ask("name", match="customer_ref", keys=["1007"])


def test_no_more_folders_are_listed_at_one_time_than_may_be() -> None:
    """The limit of the source, however many customers are asked about."""
    shelves = Shelves(limits={"concurrent": 3})

    answer = shelves.ask("name", match="customer_ref", keys=[str(each) for each in range(50)])

    assert answer.calls == 50
    assert shelves.store.most_busy == 3


def test_without_the_customer_in_the_layout_one_list_is_kept_for_a_while() -> None:
    """Whatever is asked within `refresh_s`; askers at one time share one list."""
    files = {**FILES, "customers/x/customer.json": b'{"id": "1007"}'}
    files["customers/x/report/c.pdf"] = b"c"
    shelves = Shelves(files, **BY_LIST, refresh_s=60)

    async def together() -> list[object]:
        question = batch("name", match="customer_ref", keys=["1007"])
        some = await asyncio.gather(*(shelves.connector.fetch(question) for _ in range(5)))
        return [dict(each.rows) for each in some]

    assert asyncio.run(together()) == [{("1007",): [("c.pdf",)]}] * 5
    assert shelves.store.log == ["list ", "read customers/x/customer.json"]
    shelves.later(59)
    shelves.ask("name")
    assert len(shelves.store.log) == 2
    shelves.later(1)
    shelves.ask("name")
    assert shelves.store.log[2:] == ["list "]


def test_sidecars_are_read_again_only_when_they_changed() -> None:
    """And only where the mapping looks into them."""
    document = {
        "layout": "customers/{customer}/{name}",
        "fields": {"name": "sidecar.label || name", "kind": "meta.kind || kind"},
    }
    files = {
        "customers/1/a.pdf": b"a",
        "customers/1/a.pdf.meta.json": b'{"kind": "REPORT", "customer": "2"}',
        "customers/1/customer.json": b'{"label": "one"}',
        "customer.json": b'{"label": "not for customers"}',
    }
    shelves = Shelves(files, document=document)

    for _ in range(2):
        answer = shelves.ask("name", "kind", "customer_ref", match="customer_ref", keys=["1"])
        assert answer.rows == {("1",): [("one", "REPORT", "1")]}
    shelves.store.files["customers/1/customer.json"] = b"{"
    broken = shelves.ask("name", match="customer_ref", keys=["1"])

    assert [each for each in shelves.store.log if each.startswith("read")] == [
        "read customers/1/a.pdf.meta.json",
        "read customers/1/customer.json",
        "read customers/1/customer.json",
    ]
    assert broken.rows == {("1",): [("a.pdf",)]}
    assert broken.skipped[0].reason.startswith("customers/1/customer.json: it cannot be read")


def test_sidecars_of_folders_cost_nothing_where_nobody_looks_into_them() -> None:
    """The layout tells the customer, so that `customer.json` is not read."""
    shelves = Shelves({**FILES, "customers/1007/customer.json": b'{"id": "1"}'})

    shelves.ask("name", match="customer_ref", keys=["1007"])

    assert shelves.store.log == ["list customers/1007/"]


def test_hidden_files_and_rubbish_are_no_documents() -> None:
    """As in a local folder."""
    names = [".a", "~$a.docx", "Thumbs.db", ".trash/a", "kept"]
    shelves = Shelves(
        {f"customers/1/{each}": b"" for each in names}, document={"layout": "**/{name}"}
    )

    assert shelves.ask("name").rows == {(): [("kept",)]}


def test_more_files_than_may_be_looked_at_are_refused() -> None:
    """With what to do."""
    shelves = Shelves(FILES, max_documents=1)

    with pytest.raises(Refused, match=r"more than 1 files below customers/1007/; raise 'max_docum"):
        shelves.ask("name", match="customer_ref", keys=["1007"])
    with pytest.raises(Refused, match=r"more than 1 files in the store"):
        shelves.scanned()


def test_a_scan_tells_what_is_new_what_changed_and_what_is_gone() -> None:
    """And nothing where nothing did; the list is always a fresh one."""
    shelves = Shelves(FILES)
    (first,) = shelves.scanned()
    assert [each.record_id for each in first.changes] == sorted(FILES)[:3]
    assert shelves.scanned(first.cursor) == []

    shelves.store.files["customers/1007/invoices/a.pdf"] = b"another"
    shelves.store.files["customers/2/report/n.pdf"] = b"new"
    del shelves.store.files["customers/王芳/发票/b.pdf"]
    (second,) = shelves.scanned(first.cursor)

    assert [(each.record_id, each.row is None) for each in second.changes] == [
        ("customers/1007/invoices/a.pdf", False),
        ("customers/2/report/n.pdf", False),
        ("customers/王芳/发票/b.pdf", True),
    ]
    assert shelves.scanned(second.cursor) == []


def test_a_list_that_breaks_off_deletes_nothing() -> None:
    """A scan fails as a whole before its first page."""
    shelves = Shelves(FILES)
    (first,) = shelves.scanned()
    shelves.store.failures[""] = Unavailable("shelves", "down")

    with pytest.raises(Unavailable):
        shelves.scanned(first.cursor)


def test_two_documents_with_one_id_are_told() -> None:
    """The first one holds."""
    document = {"layout": "customers/{customer}/{kind}/{name}", "key": "name"}
    shelves = Shelves(
        {"customers/1/report/a": b"1", "customers/2/report/a": b"2"}, document=document
    )

    (page,) = shelves.scanned()

    assert [each.record_id for each in page.changes] == ["a"]
    assert page.skipped[0].reason == "a: another document has the id 'a'; rename one of them"


def test_a_document_is_opened_by_one_look_into_its_folder() -> None:
    """Its name and type come from its row."""
    shelves = Shelves(FILES)

    async def content() -> tuple[object, ...]:
        found = await shelves.connector.open_document("customers/1007/invoices/a.pdf")
        assert found is not None
        return found.name, found.media_type, found.size_bytes

    assert asyncio.run(content()) == ("a.pdf", "application/pdf", 1)
    assert shelves.store.log == ["list customers/1007/", "open a.pdf"]


@pytest.mark.parametrize("record_id", ["customers/1007/invoices/none.pdf", "other/notes.txt", ""])
def test_what_is_no_document_cannot_be_opened(record_id: str) -> None:
    """Also where there is such a file: the layout decides."""
    shelves = Shelves(FILES)

    assert asyncio.run(shelves.connector.open_document(record_id)) is None


def test_a_document_that_is_newer_than_the_list_is_found() -> None:
    """Where lists are kept, a fresh one is made before saying no."""
    shelves = Shelves(FILES, **BY_LIST, refresh_s=3600)
    shelves.ask("name")
    shelves.store.files["customers/9/report/new.pdf"] = b"n"

    found = asyncio.run(shelves.connector.open_document("customers/9/report/new.pdf"))

    assert found is not None
    assert shelves.store.log.count("list ") == 2


def test_check_says_how_much_fits() -> None:
    """Some do not, all do not, and there is nothing."""
    some, none, empty = Shelves(FILES), Shelves({"x/y": b""}), Shelves()

    assert [(each.severity, each.message) for each in some.findings()] == [
        (
            Severity.WARNING,
            "1 of the 4 files do not fit the layout, such as other/notes.txt",
        )
    ]
    assert [(each.severity, each.message) for each in none.findings()] == [
        (
            Severity.ERROR,
            "none of the 1 files fits the layout, such as x/y; correct the layout",
        )
    ]
    assert [(each.severity, each.message) for each in empty.findings()] == [
        (Severity.WARNING, "there are no files in the store")
    ]


def test_check_warns_of_listing_the_whole_store() -> None:
    """With what to do about it."""
    (finding,) = Shelves({"customers/1/report/a": b""}, **BY_LIST).findings()

    assert finding.severity is Severity.INFO
    assert "write 'mode: synced'" in finding.message


def test_check_tells_a_failure_in_words() -> None:
    """As a finding, not as an exception."""
    shelves = Shelves(FILES)
    shelves.store.failures[""] = Refused("shelves", "who are you?")

    assert [each.message for each in shelves.findings()] == ["who are you?"]


def test_discover_shows_the_folders_at_the_top() -> None:
    """With an example of each."""
    shelves = Shelves(FILES)

    found = asyncio.run(shelves.connector.discover())

    assert [(each.name, each.record_count) for each in found] == [("customers/", 3), ("other/", 1)]
    assert found[0].fields["path"] == "text, such as customers/1007/contracts/框架合同.pdf"
    assert found[0].settings == {"layout": "customers/{customer}/{kind}/{name}"}


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["a.pdf"], "{name}"),
        (["c/1/a.pdf", "c/2/b.pdf", "c/x.pdf"], "c/{customer}/{name}"),
        ([f"{each}/report/a.pdf" for each in "123456"], "{customer}/{kind}/{name}"),
        (["c/1/report/2026/01/a.pdf"], "c/{customer}/{kind}/**/{name}"),
    ],
)
def test_discover_guesses_a_layout(names: list[str], layout: str) -> None:
    """By how deep most files are; many folders at the top are those of customers."""
    shelves = Shelves(dict.fromkeys(names, b""))

    (found, *_) = asyncio.run(shelves.connector.discover())

    assert (found.entity, found.settings) == ("document", {"layout": layout})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"entities": {"ticket": {}}}, "there is no entity 'ticket' in a store of documents"),
        ({"entities": {}}, "write `document: {layout: …}`"),
        (
            {"entities": {"document": {}}, "forward_headers": ["Authorization"]},
            "`forward_headers` is not for stores of documents",
        ),
        ({"entities": {"document": {"layout": "/x"}}}, "without a leading '/'"),
        ({"entities": {"document": {"changed": "x"}}}, "leave it out"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], said: str) -> None:
    """At the start, in words."""
    with pytest.raises(ValidationError, match=said):
        StoreOptions.model_validate({"kind": "s3", **settings})
