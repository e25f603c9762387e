"""Parquet files."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from connectors.contract import Malformed
from connectors.files.folder import DataFile
from connectors.files.format.table import Broken, Line, Table, library

BATCH_ROWS = 5_000


def read(file: DataFile, handle: BinaryIO) -> Table:
    """The table of a Parquet file, with the types that it has: decimals exact, times as stored.

    Nanoseconds are cut to microseconds. Raises `Malformed` for a file that is cut off or no
    Parquet, and `Misconfigured` where the library is missing.
    """
    arrow = library("pyarrow", file, what="Parquet")
    parquet = library("pyarrow.parquet", file, what="Parquet")
    try:
        source = parquet.ParquetFile(handle)
    except (arrow.ArrowInvalid, OSError) as error:
        raise file.problem(
            Malformed, f"it is no whole Parquet file; write it again: {error}"
        ) from error
    return Table(tuple(source.schema_arrow.names), _lines(arrow, source))


def _lines(arrow: Any, source: Any) -> Iterator[Line]:
    done = 0
    for group in range(source.num_row_groups):
        try:
            for batch in source.iter_batches(batch_size=BATCH_ROWS, row_groups=[group]):
                yield from enumerate(_records(arrow, batch), start=done + 1)
                done += batch.num_rows
        except (arrow.ArrowInvalid, OSError) as error:
            yield done + 1, Broken(f"the rest of row group {group + 1} cannot be read: {error}")


def _records(arrow: Any, batch: Any) -> list[dict[str, Any]]:
    schema = batch.schema
    for position, field in enumerate(schema):
        if arrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            coarse = arrow.timestamp("us", tz=field.type.tz)
            schema = schema.set(position, arrow.field(field.name, coarse))
    table = arrow.Table.from_batches([batch])
    records: list[dict[str, Any]] = table.cast(schema, safe=False).to_pylist()
    return records
