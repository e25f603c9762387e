"""Checking: whether what is in the folder fits the configuration, and what to do where not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from connectors.contract import Finding, Severity, SourceError
from connectors.files.dataset import DataSet
from connectors.files.folder import DataFile
from connectors.files.reading import records
from connectors.files.shelf import FolderShelf

SAMPLE_RECORDS = 1_000


def check_table(name: str, data: DataSet, *, now: datetime) -> Iterator[Finding]:
    """What is wrong with the files of an entity, by the first records of each."""
    setting = f"entities.{name}.file"
    try:
        files = data.files()
        if data.translation.mapping.mode == "live":
            data.check_size(files)
    except SourceError as error:
        yield Finding(Severity.ERROR, error.message, setting)
        return
    for file in files:
        try:
            yield from _check_file(setting, file, data, now)
        except SourceError as error:
            yield Finding(Severity.ERROR, error.message, setting)


def _check_file(setting: str, file: DataFile, data: DataSet, now: datetime) -> Iterator[Finding]:
    reader = data.translation.reader(data.fields, observed_at=now)
    with records(file, data.options, translation=data.translation, reader=reader) as found_records:
        sample = list(islice(found_records, SAMPLE_RECORDS))
    bad = [each.skipped(file) for each in sample if each.row is None]
    if bad:
        yield Finding(
            Severity.WARNING,
            f"{len(bad)} of the first {len(sample)} records are skipped; the first:"
            f" {bad[0].reason}",
            setting,
        )
    if not sample:
        yield Finding(Severity.INFO, f"{file.name}: it has no records", setting)


def check_documents(shelf: FolderShelf, *, now: datetime) -> Iterator[Finding]:
    """What is wrong with the documents: none at all, some outside the layout, some unreadable."""
    setting = "entities.document.layout"
    try:
        catalogue = shelf.current(now=now, max_age=timedelta(0))
    except SourceError as error:
        yield Finding(Severity.ERROR, error.message, setting)
        return
    if catalogue.unmatched:
        text = f"{catalogue.unmatched} files do not fit the layout, such as {catalogue.example}"
        yield Finding(Severity.WARNING, text, setting)
    if not catalogue.files:
        yield Finding(Severity.WARNING, "there are no documents in the folder", setting)
    skipped = catalogue.snapshot.skipped
    if skipped:
        text = f"{len(skipped)} documents or sidecars are skipped; the first: {skipped[0].reason}"
        yield Finding(Severity.WARNING, text, setting)
