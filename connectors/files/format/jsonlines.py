"""JSON lines (one object per line), and JSON files (one object, or a list of objects)."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import orjson

from connectors.contract import Malformed
from connectors.files.folder import DataFile
from connectors.files.format.table import Broken, Line, Table

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(file: DataFile, handle: BinaryIO, encoding: str) -> Table:
    """The records of a file with one JSON object per line; a line that is none is broken."""
    return Table(None, _lines(file, handle, encoding))


def _lines(file: DataFile, handle: BinaryIO, encoding: str) -> Iterator[Line]:
    places = _places(file)
    for number, line in enumerate(handle, start=1):
        if line.strip():
            yield number, _record(line, encoding, places)


def read_document(
    file: DataFile, handle: BinaryIO, encoding: str, *, is_one_of_many: bool
) -> Table:
    """The records of a JSON file: each object of a list, or the one object that it is.

    A file that is neither raises `Malformed`, or with `is_one_of_many` is a broken record, so that
    it does not hold up all others.
    """
    try:
        found = _document(handle.read(), encoding)
    except ValueError as error:
        if is_one_of_many:
            return Table(None, iter([(1, Broken(str(error)))]))
        raise file.problem(Malformed, str(error)) from error
    records = found if isinstance(found, list) else [found]
    places = _places(file)
    return Table(None, ((n, _object(each, places)) for n, each in enumerate(records, start=1)))


def _document(value: bytes, encoding: str) -> dict[str, Any] | list[Any]:
    try:
        found = _parsed(value, encoding)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict | list):
        raise ValueError("it holds neither a JSON object nor a list of objects")  # noqa: TRY004  # a value, not a wrong call
    return found


def _record(line: bytes, encoding: str, places: dict[str, str]) -> dict[str, Any] | Broken:
    try:
        return _object(_parsed(line, encoding), places)
    except ValueError as error:
        return Broken(f"it is no JSON: {error}")


def _object(value: Any, places: dict[str, str]) -> dict[str, Any] | Broken:
    return {**value, **places} if isinstance(value, dict) else Broken("it is no JSON object")


def _places(file: DataFile) -> dict[str, str]:
    """Where a record stands, for mappings: the path of the file, and the name of its folder."""
    return {"_file": file.name, "_folder": PurePosixPath(file.name).parent.name}


def _parsed(value: bytes, encoding: str) -> Any:
    if encoding.lower() not in {"utf-8", "utf8", "utf-8-sig"}:
        value = value.decode(encoding).encode()
    return orjson.loads(value.removeprefix(BYTE_ORDER_MARK))
