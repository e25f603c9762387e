"""Whatever a store of S3 answers that is no list."""

import asyncio

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
from tests.connectors.documents.shelves import batch
from tests.connectors.s3.scripted import Script, connector, failed, listed


def error_of(script: Script, *keys: str) -> SourceError:
    """What a question about customers fails with."""
    question = batch("name", match="customer_ref", keys=keys or ["1"])
    with pytest.raises(SourceError) as raised:
        asyncio.run(connector(script).fetch(question))
    return raised.value


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (failed(403, "AccessDenied"), Refused, "s3:ListBucket and s3:GetObject are needed"),
        (failed(403, "InvalidAccessKeyId"), Refused, "does not know `access_key`"),
        (failed(403, "SignatureDoesNotMatch"), Refused, "compare `secret_key`, `region`"),
        (failed(400, "ExpiredToken"), Refused, "the temporary credentials are over"),
        (failed(403, "RequestTimeTooSkewed"), Misconfigured, "clocks of this machine and of the"),
        (failed(404, "NoSuchBucket"), Misconfigured, "there is no such bucket; check `bucket`"),
        (
            failed(301, "PermanentRedirect", **{"x-amz-bucket-region": "eu-central-1"}),
            Misconfigured,
            "set `region`, or the right `endpoint` (it says eu-central-1)",
        ),
        (failed(503, "SlowDown", **{"retry-after": "7"}), Unavailable, "the store is busy"),
        (failed(400, "RequestTimeout"), TimedOut, "gave up waiting"),
        (failed(500, "InternalError"), Unavailable, "the source failed"),
        (failed(401, "Unknown"), Refused, "the store does not let us in; check the keys"),
        (httpx2.Response(403), Refused, "/crm/ answered 403: the store does not let us in"),
        (httpx2.Response(404), Misconfigured, "check `endpoint` and `bucket`"),
        (httpx2.Response(429, text="slow"), Unavailable, "too many requests"),
        (httpx2.Response(502, html="<html>"), Unavailable, "the source failed"),
        (httpx2.Response(200, html="<html><p></html>"), Malformed, "is no whole XML"),
        (httpx2.Response(200, content=b"<html></html>"), Malformed, "and <html> came"),
        (httpx2.Response(200, content=b""), Malformed, "is no whole XML"),
        (
            httpx2.Response(200, content=b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'),
            Malformed,
            "a definition of a type or an entity, which is not read",
        ),
        (httpx2.ConnectError("no"), Unavailable, "nobody answers at minio.example.com"),
        (httpx2.ReadTimeout("no"), TimedOut, "minio.example.com"),
        (httpx2.RemoteProtocolError("no"), Unavailable, "broke the connection"),
    ],
)
def test_failures_are_told_in_words_that_help(
    answer: httpx2.Response | Exception, kind: type[SourceError], said: str
) -> None:
    """By the code of the store where it says one, else by the status."""
    error = error_of(Script([answer]))

    assert type(error) is kind or isinstance(error, kind)
    assert said in error.message
    assert "10.0.0.1" not in error.message
    assert "s3cr3t" not in error.message
    assert "minio" not in error.client_message


def test_a_store_that_says_when_to_come_back_is_believed() -> None:
    """`Retry-After` comes through."""
    error = error_of(Script([failed(503, "SlowDown", **{"retry-after": "7"})]))

    assert error.retry_after_s == 7


def test_what_holds_for_all_folders_is_asked_once() -> None:
    """Wrong keys are wrong for every customer."""
    script = Script([failed(403, "InvalidAccessKeyId")])

    error_of(script, *[str(each) for each in range(100)])

    assert len(script.asked) <= 8


def test_a_list_without_an_end_is_cut_off() -> None:
    """The cap of answers holds for lists."""
    huge = httpx2.Response(200, content=b"<a>" * 1000)
    made = connector(Script([huge]), max_response_bytes=1000)

    with pytest.raises(Malformed, match="raise `max_response_bytes`"):
        asyncio.run(made.fetch(batch("name", match="customer_ref", keys=["1"])))


def test_a_list_that_does_not_say_how_it_goes_on_is_no_list() -> None:
    """Half of the documents would look like all of them."""
    cut = listed("customers/1/a", token="x")
    body = cut.content.replace(b"<NextContinuationToken>x</NextContinuationToken>", b"")

    error = error_of(Script([httpx2.Response(200, content=body)]))

    assert "does not say how it goes on" in error.message


def test_check_tells_a_wrong_prefix_and_what_there_is() -> None:
    """A typing error is seen at once."""
    folders = (
        b"<ListBucketResult><IsTruncated>false</IsTruncated>"
        b"<CommonPrefixes><Prefix>crm/documents/</Prefix></CommonPrefixes>"
        b"<CommonPrefixes><Prefix>crm/old/</Prefix></CommonPrefixes></ListBucketResult>"
    )
    script = Script([listed(), httpx2.Response(200, content=folders)])

    (finding,) = asyncio.run(connector(script, prefix="crm/documets").check())

    assert finding.message == (
        "nothing in the bucket begins with 'crm/documets/'; there are: crm/documents/, crm/old/"
    )
    assert finding.setting == "prefix"
    assert dict(script.asked[1].url.params)["prefix"] == "crm/"
