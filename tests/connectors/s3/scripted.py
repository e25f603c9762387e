"""A bucket whose store is a script: what it answers to each request, and what it was asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from connectors.contract import Environment
from connectors.documents.connector import StoreConnector
from connectors.s3.options import S3Options
from connectors.s3.store import S3Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTITIES = {"document": {"layout": "customers/{customer}/{name}"}}
SETTINGS = {
    "kind": "s3",
    "bucket": "crm",
    "endpoint": "https://minio.example.com",
    "access_key": "AKIAEXAMPLE",
    "secret_key": "s3cr3t",
    "entities": ENTITIES,
}

Answer = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Script:
    """Answers in their order; the last one for all further requests."""

    answers: Sequence[Answer | httpx2.Response | Exception]
    asked: list[httpx2.Request] = field(default_factory=list)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """The next answer."""
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def connector(script: Script, **settings: Any) -> StoreConnector:
    """A connector to the script."""
    options = S3Options.model_validate({**SETTINGS, **settings})
    environment = Environment(now=lambda: NOW, base_dir=Path())
    store = S3Store("docs", options, environment, transport=httpx2.MockTransport(script))
    return StoreConnector("docs", options, environment, store)


def listed(*keys: str, token: str | None = None, size: int = 4) -> httpx2.Response:
    """A page of a listing, and how it goes on."""
    contents = "".join(
        f"<Contents><Key>{each}</Key><LastModified>2026-02-03T04:05:06.000Z</LastModified>"
        f'<ETag>"e-{each[-1]}"</ETag><Size>{size}</Size></Contents>'
        for each in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    body = (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{more}{contents}"
        "</ListBucketResult>"
    )
    return httpx2.Response(200, content=body)


def failed(status: int, code: str, **headers: str) -> httpx2.Response:
    """An error as S3 writes it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>at 10.0.0.1</Message></Error>"
    return httpx2.Response(status, content=body, headers=headers)
