"""What `check` and `discover` say about a folder."""

import asyncio
from pathlib import Path

import pytest

from connectors import registry
from connectors.contract import Finding, Severity
from connectors.files import KIND
from connectors.files.options import FilesOptions
from tests.connectors.files.folder import CAMPAIGN, MEMBERSHIP, Folder


def test_the_kind_is_found() -> None:
    """By its folder alone."""
    assert registry.kinds()["files"] is KIND


def test_what_fits_has_no_findings(tmp_path: Path) -> None:
    """Silence is good."""
    folder = Folder(tmp_path, {"campaign": CAMPAIGN})
    folder.write("campaigns.csv", "id,title,cost\n1,A,1\n")

    assert folder.findings() == []


def test_everything_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    """Each entity has its own findings, with the setting that they are about."""
    folder = Folder(
        tmp_path,
        {
            "campaign": CAMPAIGN,
            "campaign_membership": MEMBERSHIP,
            "customer": {"file": "*.jsonl", "key": "id", "fields": {"name": "name"}},
            "document": {"layout": "docs/{customer}/{name}"},
        },
    )
    folder.write("campaigns.csv", "id,titel,cost\n1,A,1\n")
    folder.write("members.csv", "campaign,contact,status\nc1,7,SENT\nc1,8,LOST\nc1\n")

    campaign, membership, customer, *document = folder.findings()

    assert campaign == Finding(
        Severity.ERROR,
        "campaigns.csv: there is no column 'title'; did you mean 'titel'?",
        "entities.campaign.file",
    )
    assert membership.severity is Severity.WARNING
    assert membership.message.startswith(
        "2 of the first 3 records are skipped; the first: members.csv, line 3: "
    )
    assert (customer.severity, customer.setting) == (Severity.ERROR, "entities.customer.file")
    assert "as soon as one appears" in customer.message
    assert [each.message for each in document] == [
        "2 files do not fit the layout, such as campaigns.csv",
        "there are no documents in the folder",
    ]


def test_a_live_file_that_is_too_large_is_found_before_it_is_asked(tmp_path: Path) -> None:
    """Synced, the same file is fine."""
    settings = {"max_bytes": 10}
    live = Folder(tmp_path, {"campaign": CAMPAIGN}, settings)
    synced = Folder(tmp_path, {"campaign": {**CAMPAIGN, "mode": "synced"}}, settings)
    live.write("campaigns.csv", "id,title,cost\n1,A,1\n")

    (finding,) = live.findings()

    assert "set 'mode: synced'" in finding.message
    assert synced.findings() == []


def test_the_tables_of_a_folder_are_discovered(tmp_path: Path) -> None:
    """Names, columns with types, and what may be the key."""
    folder = Folder(tmp_path, {})
    folder.write("a/客户.csv", "kind,编号\nA,1\nA,2\n")
    folder.write("b.jsonl", '{"id": 1, "tags": []}\n{"id": 2, "name": "x"}\n')
    folder.write("broken.parquet", "x")
    folder.write("readme.txt", "x")

    found = asyncio.run(folder.connector.discover())

    assert [(each.name, dict(each.fields), each.key) for each in found[:1]] == [
        (
            "b.jsonl",
            {"id": "int", "tags": "list", "_file": "str", "_folder": "str", "name": "str"},
            "id",
        ),
    ]
    assert found[1].fields["(unreadable)"].startswith("broken.parquet: it is no whole Parquet")
    assert (found[2].name, found[2].fields, found[2].key) == (
        "a/客户.csv",
        {"kind": "str", "编号": "str"},
        "编号",
    )


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        ({"file": "a.csv", "key": "id", "changed": "x", "fields": {"name": "n"}}, "leave it out"),
        ({"file": "a.csv", "key": "id", "encoding": "utf-9", "fields": {"name": "n"}}, "utf-9"),
        ({"file": "a.csv", "key": "id", "fields": {"nam": "n"}}, "did you mean 'name'"),
        ({"file": "a.csv", "key": "id", "sheets": "x", "fields": {"name": "n"}}, "sheets"),
    ],
)
def test_settings_that_make_no_sense_are_refused(entity: object, message: str) -> None:
    """Before anything is read, in words."""
    with pytest.raises(ValueError, match=message):
        FilesOptions.model_validate(
            {"kind": "files", "path": ".", "entities": {"campaign": entity}}
        )


def test_an_editor_takes_tables_and_json_alike() -> None:
    """The shapes of tables and JSON are the same: `oneOf` would underline every one of them."""
    entities = FilesOptions.model_json_schema()["properties"]["entities"]

    assert [each["$ref"] for each in entities["additionalProperties"]["anyOf"]] == [
        "#/$defs/TableEntity",
        "#/$defs/JsonEntity",
        "#/$defs/DocumentEntity",
    ]
