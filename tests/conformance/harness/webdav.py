"""Documents in a folder of a wsgidav server."""

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Environment
from connectors.webdav import KIND
from tests.conformance.canonical import RECORDS, SOURCE, START, Values
from tests.conformance.proxy import door
from tests.conformance.source import Connect, Source, connecting
from tests.stores.webdav import Share, settings

ENTITIES: Mapping[str, Any] = {"document": {"layout": "{customer}/{kind}/{version}/{name}"}}


def connect(port: int, folder: str) -> Connect:
    """A connector to a folder of the server at a port."""
    base_url = f"http://127.0.0.1:{port}/dav/{folder}"
    values = settings(port, base_url=base_url, entities=ENTITIES)
    options = KIND.options.model_validate(values)
    environment = Environment(now=lambda: START, base_dir=Path())
    return connecting(lambda: KIND.open(SOURCE, options, environment))


def _write(path: Path, record: Values) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * record["size_bytes"])
    moment = record["modified_at"].timestamp()
    os.utime(path, (moment, moment))


@contextmanager
def folder_of_documents(request: pytest.FixtureRequest) -> Iterator[Source]:
    """The documents as files of the server."""
    share: Share = request.getfixturevalue("webdav_share")
    folder = share.folder / uuid.uuid4().hex
    for record in RECORDS["document"]:
        _write(folder / record["record_id"], record)
    with door(("127.0.0.1", share.port)) as entrance:
        yield Source(
            records={"document": RECORDS["document"]},
            connect=connect(entrance.port, folder.name),
            connect_wrongly=connect(entrance.port, "nothing-here"),
            stop=entrance.shut,
            start=entrance.reopen,
            delete=lambda _, record_id: (folder / record_id).unlink(),
        )


SOURCES = {"webdav": folder_of_documents}
