"""Documents in a bucket of moto's S3 server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Environment
from connectors.s3 import KIND
from tests.conformance.canonical import RECORDS, SOURCE, START, Values
from tests.conformance.proxy import door
from tests.conformance.source import Connect, Source, connecting
from tests.stores.s3 import Bucket

ENTITIES: Mapping[str, Any] = {"document": {"layout": "{customer}/{kind}/{version}/{name}"}}


def connect(settings: Mapping[str, Any]) -> Connect:
    """A connector with these settings."""
    values = {"prefix": "crm", "refresh_s": 0, "entities": ENTITIES, **settings}
    options = KIND.options.model_validate(values)
    environment = Environment(now=lambda: START, base_dir=Path())
    return connecting(lambda: KIND.open(SOURCE, options, environment))


def _put(bucket: Bucket, record: Values) -> Values:
    """The record as the store has it: when it was written is not ours to say."""
    key = f"crm/{record['record_id']}"
    bucket.put(key, b"x" * record["size_bytes"])
    moment = parsedate_to_datetime(bucket.head(key).headers["last-modified"])
    return {**record, "modified_at": moment.astimezone(UTC)}


@contextmanager
def bucket_of_documents(request: pytest.FixtureRequest) -> Iterator[Source]:
    """The documents as objects."""
    port: int = request.getfixturevalue("s3_port")
    bucket = Bucket.new(port)
    records = [_put(bucket, each) for each in RECORDS["document"]]
    with door(("127.0.0.1", port)) as entrance:
        settings = bucket.settings(entrance.port)
        yield Source(
            records={"document": records},
            connect=connect(settings),
            connect_wrongly=connect({**settings, "bucket": "another"}),
            stop=entrance.shut,
            start=entrance.reopen,
            delete=lambda _, record_id: bucket.delete(f"crm/{record_id}"),
        )


SOURCES = {"s3": bucket_of_documents}
