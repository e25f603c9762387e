"""Mutual TLS against a real server, and files that cannot be used."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.contract import Misconfigured, SourceError, Unavailable
from tests.connectors.http.certificates import PASSWORD, written
from tests.connectors.rest.fake import TOKEN, Desk, ticket
from tests.connectors.rest.opening import everything, opened, options, tickets
from tests.serving import serving

LIST = tickets(list={"path": "/whole"})
GOOD = {"certificate": "client.crt", "key": "client.key", "ca": "ca.pem"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates."""
    made = tmp_path_factory.mktemp("certificates")
    written(made)
    (made / "note.txt").write_text("hush: no certificate")
    (made / "both.pem").write_bytes(
        (made / "client.crt").read_bytes() + (made / "client.key").read_bytes()
    )
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The address of a server that wants a certificate of ours."""
    desk = Desk(tickets=[ticket(1)])
    with serving(
        desk.app(),
        ssl_certfile=folder / "server.crt",
        ssl_keyfile=folder / "server.key",
        ssl_ca_certs=str(folder / "ca.pem"),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    ) as address:
        yield address


def _rows(url: str, tls: dict[str, Any] | None, folder: Path) -> Any:
    async def run() -> Any:
        auth: dict[str, Any] = {"bearer": TOKEN}
        if tls is not None:
            auth["tls"] = tls
        settings: dict[str, Any] = {"base_url": f"{url}/api", "auth": auth, "base_dir": folder}
        async with opened(LIST, **settings) as source:
            return (await source.fetch(everything())).rows[()]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "tls",
    [
        GOOD,
        GOOD | {"key": "locked.key", "key_password": PASSWORD},
        {"certificate": "both.pem", "ca": "ca.pem"},
    ],
)
def test_a_certificate_of_ours_lets_us_in(url: str, folder: Path, tls: dict[str, Any]) -> None:
    """With a key beside it, a locked key, or both in one file; paths start at the configuration."""
    assert _rows(url, tls, folder) == [("t1",)]


def test_without_a_certificate_we_are_turned_away(url: str, folder: Path) -> None:
    """The server ends the connection, which is all that it says."""
    with pytest.raises(SourceError) as caught:
        _rows(url, {"ca": "ca.pem"}, folder)

    assert isinstance(caught.value, Unavailable | Misconfigured)


def test_a_server_whose_certificate_is_not_trusted_is_told(url: str, folder: Path) -> None:
    """What everybody trusts does not include the authority of the test."""
    with pytest.raises(Misconfigured) as caught:
        _rows(url, None, folder)

    assert "its certificate is not trusted" in caught.value.message


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        (GOOD | {"certificate": "no.crt"}, "`auth.tls.certificate`: the file"),
        (GOOD | {"certificate": "no.crt"}, "no.crt cannot be read: No such file"),
        (GOOD | {"key": "no.key"}, "no.key cannot be read"),
        (GOOD | {"ca": "no.pem"}, "`auth.tls.ca`: the file"),
        (GOOD | {"ca": "note.txt"}, "note.txt holds no certificates in PEM"),
        (GOOD | {"certificate": "note.txt"}, "note.txt holds no certificate in PEM"),
        (GOOD | {"key": "note.txt"}, "comes with a key that is no private key in PEM"),
        (GOOD | {"key": "server.key"}, "does not belong to the private key"),
        (GOOD | {"key": "locked.key"}, "or that needs `key_password`"),
        (GOOD | {"key": "locked.key", "key_password": "wrong"}, "whose password is another"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_at_start(
    folder: Path, tls: dict[str, Any], words: str
) -> None:
    """Which one and why, before anything is asked; what is in it is not shown."""
    with pytest.raises(Misconfigured) as caught:
        _rows("https://127.0.0.1:1", tls, folder)

    assert words in caught.value.message
    assert "hush" not in caught.value.message


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        ({}, "give a `certificate`, or a `ca`"),
        ({"ca": "ca.pem", "key": "client.key"}, "needs the `certificate`"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tls: dict[str, Any], words: str) -> None:
    """When the configuration is read."""
    with pytest.raises(ValidationError) as caught:
        options(LIST, auth={"tls": tls})

    assert words in str(caught.value)
