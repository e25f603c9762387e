"""The settings of a source of the kind `files`."""

import codecs
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from connectors.documents.entity import DocumentEntity, StoredEntity
from connectors.documents.layout import is_pattern_below
from connectors.mapping import Dialect, MappedOptions
from connectors.mapping.expression import Settings

Format: TypeAlias = Literal["csv", "jsonl", "json", "parquet", "excel"]

BY_SUFFIX: Mapping[str, Format] = MappingProxyType(
    {
        ".csv": "csv",
        ".tsv": "csv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "json",
        ".parquet": "parquet",
        ".xlsx": "excel",
        ".xlsm": "excel",
        ".xlsb": "excel",
        ".xls": "excel",
        ".ods": "excel",
    }
)
"""The formats that file names tell."""


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(
            f"there is no encoding '{name}'; write one such as utf-8, gb18030 or cp1252"
        ) from None
    return name


class TableOptions(Settings):
    """Where the records of an entity are, and how they are written."""

    file: str = Field(min_length=1)
    """The file, relative to `path`; with `*` and `**` several files are one table. In a later file
    (in the order of names) a record replaces the one with its key in an earlier file."""

    format: Format | None = None
    """How the file is written, where its name does not tell."""

    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """What separates the columns of a CSV file: a comma, in `.tsv` files a tab."""

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    """The encoding of a text file, such as `gb18030`; UTF-8 with or without a byte order mark."""

    header: bool | tuple[str, ...] = True
    """Whether the first line of a CSV file names its columns; else their names, or `false` for
    `column_1`, `column_2` and so on."""

    sheet: str | None = None
    """The sheet of a spreadsheet; the first one where it is not set."""

    @field_validator("file")
    @classmethod
    def _stays_below(cls, value: str) -> str:
        if not is_pattern_below(value):
            raise ValueError(
                "write a path below the folder, without a leading '/' and without '..'"
            )
        return value

    @model_validator(mode="after")
    def _has_a_format(self) -> Self:
        if self.format is None and PurePosixPath(self.file).suffix.lower() not in BY_SUFFIX:
            raise ValueError(
                f"the name '{self.file}' does not tell its format; set 'format' to csv, jsonl,"
                " json, parquet or excel"
            )
        return self

    @property
    def effective_format(self) -> Format:
        """The format, as set or as the name tells."""
        return self.format or BY_SUFFIX[PurePosixPath(self.file).suffix.lower()]

    @property
    def names_many(self) -> bool:
        """Whether the pattern is made for many files."""
        return any(each in self.file for each in "*?[")

    def delimiter_of(self, name: str) -> str:
        """What separates the columns of the file with this name."""
        return self.delimiter or ("\t" if name.lower().endswith(".tsv") else ",")


class TableEntity(StoredEntity, TableOptions):
    """An entity whose records are lines of CSV, Parquet or Excel files; names are columns."""


class JsonEntity(StoredEntity, TableOptions):
    """An entity whose records are JSON objects; names are paths (JMESPath).

    `_file` is the path of the file that a record stands in, `_folder` the name of its folder.
    """

    dialect: ClassVar[Dialect] = Dialect.JMESPATH


def _tag(value: Any) -> str:
    if isinstance(value, StoredEntity):
        return type(value).__name__
    if not isinstance(value, Mapping):
        return "TableEntity"
    if value.get("written_as") == "document" and "file" not in value:
        return "DocumentEntity"
    suffix = PurePosixPath(str(value.get("file", ""))).suffix.lower()
    is_json = (value.get("format") or BY_SUFFIX.get(suffix)) in {"json", "jsonl"}
    return "JsonEntity" if is_json else "TableEntity"


class _AnyOf:
    """For editors: an entity that fits several shapes (tables and JSON look alike) is right."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        return {"anyOf": schema["oneOf"]}


AnyEntity: TypeAlias = Annotated[
    Annotated[TableEntity, Tag("TableEntity")]
    | Annotated[JsonEntity, Tag("JsonEntity")]
    | Annotated[DocumentEntity, Tag("DocumentEntity")],
    Discriminator(_tag),
    _AnyOf(),
]


class FilesOptions(MappedOptions[AnyEntity]):
    """A folder of files."""

    path: str = Field(min_length=1)
    """The folder, relative to the configuration file."""

    max_bytes: int = Field(64 * 1024 * 1024, gt=0)
    """The most bytes of files that a live entity may be read from, since they are kept in memory;
    for more, use `mode: synced` or a database."""

    max_documents: int = Field(200_000, gt=0)
    """The most files that are looked at for documents."""

    refresh_s: float = Field(5.0, ge=0)
    """How many seconds old the list of documents may be before the folder is looked at again."""
