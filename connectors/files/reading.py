"""Reading: from the lines of a file to canonical rows, broken ones with the reason and place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, BinaryIO, TypeAlias

from connectors.contract import Malformed, Misconfigured, Skipped
from connectors.files.folder import DataFile, opened
from connectors.files.format import delimited, excel, jsonlines, parquet
from connectors.files.format.table import Broken, Table
from connectors.files.options import Format, TableOptions
from connectors.mapping import Reader, Translation

Open: TypeAlias = Callable[[DataFile, BinaryIO, TableOptions], AbstractContextManager[Table]]

_FORMATS: Mapping[Format, Open] = MappingProxyType(
    {
        "csv": delimited.opened,
        "jsonl": lambda file, data, options: nullcontext(
            jsonlines.read_lines(file, data, options.encoding)
        ),
        "json": lambda file, data, options: nullcontext(
            jsonlines.read_document(file, data, options.encoding, is_one_of_many=options.names_many)
        ),
        "parquet": lambda file, data, _: nullcontext(parquet.read(file, data)),
        "excel": lambda file, data, options: nullcontext(excel.read(file, data, options.sheet)),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a file: its line, its key, and its row or the reason why it has none."""

    line: int
    record_id: str | None
    row: tuple[Any, ...] | None
    reason: str = ""

    def skipped(self, file: DataFile) -> Skipped:
        """The record as one that could not be read, with its place."""
        return Skipped(self.record_id, f"{file.name}, line {self.line}: {self.reason}")


@contextmanager
def table(file: DataFile, options: TableOptions) -> Iterator[Table]:
    """The table of a file, as long as it is open."""
    read = _FORMATS[options.effective_format]
    with opened(file) as handle, read(file, handle, options) as found:
        yield found


@contextmanager
def records(
    file: DataFile, options: TableOptions, *, translation: Translation, reader: Reader
) -> Iterator[Iterator[Found]]:
    """The records of a file, translated; raises `Misconfigured` where a column is missing."""
    with table(file, options) as found:
        if found.columns is not None:
            _check_columns(file, found.columns, translation)
        yield _translated(found, translation, reader)


def _translated(found: Table, translation: Translation, reader: Reader) -> Iterator[Found]:
    for line, raw in found.lines:
        if isinstance(raw, Broken):
            yield Found(line, None, None, raw.reason)
            continue
        key = translation.record_id(raw)
        try:
            yield Found(line, key, reader(raw))
        except Malformed as problem:
            yield Found(line, key, None, problem.message)


def _check_columns(file: DataFile, columns: Sequence[str], translation: Translation) -> None:
    there = set(columns)
    wanted = translation.raws(sorted(translation.provided_fields))
    missing = [each for each in wanted if each not in there]
    if missing:
        raise file.problem(Misconfigured, "; ".join(_no_column(each, columns) for each in missing))


def _no_column(name: str, columns: Sequence[str]) -> str:
    near = get_close_matches(name, columns, 1)
    guess = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(columns)}"
    return f"there is no column '{name}'{guess}"
