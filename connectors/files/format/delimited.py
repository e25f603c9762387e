"""CSV: text files with a delimiter."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from connectors.contract import Misconfigured, Unavailable
from connectors.files.folder import DataFile
from connectors.files.format.table import Broken, Line, Table, names
from connectors.files.options import TableOptions

SAMPLE_BYTES = 65_536
_OFTEN_MEANT = ("utf-8-sig", "gb18030", "big5", "shift_jis", "cp1252")


@contextmanager
def opened(file: DataFile, handle: BinaryIO, options: TableOptions) -> Iterator[Table]:
    """The table of a CSV file.

    A file of no bytes is not ready yet (`Unavailable`), one with a header only has no records.
    Raises `Misconfigured` where most of it is not in the encoding that the configuration names.
    """
    if not file.size_bytes:
        raise file.problem(Unavailable, "it is empty, without even a header; is it being written?")
    encoding = _effective(options.encoding)
    _check_encoding(file, handle.read(SAMPLE_BYTES), encoding)
    handle.seek(0)
    text = io.TextIOWrapper(handle, encoding, errors="surrogateescape", newline="")
    try:
        yield _table(file, text, options)
    finally:
        text.detach()  # else the wrapper closes the file, which is not its own


def _table(file: DataFile, text: io.TextIOWrapper, options: TableOptions) -> Table:
    rows = _numbered(text, delimiter=options.delimiter_of(file.name))
    first = next(rows, None)
    if first is None or isinstance(first[1], Broken):
        raise file.problem(Misconfigured, "its first line is no header; set 'delimiter'")
    header = _header(file, first[1], options)
    return Table(header, _records(header, rows if options.header is True else chain([first], rows)))


def _header(file: DataFile, first: Sequence[str], options: TableOptions) -> tuple[str, ...]:
    if options.header is True:
        return names(first)
    if options.header is False:
        return names([None] * len(first))
    if len(options.header) != len(first):
        raise file.problem(
            Misconfigured,
            f"'header' names {len(options.header)} columns, the file has {len(first)}",
        )
    return names(options.header)


def _numbered(
    text: io.TextIOWrapper, *, delimiter: str
) -> Iterator[tuple[int, list[str] | Broken]]:
    """Rows with the number of the line on which they begin; blank lines are left out."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        row = _next(reader, start, lambda: reader.line_num)
        if row is None:
            return
        if isinstance(row, Broken) or row:
            yield start, row


def _next(
    reader: Iterator[list[str]], start: int, line: Callable[[], int]
) -> list[str] | Broken | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        return Broken(f"{error}, in lines {start} to {line()}")


def _records(
    header: Sequence[str], rows: Iterator[tuple[int, list[str] | Broken]]
) -> Iterator[Line]:
    width = len(header)
    for number, row in rows:
        if isinstance(row, Broken):
            yield number, row
        elif len(row) != width:
            yield number, Broken(f"it has {len(row)} columns, the header has {width}")
        elif any(not each.isascii() and _is_undecoded(each) for each in row):
            yield number, Broken("it holds bytes that are not in the encoding of the file")
        else:
            yield number, {name: value or None for name, value in zip(header, row, strict=True)}


def _is_undecoded(text: str) -> bool:
    return any("\udc80" <= each <= "\udcff" for each in text)


def _effective(encoding: str) -> str:
    """UTF-8 reads a byte order mark as what it is, whether it was said to be there or not."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding


def _check_encoding(file: DataFile, sample: bytes, encoding: str) -> None:
    if _fits(sample, encoding):
        return
    meant = next((each for each in _OFTEN_MEANT if _fits(sample, each)), None)
    hint = f"; set 'encoding: {meant}', which fits" if meant else "; set 'encoding'"
    raise file.problem(Misconfigured, f"it is not written in {encoding}{hint}")


def _fits(sample: bytes, encoding: str) -> bool:
    """Whether a sample can be decoded, but for a single slip below the header."""
    if _can_decode(sample, encoding):
        return True
    if encoding != "utf-8-sig" and "\n".encode(encoding) != b"\n":
        return False
    header, *lines = sample.split(b"\n")[: None if len(sample) < SAMPLE_BYTES else -1]
    bad = sum(not _can_decode(each, encoding) for each in lines)
    return bad <= 1 and _can_decode(header, encoding)


def _can_decode(sample: bytes, encoding: str) -> bool:
    """Whether bytes can be decoded; a character cut off at their end does not count."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeError:
        return False
    return True
