"""Whatever WebDAV servers answer."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx2
import pytest

from connectors.contract import (
    Environment,
    Malformed,
    Misconfigured,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.documents.connector import StoreConnector
from connectors.webdav.options import WebdavOptions
from connectors.webdav.store import WebdavStore
from tests.connectors.documents.shelves import batch, text_of
from tests.connectors.s3.scripted import Script

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTITIES = {"document": {"layout": "{customer}/{name}"}}
BASE = "https://cloud.example.com/dav/Kunden"


def connector(script: Script, **settings: Any) -> StoreConnector:
    """A connector to the script."""
    options = WebdavOptions.model_validate(
        {"kind": "webdav", "base_url": BASE, "entities": ENTITIES, **settings}
    )
    environment = Environment(now=lambda: NOW, base_dir=Path())
    store = WebdavStore("cloud", options, environment, transport=httpx2.MockTransport(script))
    return StoreConnector("cloud", options, environment, store)


def folder(href: str) -> str:
    """A folder in an answer."""
    return (
        f"<d:response><d:href>{escape(href)}</d:href><d:propstat><d:prop><d:resourcetype>"
        "<d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status>"
        "</d:propstat></d:response>"
    )


def file(href: str, *, etag: str = '"e1"', modified: str = "Tue, 03 Feb 2026 04:05:06 GMT") -> str:
    """A file in an answer, with a property that the server does not have."""
    return (
        f"<d:response><d:href>{escape(href)}</d:href><d:propstat><d:prop><d:resourcetype/>"
        f"<d:getcontentlength>4</d:getcontentlength><d:getetag>{escape(etag)}</d:getetag>"
        f"<d:getlastmodified>{modified}</d:getlastmodified></d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop>"
        "<d:getcontenttype/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
        "</d:response>"
    )


def listed(*responses: str) -> httpx2.Response:
    """An answer."""
    body = f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{"".join(responses)}'
    return httpx2.Response(207, content=f"{body}</d:multistatus>".encode())


def rows(script: Script, *fields: str, **settings: Any) -> Sequence[Sequence[object]]:
    """The documents of the customer 1."""
    question = batch(*fields, match="customer_ref", keys=["1"])
    return asyncio.run(connector(script, **settings).fetch(question)).rows.get(("1",), ())


@pytest.mark.parametrize(
    ("own", "entry"),
    [
        ("/dav/Kunden/1/", "/dav/Kunden/1/a%20%E5%90%88%23.txt"),
        ("/dav/Kunden/1", "/dav/Kunden/1/a%20%e5%90%88%23.txt"),
        ("https://cloud.example.com/dav/Kunden/1/", f"{BASE}/1/a%20%E5%90%88%23.txt"),
        ("/inner/9/1/", "/inner/9/1/a%20%E5%90%88%23.txt"),
        ("/dav/Kunden/1/", "/dav/Kunden/1/a 合%23.txt"),
    ],
)
def test_addresses_are_understood_however_they_are_written(own: str, entry: str) -> None:
    """Relative or whole, escaped so or so, and behind a proxy below another prefix."""
    script = Script([listed(folder(own), file(entry)), httpx2.Response(200, content=b"text")])

    assert asyncio.run(text_of(connector(script), "1/a 合#.txt")) == b"text"
    assert script.asked[0].method == "PROPFIND"
    assert script.asked[0].headers["depth"] == "1"
    assert script.asked[1].url.raw_path == b"/dav/Kunden/1/a%20%E5%90%88%23.txt"


def test_facts_come_from_the_properties() -> None:
    """What a server does not have is missing; a weak ETag is a version too."""
    script = Script(
        [
            listed(
                folder("/dav/Kunden/1/"),
                file("/dav/Kunden/1/a.txt", etag='W/"x-1"'),
                file("/dav/Kunden/1/b.txt", etag="", modified="yesterday"),
                file("/dav/Kunden/1/c.txt", etag=""),
            )
        ]
    )

    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert rows(script, "name", "version", "size_bytes", "modified_at") == [
        ("a.txt", "x-1", 4, moment),
        ("b.txt", None, 4, None),
        ("c.txt", "698173f2-4", 4, moment),
    ]


def test_a_folder_that_is_not_there_has_no_documents() -> None:
    """A customer need not have any."""
    assert rows(Script([httpx2.Response(404)]), "name") == ()


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (httpx2.Response(401), Refused, "the credentials in `auth` are not valid"),
        (httpx2.Response(403), Refused, "do not allow this"),
        (httpx2.Response(405), Misconfigured, "no WebDAV is spoken there; check `base_url`"),
        (httpx2.Response(200, html="<html><p>"), Malformed, "is no whole XML"),
        (httpx2.Response(429, headers={"Retry-After": "9"}), Unavailable, "too many requests"),
        (httpx2.Response(500), Unavailable, "the source failed"),
        (httpx2.Response(507), Unavailable, "the source failed"),
        (httpx2.Response(207, content=b"<a/>"), Malformed, "where a multistatus was expected"),
        (httpx2.Response(207, content=b"<d:multi"), Malformed, "is no whole XML"),
        (
            httpx2.Response(207, content=b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'),
            Malformed,
            "which is not read",
        ),
        (
            httpx2.Response(403, content=b"<error><propfind-finite-depth/></error>"),
            Misconfigured,
            "write `depth: 1`",
        ),
        (
            httpx2.Response(301, headers={"Location": "https://other.example.com/"}),
            Misconfigured,
            "where our credentials must not go",
        ),
        (listed(), Misconfigured, "1/ is no folder"),
        (listed(file("/dav/Kunden/1")), Misconfigured, "1/ is no folder"),
        (listed(folder("/x/2/"), file("/x/2/a")), Malformed, "does the server list the folder?"),
        (listed(folder("/x/1/"), file("/y/1/a")), Malformed, "which is not below it"),
        (listed(folder("/x/1/"), file("/x/1/%FF")), Malformed, "its name is not UTF-8"),
        (httpx2.ConnectError("no"), Unavailable, "nobody answers at cloud.example.com"),
        (httpx2.ReadTimeout("no"), TimedOut, "cloud.example.com"),
    ],
)
def test_failures_are_told_in_words_that_help(
    answer: httpx2.Response | Exception, kind: type[SourceError], said: str
) -> None:
    """Never taken for an empty folder."""
    with pytest.raises(kind) as raised:
        rows(Script([answer]), "name")

    assert said in raised.value.message
    assert "cloud.example.com" not in raised.value.client_message


def test_a_redirect_within_the_server_is_followed_with_all_that_was_asked() -> None:
    """As servers do that want a slash at the end."""
    moved = httpx2.Response(301, headers={"Location": "/dav/Kunden/1/"})
    script = Script([moved, listed(folder("/dav/Kunden/1/"), file("/dav/Kunden/1/a.txt"))])

    assert rows(script, "name") == [("a.txt",)]
    assert [each.method for each in script.asked] == ["PROPFIND", "PROPFIND"]
    assert b"resourcetype" in script.asked[1].content


def test_steps_that_lead_elsewhere_are_left_out() -> None:
    """Names that hold a slash or are dots would be read as a path."""
    script = Script(
        [
            listed(
                folder("/dav/Kunden/1/"),
                file("/dav/Kunden/1/%2E%2E"),
                file("/dav/Kunden/1/a%2Fb.txt"),
                file("/dav/Kunden/1/good.txt"),
            )
        ]
    )

    assert rows(script, "name") == [("good.txt",)]


def test_an_answer_that_is_too_large_is_not_read() -> None:
    """The cap holds for lists."""
    script = Script([httpx2.Response(207, content=b"x" * 2000)])

    with pytest.raises(Malformed, match="raise `max_response_bytes`"):
        rows(script, "name", max_response_bytes=1000)


def test_a_file_that_went_since_it_was_listed_is_not_there() -> None:
    """No document, instead of an error."""
    script = Script(
        [listed(folder("/dav/Kunden/1/"), file("/dav/Kunden/1/a.txt")), httpx2.Response(404)]
    )

    assert asyncio.run(connector(script).open_document("1/a.txt")) is None
