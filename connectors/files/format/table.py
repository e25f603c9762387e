"""What every format gives: the columns of a file, and its records one after the other."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.contract import Misconfigured
from connectors.files.folder import DataFile


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and why."""

    reason: str


Line: TypeAlias = tuple[int, Mapping[str, Any] | Broken]
"""The number of the line, row or record, from 1, and what stands there."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that is being read. `columns` is `None` where each record has its own (JSON)."""

    columns: Sequence[str] | None
    lines: Iterator[Line]


def names(header: Sequence[object]) -> tuple[str, ...]:
    """The names of columns, each once: blank ones and repetitions get a number."""
    taken: dict[str, int] = {}
    result = []
    for position, each in enumerate(header, start=1):
        name = str(each).strip() if each is not None else ""
        name = name or f"column_{position}"
        taken[name] = taken.get(name, 0) + 1
        result.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return tuple(result)


def library(module: str, file: DataFile, *, what: str) -> Any:
    """A library of the extra `files`; raises `Misconfigured` that names it where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise file.problem(
            Misconfigured,
            f"to read {what} install the extra 'files':"
            f" pip install 'customer360-gateway[files]' ({module} is missing)",
        ) from error
