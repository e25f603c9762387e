"""Discovering: which table files a folder holds, with their columns and types."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from connectors.contract import DiscoveredEntity, SourceError
from connectors.files.folder import DataFile
from connectors.files.format.table import Broken
from connectors.files.options import BY_SUFFIX, TableOptions
from connectors.files.reading import table
from connectors.files.walk import walk

MAX_FILES = 200
SAMPLE_RECORDS = 200


def discovered(root: Path, *, source: str, limit: int) -> Iterator[DiscoveredEntity]:
    """The table files below a folder, at most 200; an unreadable one says so in its fields."""
    found = walk(root, source=source, sidecar="", limit=limit)
    files = (each.file for each in found)
    tables = (each for each in files if _suffix(each.name) in BY_SUFFIX)
    for file in islice(tables, MAX_FILES):
        try:
            yield _discovered(file)
        except SourceError as error:
            yield DiscoveredEntity(name=file.name, fields={"(unreadable)": error.message})


def _discovered(file: DataFile) -> DiscoveredEntity:
    with table(file, TableOptions(file=file.name)) as found:
        lines = islice(found.lines, SAMPLE_RECORDS)
        sample = [record for _, record in lines if not isinstance(record, Broken)]
        columns = found.columns
    names = columns if columns is not None else dict.fromkeys(n for each in sample for n in each)
    return DiscoveredEntity(
        name=file.name,
        fields={name: _type(name, sample) for name in names},
        key=next((name for name in names if _is_key(name, sample)), None),
    )


def _type(name: str, sample: Sequence[Mapping[str, Any]]) -> str:
    types = {type(each[name]).__name__ for each in sample if each.get(name) is not None}
    return " or ".join(sorted(types)) or "empty"


def _is_key(name: str, sample: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column has a different value in each record."""
    values = [str(each.get(name)) for each in sample if each.get(name) is not None]
    return bool(sample) and len(set(values)) == len(sample)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
