"""Signed requests: checked by a fake that makes the signature itself from what arrives."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from tests.connectors.rest.opening import answering, everything, opened, options, tickets

SECRET = "hush-secret"
LIST = tickets(list={"path": "/tickets", "items": "data", "params": {"q": "退货 & more"}})
BODY = tickets(
    list={"path": "/q", "items": "data", "paging": {"style": "offset", "place": "body", "size": 5}}
)


def _request(
    auth: dict[str, Any], entities: dict[str, Any] = LIST, **settings: Any
) -> httpx2.Request:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"data": []})

    async def run() -> None:
        transport = answering(answer)
        async with opened(entities, transport=transport, auth=auth, **settings) as source:
            await source.fetch(everything())

    asyncio.run(run())
    return asked[0]


def test_a_request_is_signed_as_it_is_sent() -> None:
    """Method, path, query with its escapes, and the time in seconds (12:00 on the test's clock)."""
    request = _request({"hmac": {"secret": SECRET}})

    target = request.url.raw_path.decode()
    assert target == "/api/tickets?q=%E9%80%80%E8%B4%A7%20%26%20more"
    text = "GET\n/api/tickets\nq=%E9%80%80%E8%B4%A7%20%26%20more\n1772366400\n"
    expected = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert request.headers["x-signature"] == expected
    assert request.headers["x-timestamp"] == "1772366400"


def test_a_body_is_signed_byte_for_byte() -> None:
    """In SHA-512 and Base64, with a word before, as some vendors want it."""
    auth = {
        "hmac": {
            "secret": base64.b64encode(b"\x00\xff key").decode(),
            "written_in": "base64",
            "header": "Authorization",
            "prefix": "HMAC ",
            "sign": "{timestamp}.{target}.{host}.{{}}{body}",
            "timestamp_header": "X-Date",
            "timestamp": "iso",
            "algorithm": "sha512",
            "encoding": "base64",
        }
    }

    request = _request(auth, BODY)

    text = b'2026-03-01T12:00:00Z./api/q.desk.example.{}{"limit":5,"offset":0}'
    digest = hmac.digest(b"\x00\xff key", text, "sha512")
    assert request.content == b'{"limit":5,"offset":0}'
    assert request.headers["authorization"] == "HMAC " + base64.b64encode(digest).decode()
    assert request.headers["x-date"] == "2026-03-01T12:00:00Z"


def test_a_hash_of_the_body_and_no_time_can_be_signed_too() -> None:
    """With milliseconds where they are asked for; a key in the query is part of what is signed."""
    auth = {
        "hmac": {
            "secret": "00ff",
            "written_in": "hex",
            "sign": "{body_hash}",
            "timestamp_header": None,
        },
        "api_key": {"query": "key", "value": "k"},
    }
    request = _request(auth, BODY)
    inner = hashlib.sha256(request.content).hexdigest()
    assert (
        request.headers["x-signature"] == hmac.digest(b"\x00\xff", inner.encode(), "sha256").hex()
    )
    assert "x-timestamp" not in request.headers

    auth = {
        "hmac": {"secret": SECRET, "sign": "{query}|{timestamp}", "timestamp": "milliseconds"},
        "api_key": {"query": "key", "value": "k"},
    }
    signed = _request(auth, tickets(list={"path": "/tickets", "items": "data"}))
    text = b"key=k|1772366400000"
    made = hmac.digest(SECRET.encode(), text, "sha256").hex()
    assert signed.headers["x-signature"] == made


@pytest.mark.parametrize(
    ("hmac_settings", "words"),
    [
        ({"sign": "{method}{url}"}, "knows no {url}; known are: body, body_hash, host"),
        ({"sign": "{method"}, "the template cannot be read"),
        ({"sign": "always the same"}, "signs nothing"),
        ({"written_in": "hex"}, "the secret is not written in hex"),
        ({"written_in": "base64"}, "the secret is not written in base64"),
    ],
)
def test_a_signature_that_cannot_work_is_refused(hmac_settings: Any, words: str) -> None:
    """When the configuration is read, without the secret."""
    with pytest.raises(ValidationError) as caught:
        options(LIST, auth={"hmac": {"secret": SECRET} | hmac_settings})

    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
