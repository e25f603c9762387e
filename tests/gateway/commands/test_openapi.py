"""`customer360 discover --openapi`: what it prints is loaded as it is, and answers."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Batch, Severity
from gateway.app import open_connectors, open_gateway
from gateway.config import load
from tests.connectors.rest.described import COUNT, SECRET, Described
from tests.gateway.commands.test_commands import ran
from tests.serving import serving
from tests.stories.company import ask

ENVIRON = {
    f"THERE_{what}": SECRET
    for what in ("KEY", "TOKEN", "USER", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET")
}
QUERY = """
{ customers(where: {givenName: {eq: "first_name 编号 3"}}) { nodes {
  emails { address }
  tickets { nodes { subject status priority } }
} } }
"""


@contextmanager
def _configured(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str], *, store: str = "postgresql://h/d"
) -> Iterator[tuple[Path, Described]]:
    """A configuration that holds nothing but the printed source, whose service is running."""
    service = Described.of(name)
    with serving(service.app()) as url:
        document = service.written(folder, url, name=name)
        assert ran("discover", "there", f"--openapi={document}") == 0
        file = folder / "customer360.yaml"
        head = f'store: {{url: "{store}", data_dir: "{folder}/data"}}\n'
        file.write_text(head + capsys.readouterr().out)
        yield file, service


@pytest.mark.parametrize(
    ("name", "entities", "keys"),
    [
        ("desk.yaml", {"customer_record": 11, "ticket": 11}, {"ticket": ["3", "4", "none"]}),
        (
            "shop.json",
            {"customer_record": 11, "purchase": 11, "product": 11},
            {"purchase": ["id-3", "id-4", "none"]},
        ),
        (
            "payments.json",
            {"customer_record": 11, "purchase": 11},
            {"purchase": ["id-3", "id-4", "none"]},
        ),
    ],
)
def test_what_is_printed_reads_the_source_that_the_document_describes(
    name: str,
    entities: Mapping[str, int],
    keys: Mapping[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every list in pages of four, and what belongs to customers by their keys."""

    async def run(file: Path) -> tuple[list[str], dict[str, int], dict[str, int]]:
        source = open_connectors(load(file, ENVIRON))["there"]
        try:
            findings = await source.check()
            wrong = [each.message for each in findings if each.severity is Severity.ERROR]
            counts: dict[str, int] = {}
            found: dict[str, int] = {}
            for entity in source.capabilities:
                pages = [page async for page in source.scan(entity, since=None)]
                assert [each for page in pages for each in page.skipped] == []
                counts[entity] = sum(len(page.changes) for page in pages)
            for entity, some in keys.items():
                answer = await source.fetch(
                    Batch(
                        entity=entity,
                        fields=("record_id",),
                        match=("customer_ref",),
                        keys=tuple((key,) for key in some),
                    )
                )
                found |= {str(key[0]): len(rows) for key, rows in answer.rows.items()}
        finally:
            await source.close()
        return wrong, counts, found

    with _configured(name, tmp_path, capsys) as (file, _):
        wrong, counts, found = asyncio.run(run(file))

    assert wrong == []
    assert counts == dict(entities)
    assert found == {key: 1 for some in keys.values() for key in some if key != "none"}
    assert COUNT == 11


def test_the_whole_gateway_answers_from_what_is_printed(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Customers are pulled, their tickets are asked for live."""

    async def run(file: Path) -> Any:
        async with open_gateway(load(file, ENVIRON)) as gateway:
            await gateway.sync.sync_source("there")
            return await ask(gateway, QUERY)

    with _configured("desk.yaml", tmp_path, capsys, store=database_url) as (file, _):
        answer = asyncio.run(run(file))

    assert answer["data"]["customers"]["nodes"] == [
        {
            "emails": [{"address": "user3@example.com"}],
            "tickets": {
                "nodes": [{"subject": "subject 编号 3", "status": "RESOLVED", "priority": "URGENT"}]
            },
        }
    ]


def test_a_configured_source_starts_from_its_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The setting `openapi` names it; only its entities are printed, since the rest is there."""
    Described.of("payments.json").written(tmp_path, "https://pay.example", name="payments.json")
    source = {"kind": "rest", "base_url": "https://pay.example", "openapi": "payments.json"}
    file = tmp_path / "c.json"
    file.write_text(json.dumps({"sources": {"pay": source}}))

    assert ran("discover", "pay", "--yaml", f"--config={file}") == 0

    out = capsys.readouterr().out
    assert out.startswith("# Entities for sources.pay.")
    assert "\nentities:\n  customer: # /customers\n    key: id\n" in out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("{", "it is neither JSON nor YAML"),
        ("a: [", "it is neither JSON nor YAML"),
        ("[]", "it holds no OpenAPI document"),
        ('{"swagger": "2.0"}', "it is Swagger 2; convert it"),
        ("openapi: 2.1.0", "it does not say `openapi: 3"),
    ],
)
def test_what_is_no_document_is_told(
    text: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the place, and what it is instead."""
    file = tmp_path / "openapi.yaml"
    if text is not None:
        file.write_text(text)

    assert ran("discover", "there", f"--openapi={file}") != 0

    assert words in capsys.readouterr().err
