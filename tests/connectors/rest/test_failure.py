"""Everything that HTTP can do wrong, and what the caller is told about it."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from connectors.contract import (
    Malformed,
    Misconfigured,
    Refused,
    SourceError,
    TimedOut,
    Unavailable,
)
from tests.connectors.http.rude import Behave, Connection, rude
from tests.connectors.rest.fake import TOKEN, Desk, ticket
from tests.connectors.rest.opening import NOW, answering, everything, opened, tickets
from tests.serving import serving

LIST = tickets(list={"path": "/tickets", "items": "data"})


def _failure(answer: Callable[[httpx2.Request], httpx2.Response]) -> SourceError:
    async def run() -> SourceError:
        async with opened(LIST, transport=answering(answer)) as source:
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything())
        return caught.value

    error = asyncio.run(run())
    assert error.source == "desk"
    assert TOKEN not in repr(error) + error.message + error.client_message
    return error


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Misconfigured, "does not take this request"),
        (401, Refused, "not valid"),
        (403, Refused, "do not allow"),
        (404, Misconfigured, "nothing is there"),
        (408, TimedOut, "gave up"),
        (410, Misconfigured, "nothing is there"),
        (413, Refused, "too big"),
        (414, Refused, "too big"),
        (422, Misconfigured, "does not take this request"),
        (429, Unavailable, "too many requests"),
        (500, Unavailable, "failed"),
        (502, Unavailable, "failed"),
        (503, Unavailable, "failed"),
    ],
)
def test_each_status_says_what_to_do(status: int, kind: type[SourceError], words: str) -> None:
    """By what the caller does about it; the words name path, status and content type."""
    error = _failure(lambda _: httpx2.Response(status, html="<h1>oh</h1>"))

    assert type(error) is kind or (status in {404, 410} and isinstance(error, kind))
    assert f"GET /api/tickets answered {status} (text/html)" in error.message
    assert words in error.message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    """What cannot be read is as good as not said. The clock stands at 12:00."""
    assert NOW.isoformat() == "2026-03-01T12:00:00+00:00"

    error = _failure(lambda _: httpx2.Response(429, headers={"Retry-After": header}))

    assert isinstance(error, Unavailable)
    assert error.retry_after_s == seconds


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx2.Response(200, html="<html>Log in</html>"), "(text/html) with 19 bytes"),
        (httpx2.Response(200, content=b'{"data": [{"id": "t1"'), "no whole JSON"),
        (httpx2.Response(200, content=b""), "with 0 bytes"),
        (httpx2.Response(200, content=b'{"data": "\xff"}'), "no whole JSON in utf-8"),
        (httpx2.Response(200, content=b"[" * 100_000), "no whole JSON"),
        (httpx2.Response(200, json={"error": "x"}), "finds nothing instead of a list"),
        (httpx2.Response(200, json={"data": {"a": 1}}), "finds a JSON object"),
        (httpx2.Response(200, json={"data": None, "rows": []}), "(lists are at: rows)"),
        (httpx2.Response(200, content=b"null"), "finds nothing"),
        (httpx2.Response(200, json="x"), "finds nothing"),
        (
            httpx2.Response(200, content=b"x", headers={"content-type": "a/b; charset=klingon"}),
            "in",
        ),
    ],
)
def test_an_answer_that_cannot_be_read_is_malformed(response: httpx2.Response, words: str) -> None:
    """HTML, half an answer, nothing, other bytes, bottomless nesting, or another shape."""
    error = _failure(lambda _: response)

    assert type(error) is Malformed
    assert words in error.message


def test_broken_compression_is_malformed() -> None:
    """A body that says gzip and is none."""
    error = _failure(
        lambda _: httpx2.Response(
            200, stream=httpx2.ByteStream(b"nonsense"), headers={"Content-Encoding": "gzip"}
        )
    )

    assert type(error) is Malformed
    assert "decompressed" in error.message


def test_204_and_an_empty_list_are_no_records() -> None:
    """No content is a true answer."""

    async def run(response: httpx2.Response) -> object:
        async with opened(LIST, transport=answering(lambda _: response)) as source:
            return (await source.fetch(everything())).rows

    assert asyncio.run(run(httpx2.Response(204))) == {(): []}
    assert asyncio.run(run(httpx2.Response(200, json={"data": []}))) == {(): []}


def test_other_charsets_and_byte_order_marks_are_read() -> None:
    """Older Chinese systems answer in GBK and say so."""
    text = '{"data": [{"id": "客户一"}]}'

    async def run(response: httpx2.Response) -> object:
        async with opened(LIST, transport=answering(lambda _: response)) as source:
            return (await source.fetch(everything())).rows

    gbk = {"content-type": "application/json; charset=GBK"}
    in_gbk = httpx2.Response(200, content=text.encode("gbk"), headers=gbk)
    assert asyncio.run(run(in_gbk)) == {(): [("客户一",)]}
    marked = httpx2.Response(200, content=b"\xef\xbb\xbf" + text.encode())
    assert asyncio.run(run(marked)) == {(): [("客户一",)]}


def _wire_failure(behave: Behave, *, timeout_s: float = 5.0) -> SourceError:
    async def run() -> SourceError:
        async with (
            rude(behave) as (url, _),
            opened(LIST, base_url=url, timeout_s=timeout_s) as source,
        ):
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything())
        return caught.value

    return asyncio.run(run())


def test_a_connection_that_is_reset_is_unavailable() -> None:
    """The source died while it was asked."""
    error = _wire_failure(lambda connection: connection.transport.abort())

    assert type(error) is Unavailable
    assert "broke the connection" in error.message


def test_an_answer_that_stops_in_the_middle_is_unavailable() -> None:
    """Fewer bytes came than were promised."""

    def behave(connection: Connection) -> None:
        connection.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"data": [')
        connection.transport.close()

    error = _wire_failure(behave)

    assert type(error) is Unavailable
    assert "broke the connection" in error.message


def test_something_that_speaks_no_http_is_unavailable() -> None:
    """A port on which something else listens."""
    error = _wire_failure(lambda connection: connection.write(b"SSH-2.0-OpenSSH\r\n\r\n"))

    assert type(error) is Unavailable


def test_a_source_that_never_answers_times_out() -> None:
    """No byte within `timeout_s`."""
    error = _wire_failure(lambda _: None, timeout_s=0.2)

    assert type(error) is TimedOut
    assert "0.2 s" in error.message


def test_a_source_that_drips_bytes_times_out() -> None:
    """Each byte is in time, the whole is not: the limit is for the whole answer."""

    def behave(connection: Connection) -> None:
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        loop = asyncio.get_running_loop()

        def drip() -> None:
            if not connection.transport.is_closing():
                connection.write(b" ")
                loop.call_later(0.05, drip)

        drip()

    assert type(_wire_failure(behave, timeout_s=0.4)) is TimedOut


def test_the_deadline_of_the_batch_counts_before_that_of_the_source() -> None:
    """A caller that waits 0.2 s is told after 0.2 s, whatever the source's own limit."""

    async def run() -> SourceError:
        async with rude(lambda _: None) as (url, _), opened(LIST, base_url=url) as source:
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything(timeout_s=0.2))
        return caught.value

    error = asyncio.run(run())

    assert type(error) is TimedOut
    assert "0.2 s" in error.message


def test_nobody_there_is_unavailable() -> None:
    """A closed port, and a host that no name server knows."""

    async def run(url: str) -> SourceError:
        async with opened(LIST, base_url=url) as source:
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything())
        return caught.value

    closed = asyncio.run(run("http://127.0.0.1:1/api"))
    assert type(closed) is Unavailable
    assert "nobody answers at 127.0.0.1:1" in closed.message
    unknown = asyncio.run(run("http://desk.invalid/api"))
    assert type(unknown) is Unavailable
    assert "no address is known for the host desk.invalid" in unknown.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit-Reset": "30"}, 30.0),
        ({"X-RateLimit-Reset": "1772366460"}, 60.0),
        ({"X-RateLimit-Reset": "1772366460500"}, 60.5),
        ({"X-Rate-Limit-Reset": "0.25"}, 0.25),
        ({"X-RateLimit-Reset": "1"}, 1.0),
        ({"X-RateLimit-Reset": "1772366000"}, 0.0),
        ({"Retry-After": "7", "RateLimit-Reset": "30"}, 7.0),
        ({"RateLimit-Reset": "soon"}, None),
        ({"RateLimit-Reset": "9" * 400}, None),
        ({"RateLimit-Reset": "-1"}, None),
    ],
)
def test_vendors_tell_in_other_headers_when_to_come_back(
    headers: dict[str, str], seconds: float | None
) -> None:
    """In seconds, or as a moment since 1970 in seconds or milliseconds."""
    error = _failure(lambda _: httpx2.Response(429, headers=headers))

    assert error.retry_after_s == seconds


def test_when_the_count_begins_anew_says_nothing_of_other_failures() -> None:
    """A question that is refused is refused afterwards too."""
    error = _failure(lambda _: httpx2.Response(403, headers={"RateLimit-Reset": "30"}))

    assert type(error) is Refused
    assert error.retry_after_s is None


@pytest.mark.parametrize(
    ("rule", "status", "body", "kind"),
    [
        ({"statuses": [403]}, 403, b"", Unavailable),
        ({"statuses": [403]}, 400, b"", Misconfigured),
        ({"statuses": [403], "text": "LIMIT"}, 403, b'[{"errorCode":"LIMIT"}]', Unavailable),
        ({"statuses": [403], "text": "LIMIT"}, 403, b"FORBIDDEN", Refused),
        ({"statuses": [403], "text": "LIMIT"}, 403, b" " * 1_000_000 + b"LIMIT", Refused),
        ({"statuses": [403], "text": "超限"}, 403, "调用超限".encode(), Unavailable),
    ],
)
def test_a_vendor_may_say_too_many_in_other_words(
    rule: object, status: int, body: bytes, kind: type[SourceError]
) -> None:
    """`overloaded_when` names the status, and what must stand near the beginning of the answer."""

    async def run() -> SourceError:
        transport = answering(lambda _: httpx2.Response(status, content=body))
        async with opened(LIST, transport=transport, overloaded_when=rule) as source:
            with pytest.raises(SourceError) as caught:
                await source.fetch(everything())
        return caught.value

    error = asyncio.run(run())

    assert type(error) is kind
    assert ("too many requests" in error.message) == (kind is Unavailable)


def test_an_answer_larger_than_allowed_is_cut_off() -> None:
    """Read as a stream, so that an endless answer costs no more memory than the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1000

    async def run() -> str:
        transport = answering(lambda _: httpx2.Response(200, content=endless()))
        async with opened(LIST, transport=transport, max_response_bytes=50_000) as source:
            with pytest.raises(Malformed) as caught:
                await source.fetch(everything())
        return caught.value.message

    assert "more than 50000 bytes" in asyncio.run(run())
    assert sent <= 60


def test_the_size_counts_after_decompression() -> None:
    """A small body that unpacks to a huge one is as huge."""
    packed = gzip.compress(b" " * 10_000_000)

    async def run() -> str:
        response = httpx2.Response(
            200, stream=httpx2.ByteStream(packed), headers={"Content-Encoding": "gzip"}
        )
        transport = answering(lambda _: response)
        async with opened(LIST, transport=transport, max_response_bytes=1_000_000) as source:
            with pytest.raises(Malformed) as caught:
                await source.fetch(everything())
        return caught.value.message

    assert "max_response_bytes" in asyncio.run(run())


def test_a_source_that_comes_back_is_read_again() -> None:
    """A failure leaves nothing behind: the next question is asked anew, over a real socket."""
    desk = Desk(tickets=[ticket(1)])

    async def run(url: str) -> object:
        async with opened(LIST, base_url=f"{url}/api") as source:
            desk.tickets[0]["id"] = object()
            with pytest.raises(Unavailable):
                await source.fetch(everything())
            desk.tickets[0]["id"] = "t1"
            return (await source.fetch(everything())).rows

    with serving(desk.app()) as url:
        assert asyncio.run(run(url)) == {(): [("t1",)]}
