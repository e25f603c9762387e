"""The download of documents over HTTP."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from connectors.contract import (
    DocumentAddress,
    DocumentContent,
    Malformed,
    SourceError,
    Unavailable,
)
from domain.link import sign
from gateway.download import download_route, link_for
from gateway.spool import Room

KEY = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Shelf:
    """Documents in memory, and what was asked for."""

    contents: Mapping[str, DocumentContent] = field(default_factory=dict)
    failure: SourceError | None = None
    asked: list[str] = field(default_factory=list)

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The content, or the failure that was prepared."""
        self.asked.append(record_id)
        if self.failure:
            raise self.failure
        return self.contents.get(record_id)


def room() -> Room:
    """Room for small documents, in the folder of the system."""
    return Room(
        folder=Path(gettempdir()),
        max_bytes=1000,
        room_bytes=3000,
        source_timeout_s=10,
        client_timeout_s=10,
    )


def client(shelf: Shelf) -> TestClient:
    """A client of an application that has nothing but the route."""
    return TestClient(
        Starlette(routes=[download_route({"files": shelf}, key=KEY, now=lambda: NOW, room=room())])
    )


def link(record_id: str = "a", source: str = "files") -> str:
    """A good link."""
    return link_for(source, record_id, key=KEY, now=NOW)


def on_disk(path: Path, text: bytes, *, media_type: str = "application/pdf") -> DocumentContent:
    """A document that is a file."""
    path.write_bytes(text)
    return DocumentContent(name=path.name, media_type=media_type, size_bytes=len(text), body=path)


def test_a_forged_link_is_forbidden_and_opens_nothing() -> None:
    """A link of another key is refused before any source is asked."""
    shelf = Shelf()

    answer = client(shelf).get("/documents/" + sign("files", "a", key=b"x" * 32, now=NOW))

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": (
            "This gateway did not sign this link. Ask for the document again to get a new one."
        ),
    }
    assert shelf.asked == []


def test_an_expired_link_is_gone_and_says_what_to_do() -> None:
    """Expiry is its own answer, so that a page can ask for a new link."""
    shelf = Shelf()
    old = link_for("files", "a", key=KEY, now=NOW - timedelta(hours=1))

    answer = client(shelf).get(old)

    assert answer.status_code == 410
    assert "Ask for the document again" in answer.json()["detail"]
    assert shelf.asked == []


@pytest.mark.parametrize("token", ["x", "v1.e30.e30", "%00", "%E5%90%88", "..%5c..%5cetc"])
def test_a_garbled_link_is_not_found(token: str) -> None:
    """Whatever is no token names nothing."""
    shelf = Shelf()

    answer = client(shelf).get(f"/documents/{token}")

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("This is no download link.")
    assert shelf.asked == []


def test_a_document_that_is_gone_is_not_found() -> None:
    """The link was good, the document went."""
    answer = client(Shelf()).get(link("gone.pdf"))

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("The document is not there any more.")


def test_a_file_that_vanished_after_it_was_opened_is_not_found(tmp_path: Path) -> None:
    """Between the source's answer and ours a file may go."""
    content = on_disk(tmp_path / "a.pdf", b"%PDF")
    (tmp_path / "a.pdf").unlink()

    assert client(Shelf({"a": content})).get(link()).status_code == 404


def test_a_source_that_is_no_more_is_not_found() -> None:
    """A link outlives the source that was taken out of the configuration."""
    assert client(Shelf()).get(link("a", source="other")).status_code == 404


def test_a_source_that_is_down_says_when_to_come_back() -> None:
    """Unavailable is 503 without a word about hosts or paths."""
    shelf = Shelf(failure=Unavailable("files", "/srv/share: stale handle", retry_after_s=30))

    answer = client(shelf).get(link())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "/srv/share" not in answer.text


def test_a_source_that_fails_otherwise_is_a_bad_gateway() -> None:
    """Other failures are 502."""
    assert client(Shelf(failure=Malformed("files", "?"))).get(link()).status_code == 502


def test_a_file_comes_whole_with_its_headers(tmp_path: Path) -> None:
    """Type, length, name and the protections are all there."""
    content = on_disk(tmp_path / "合同 2026.pdf", b"%PDF-1.7 text")

    answer = client(Shelf({"a": content})).get(link())

    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7 text")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == "13"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"__ 2026.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C%202026.pdf"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["accept-ranges"] == "bytes"


def test_a_name_cannot_break_out_of_its_header(tmp_path: Path) -> None:
    """Quotes and line breaks in a name stay inside it."""
    path = tmp_path / "plain"
    path.write_bytes(b"1")
    content = DocumentContent(
        name='a"; x="\r\nSet-Cookie: y.txt', media_type="text/plain", size_bytes=1, body=path
    )

    answer = client(Shelf({"a": content})).get(link())

    assert answer.headers["content-disposition"] == (
        'attachment; filename="a_; x=___Set-Cookie: y.txt";'
        " filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20y.txt"
    )
    assert "set-cookie" not in answer.headers


def test_a_part_can_be_asked_for(tmp_path: Path) -> None:
    """A range is 206; one beyond the end is 416."""
    shelf = Shelf({"a": on_disk(tmp_path / "a.bin", b"0123456789")})

    part = client(shelf).get(link(), headers={"Range": "bytes=2-4"})
    beyond = client(shelf).get(link(), headers={"Range": "bytes=20-"})

    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert beyond.status_code == 416


def test_a_file_that_the_client_has_is_not_sent_again(tmp_path: Path) -> None:
    """The ETag of the first answer makes the second one empty."""
    shelf = Shelf({"a": on_disk(tmp_path / "a.bin", b"0123456789")})
    etag = client(shelf).get(link()).headers["etag"]

    answer = client(shelf).get(link(), headers={"If-None-Match": f'"other", {etag}'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag


def test_head_gives_the_headers_alone(tmp_path: Path) -> None:
    """HEAD says how long the file is, and sends none of it."""
    shelf = Shelf({"a": on_disk(tmp_path / "a.bin", b"0123456789")})

    answer = client(shelf).head(link())

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "10"


def test_a_stream_is_passed_on() -> None:
    """A source without files gives chunks."""

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"ab"
        yield b"c"

    content = DocumentContent(name="a.txt", media_type="text/plain", size_bytes=3, body=chunks())

    answer = client(Shelf({"a": content})).get(link())

    assert (answer.content, answer.headers["content-length"]) == (b"abc", "3")


def test_a_document_that_its_source_gives_itself_is_sent_for_there() -> None:
    """The client is told where, and nobody keeps that; HEAD says what it will be."""
    address = DocumentAddress("https://s3.example.com/crm/a.txt?X-Amz-Signature=1")
    content = DocumentContent(name="a.txt", media_type="text/plain", size_bytes=3, body=address)
    shelf = Shelf({"a": content})

    answer = client(shelf).get(link(), follow_redirects=False)
    head = client(shelf).head(link(), follow_redirects=False)

    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["location"] == address.url
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert (head.status_code, head.headers["content-length"]) == (200, "3")
    assert "location" not in head.headers


def test_a_link_stands_below_the_public_address() -> None:
    """A configured address, with or without a slash at its end, comes first."""
    address = link_for("files", "a", key=KEY, now=NOW, base_url="https://crm.example/")

    assert address.startswith("https://crm.example/documents/v1.")
