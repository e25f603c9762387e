"""What is asked of a store of S3, and what is made of its answers."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connectors.contract import DocumentAddress, DocumentContent, Misconfigured, Unavailable
from tests.connectors.documents.shelves import batch, text_of
from tests.connectors.s3.scripted import Script, connector, failed, listed


def test_a_list_is_read_to_its_end() -> None:
    """Page after page, by the token of each, with escaped names."""
    script = Script(
        [
            listed("crm/customers/1/a", "crm/customers/1/", token="t/1+="),
            listed("crm/customers/1/合同", "crm/customers/1/../b"),
        ]
    )
    made = connector(script, prefix="/crm/")

    answer = asyncio.run(
        made.fetch(batch("record_id", "size_bytes", match="customer_ref", keys=["1"]))
    )

    assert answer.rows == {("1",): [("customers/1/a", 4), ("customers/1/合同", 4)]}
    assert answer.calls == 2
    first, second = (dict(each.url.params) for each in script.asked)
    assert first == {"list-type": "2", "encoding-type": "url", "prefix": "crm/customers/1/"}
    assert second["continuation-token"] == "t/1+="


@pytest.mark.parametrize("customer", ["1007", "王 芳", "a+b&c=d", "50%#?", "~'(x)!*"])
def test_requests_are_signed_as_they_go_over_the_wire(customer: str) -> None:
    """The signature is that of the address which the store sees, whatever stands in it."""
    script = Script([listed()])

    asyncio.run(connector(script).fetch(batch("name", match="customer_ref", keys=[customer])))

    (request,) = script.asked
    assert dict(request.url.params)["prefix"] == f"customers/{customer}/"
    seen = AWSRequest("GET", str(request.url), headers={"Host": request.headers["host"]})
    for name in ("X-Amz-Date", "X-Amz-Content-SHA256"):
        seen.headers[name] = request.headers[name]
    seen.context["timestamp"] = request.headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials("AKIAEXAMPLE", "s3cr3t"), "s3", "us-east-1")
    canonical = signer.canonical_request(seen)
    signature = signer.signature(signer.string_to_sign(seen, canonical), seen)
    assert request.headers["authorization"].endswith(f"Signature={signature}")


def test_a_temporary_key_sends_its_token_and_anonymous_sends_nothing() -> None:
    """As the store wants them."""
    script = Script([listed()])
    question = batch("name", match="customer_ref", keys=["1"])

    asyncio.run(connector(script, session_token="tok").fetch(question))
    anonymous = {"access_key": None, "secret_key": None, "anonymous": True}
    asyncio.run(connector(script, **anonymous).fetch(question))

    assert script.asked[0].headers["x-amz-security-token"] == "tok"
    assert "authorization" not in script.asked[1].headers


def test_without_a_key_the_surroundings_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment first, as other tools do."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAMBIENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    script = Script([listed()])

    made = connector(script, access_key=None, secret_key=None)
    asyncio.run(made.fetch(batch("name", match="customer_ref", keys=["1"])))

    assert "Credential=AKIAAMBIENT/" in script.asked[0].headers["authorization"]


def test_surroundings_without_a_key_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked then."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    script = Script([listed()])
    made = connector(script, access_key=None, secret_key=None)

    with pytest.raises(Misconfigured, match="there are no credentials: write `access_key`"):
        asyncio.run(made.fetch(batch("name", match="customer_ref", keys=["1"])))
    assert script.asked == []


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://minio.example.com/crm/"),
        ({"addressing": "virtual"}, "https://crm.minio.example.com/"),
        ({"endpoint": None}, "https://crm.s3.us-east-1.amazonaws.com/"),
        (
            {"endpoint": None, "region": "cn-north-1"},
            "https://crm.s3.cn-north-1.amazonaws.com.cn/",
        ),
        ({"endpoint": None, "bucket": "a.b"}, "https://s3.us-east-1.amazonaws.com/a.b/"),
        ({"endpoint": "https://minio:9000/"}, "https://minio:9000/crm/"),
    ],
)
def test_the_bucket_is_addressed_as_it_is_said(settings: dict[str, object], url: str) -> None:
    """In the path or before the host."""
    script = Script([listed()])

    asyncio.run(connector(script, **settings).fetch(batch("name")))

    assert str(script.asked[0].url).startswith(f"{url}?list-type=2&")


def opened(script: Script, record_id: str, **settings: object) -> DocumentContent | None:
    """The content of a document."""
    return asyncio.run(connector(script, **settings).open_document(record_id))


def test_a_download_is_an_address_that_is_signed_for_a_minute() -> None:
    """With the name to save it by; making it asks the store nothing more."""
    script = Script([listed("customers/1/合 同.pdf")])

    content = opened(script, "customers/1/合 同.pdf")

    assert content is not None
    assert isinstance(content.body, DocumentAddress)
    parts = urlsplit(content.body.url)
    query = parse_qs(parts.query)
    assert parts.path == "/crm/customers/1/%E5%90%88%20%E5%90%8C.pdf"
    assert query["X-Amz-Expires"] == ["60"]
    assert query["response-content-disposition"] == [
        "attachment; filename=\"_ _.pdf\"; filename*=UTF-8''%E5%90%88%20%E5%90%8C.pdf"
    ]
    assert (content.name, content.media_type, content.size_bytes) == (
        "合 同.pdf",
        "application/pdf",
        4,
    )
    assert len(script.asked) == 1


def test_a_download_can_be_streamed() -> None:
    """With the length of the answer, not that of the list."""
    script = Script([listed("customers/1/a.txt"), httpx2.Response(200, content=b"hello")])

    async def run() -> bytes:
        made = connector(script, download="stream")
        return await text_of(made, "customers/1/a.txt")

    assert asyncio.run(run()) == b"hello"
    assert script.asked[1].headers["accept-encoding"] == "identity"


def test_an_object_that_went_since_it_was_listed_is_not_there() -> None:
    """No document, instead of an error."""
    script = Script([listed("customers/1/a.txt"), failed(404, "NoSuchKey")])

    assert opened(script, "customers/1/a.txt", download="stream") is None


def test_a_stream_that_cannot_begin_is_a_failure() -> None:
    """It is told before anything is sent."""
    script = Script([listed("customers/1/a.txt"), failed(503, "SlowDown")])

    with pytest.raises(Unavailable, match="the store is busy"):
        opened(script, "customers/1/a.txt", download="stream")


def test_a_sidecar_that_went_since_it_was_listed_is_not_there() -> None:
    """Its document is given without it."""
    script = Script(
        [
            listed("customers/1/a.txt", "customers/1/a.txt.meta.json"),
            failed(404, "NoSuchKey"),
        ]
    )

    answer = asyncio.run(connector(script).fetch(batch("name", match="customer_ref", keys=["1"])))

    assert answer.rows == {("1",): [("a.txt",)]}
