"""A bucket of a real server: moto's."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors.contract import DocumentAddress, Environment, Finding, Severity
from connectors.documents.connector import StoreConnector
from connectors.s3 import KIND
from tests.connectors.documents.shelves import answered, batch, checked, text_of
from tests.stores.s3 import PAGE, Bucket

ENTITIES = {"document": {"layout": "customers/{customer}/{kind}/{name}"}}
NAMES = [
    "customers/1007/contracts/框架合同.pdf",
    "customers/1007/发票/a b#1 50%.pdf",
    "customers/王芳/invoices/x+y&z=1.txt",
    "customers/1/offers/é'(x)!*~.txt",
]


@pytest.fixture
def bucket(s3_port: int) -> Bucket:
    """A bucket with documents of several customers, and more."""
    made = Bucket.new(s3_port)
    for name in NAMES:
        made.put(f"crm/{name}", name.encode())
    made.put("crm/customers/1007/")
    made.put("elsewhere/notes.txt")
    return made


def connector(filled: Bucket, **settings: Any) -> StoreConnector:
    """A connector to the bucket."""
    values = {**filled.settings(prefix="crm", entities=ENTITIES), **settings}
    environment = Environment(now=lambda: datetime.now(UTC), base_dir=Path())
    made = KIND.open("docs", KIND.options.model_validate(values), environment)
    assert isinstance(made, StoreConnector)
    return made


def test_names_of_all_sorts_are_found_and_downloaded(bucket: Bucket) -> None:
    """By customer, and by the address that the store is asked to take."""

    async def run() -> None:
        made = connector(bucket)
        keys = ["1007", "王芳", "1", "nobody"]
        answer = await made.fetch(batch("record_id", match="customer_ref", keys=keys))
        ids = sorted(str(row[0]) for rows in answer.rows.values() for row in rows)
        assert ids == sorted(NAMES)
        assert answer.calls == 4
        for each in ids:
            content = await made.open_document(each)
            assert content is not None
            assert isinstance(content.body, DocumentAddress)
            found = httpx2.get(content.body.url)
            assert (found.status_code, found.content) == (200, each.encode())
            assert found.headers["content-disposition"].startswith("attachment; filename=")
        await made.close()

    asyncio.run(run())


def test_documents_can_be_streamed(bucket: Bucket) -> None:
    """For clients that cannot reach the store."""

    async def run() -> None:
        made = connector(bucket, download="stream")
        for each in NAMES:
            assert await text_of(made, each) == each.encode()
        await made.close()

    asyncio.run(run())


def test_more_objects_than_fit_into_one_answer_are_all_found(bucket: Bucket) -> None:
    """The store gives them in pages."""
    for number in range(2 * PAGE + 1):
        bucket.put(f"crm/customers/many/report/{number}.txt", b"")

    made = connector(bucket)
    answer = answered(made, batch("record_id", match="customer_ref", keys=["many"]))

    assert len(answer.rows[("many",)]) == 2 * PAGE + 1
    assert answer.calls == 3


def test_the_version_changes_with_the_content(bucket: Bucket) -> None:
    """It is the ETag."""
    made = connector(bucket)
    question = batch("version", match="record_id", keys=[NAMES[0]])
    before = answered(made, question).rows[(NAMES[0],)]
    bucket.put(f"crm/{NAMES[0]}", b"another")

    after = answered(connector(bucket), question).rows[(NAMES[0],)]

    assert before != after


def test_check_says_what_is_wrong(bucket: Bucket) -> None:
    """Nothing, a wrong bucket, a wrong prefix, a wrong layout."""

    def found(**settings: Any) -> list[Finding]:
        return checked(connector(bucket, **settings))

    assert found() == []
    (no_bucket,) = found(bucket="none-such")
    assert no_bucket.severity is Severity.ERROR
    assert "there is no such bucket; check `bucket`" in no_bucket.message
    (no_prefix,) = found(prefix="cmr")
    assert no_prefix.message == (
        "nothing in the bucket begins with 'cmr/'; there are: crm/, elsewhere/"
    )
    (no_layout,) = found(entities={"document": {"layout": "clients/{customer}/{name}"}})
    assert no_layout.message.startswith("none of the 4 files fits the layout")
