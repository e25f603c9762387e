"""A folder with tables as CSV and JSON lines, and documents."""

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Environment
from connectors.files import KIND
from tests.conformance.canonical import RECORDS, SOURCE, START, Values, mapping, raw, written_as
from tests.conformance.source import Connect, Source, connecting, new_folder

FILES = {
    "customer_record": "customers.jsonl",
    "purchase": "orders.csv",
    "purchase_line": "lines.tsv",
    "ticket": "tickets.jsonl",
}


def _entities() -> dict[str, Any]:
    tables = {written_as(name): mapping(name, file=file) for name, file in FILES.items()}
    return {**tables, "document": {"layout": "{customer}/{kind}/{version}/{name}"}}


def connect(folder: Path, entities: Mapping[str, Any]) -> Connect:
    """A connector to the files in `data` below a folder."""
    values = {"kind": "files", "path": "data", "refresh_s": 0, "entities": entities}
    options = KIND.options.model_validate(values)
    environment = Environment(now=lambda: START, base_dir=folder)
    return connecting(lambda: KIND.open(SOURCE, options, environment))


def write_table(path: Path, entity: str, records: Sequence[Values]) -> None:
    """Replace a file with these records."""
    rows = [raw(entity, each) for each in records]
    fresh = path.with_name(f".{path.name}.part")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            delimiter = "\t" if path.suffix == ".tsv" else ","
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    fresh.replace(path)


def _write_document(path: Path, record: Values) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * record["size_bytes"])
    moment = record["modified_at"].timestamp()
    os.utime(path, (moment, moment))


@contextmanager
def folder_of_files(request: pytest.FixtureRequest) -> Iterator[Source]:
    """The records in files of several formats."""
    folder = new_folder(request)
    data = folder / "data"
    data.mkdir()
    for entity, file in FILES.items():
        write_table(data / file, entity, RECORDS[entity])
    for record in RECORDS["document"]:
        _write_document(data / record["record_id"], record)

    def delete(entity: str, record_id: str) -> None:
        if entity == "document":
            (data / record_id).unlink()
            return
        left = [each for each in RECORDS[entity] if each["record_id"] != record_id]
        write_table(data / FILES[entity], entity, left)

    wrong = {"purchase": mapping("purchase", file="orders.csv") | {"key": "order_number"}}
    yield Source(
        records=RECORDS,
        connect=connect(folder, _entities()),
        connect_wrongly=connect(folder, wrong),
        stop=lambda: data.rename(folder / "away"),
        start=lambda: (folder / "away").rename(data),
        delete=delete,
    )


SOURCES = {"files": folder_of_files}
