"""Settings of buckets that are refused at the start."""

import pytest
from pydantic import ValidationError

from connectors.s3.options import S3Options
from tests.connectors.s3.scripted import SETTINGS


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"endpoint": "http://minio.example.com"}, "write https://"),
        ({"endpoint": "http://minio.example.com", "allow_http": True}, "write https://"),
        ({"endpoint": "http://8.8.8.8:9000", "allow_http": True}, "write https://"),
        ({"endpoint": "http://127.0.0.1:9000"}, "`allow_http: true` takes http"),
        ({"endpoint": "minio:9000"}, "write a whole address"),
        ({"endpoint": "https://minio.example.com/crm"}, "the bucket and its folder are"),
        ({"endpoint": "https://u:p@minio.example.com"}, "the keys `access_key`"),
        ({"access_key": None}, "belong together"),
        ({"secret_key": None}, "belong together"),
        ({"anonymous": True}, "leave the keys out"),
        ({"access_key": None, "secret_key": None, "session_token": "t"}, "needs its `access_key`"),
        ({"prefix": "a//b"}, "without '.', '..' and '//'"),
        ({"prefix": "../b"}, "without '.', '..' and '//'"),
        ({"bucket": "a/b"}, "String should match pattern"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, object], said: str) -> None:
    """In words, and without repeating a secret."""
    with pytest.raises(ValidationError) as raised:
        S3Options.model_validate({**SETTINGS, **settings})

    assert said in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "[::1]", "localhost", "minio", "minio.storage.svc"]
)
def test_stores_of_an_inner_network_may_speak_in_the_open(host: str) -> None:
    """Where it is said."""
    endpoint = f"http://{host}:9000"

    options = S3Options.model_validate({**SETTINGS, "endpoint": endpoint, "allow_http": True})

    assert options.base_url == f"{endpoint}/crm"
