"""The files that a program is given: readable by nobody else, and removed afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

_OWN = 0o600


@contextmanager
def private_files(values: Mapping[str, Any]) -> Iterator[Path]:
    """A folder with one JSON file for each value, as long as it is used."""
    folder = Path(tempfile.mkdtemp(prefix="customer360-"))
    try:
        for name, value in values.items():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = os.open(folder / f"{name}.json", flags, _OWN)
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps(value))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
