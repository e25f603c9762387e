"""Excel and OpenDocument spreadsheets: one sheet, whose first row that is not empty is the header.

Cells keep their types: numbers, texts, dates. A whole number is an `int`, so that the key 17 is
`17` and not `17.0`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from connectors.contract import Malformed, Misconfigured
from connectors.files.folder import DataFile
from connectors.files.format.table import Line, Table, library, names


def read(file: DataFile, handle: BinaryIO, sheet: str | None) -> Table:
    """The table of a sheet, or of the first one where none is named.

    Raises `Malformed` for a file that is cut off or no spreadsheet, and `Misconfigured` where the
    sheet or the library is missing.
    """
    calamine = library("python_calamine", file, what="Excel")
    try:
        with calamine.CalamineWorkbook.from_filelike(handle) as workbook:
            name = _named(file, workbook.sheet_names, sheet)
            found = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except calamine.CalamineError as error:
        raise file.problem(
            Malformed, f"it is no whole spreadsheet; save it again: {error}"
        ) from error
    rows = [(number, _row(cells)) for number, cells in enumerate(found, start=1)]
    full = [(number, row) for number, row in rows if any(each is not None for each in row)]
    if not full:
        raise file.problem(Misconfigured, f"the sheet '{name}' is empty; set 'sheet'")
    header = names(full[0][1])
    return Table(header, _lines(header, full[1:]))


def _named(file: DataFile, there: Sequence[str], wanted: str | None) -> str:
    if wanted is None:
        return there[0]
    if wanted not in there:
        raise file.problem(
            Misconfigured, f"there is no sheet '{wanted}'; set 'sheet' to one of {', '.join(there)}"
        )
    return wanted


def _row(cells: Sequence[Any]) -> list[Any]:
    return [_value(each) for each in cells]


def _value(cell: Any) -> Any:
    if cell == "":
        return None
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _lines(header: Sequence[str], rows: Sequence[tuple[int, list[Any]]]) -> Iterator[Line]:
    for number, row in rows:
        yield number, dict(zip(header, row, strict=True))
