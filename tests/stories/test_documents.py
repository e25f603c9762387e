"""Documents of a folder, a bucket and a WebDAV server, as the documentation configures them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from connectors.contract import Severity
from gateway.app import Gateway, open_gateway
from gateway.config import load
from tests.documentation import yaml_blocks
from tests.stores.s3 import Bucket
from tests.stores.webdav import PASSWORD, USER, Share
from tests.stories.company import ask

NAMES = ("customers/1007/contracts/框架合同 #1.pdf", "customers/1007/发票/a.xlsx")
QUERY = """
{
  customers { nodes { name documents { nodes { name kind sizeBytes downloadUrl } } } }
}
"""


def _configured(folder: Path, section: str, database: str) -> Path:
    """The block of a section, with a store of the test."""
    file = folder / "customer360.yaml"
    text = yaml_blocks(section)[0]
    file.write_text(f'store: {{url: "{database}", data_dir: "{folder}/data"}}\n{text}')
    return file


def _export(folder: Path) -> str:
    export = folder / "crm"
    export.mkdir()
    (export / "customers.csv").write_text("id,name,email\n1007,王芳,wang@example.com\n2,Ada,\n")
    return str(export)


def _content(name: str) -> bytes:
    return f"the content of {name}".encode()


def _written(folder: Path) -> None:
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content(name))


async def _downloaded(gateway: Gateway, url: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=gateway.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get(url)
    if answer.status_code != httpx2.codes.TEMPORARY_REDIRECT:
        return answer
    async with httpx2.AsyncClient() as client:
        return await client.get(answer.headers["location"])


def _story(file: Path, environ: Mapping[str, str]) -> tuple[Any, list[bytes], list[str]]:
    """What is answered about Wang, what her downloads hold, and what `check` has to object."""

    async def run() -> tuple[Any, list[bytes], list[str]]:
        async with open_gateway(load(file, environ)) as gateway:
            found = [each for name in gateway.connectors.values() for each in await name.check()]
            for source in gateway.connectors:
                await gateway.sync.sync_source(source)
            answer = await ask(gateway, QUERY)
            assert "errors" not in answer
            customers = {each["name"]: each for each in answer["data"]["customers"]["nodes"]}
            wang = customers["王芳"]["documents"]["nodes"]
            texts = [await _downloaded(gateway, each["downloadUrl"]) for each in wang]
            errors = [each.message for each in found if each.severity is Severity.ERROR]
            return customers, [each.content for each in texts], errors

    return asyncio.run(run())


def _assert_told(found: tuple[Any, list[bytes], list[str]]) -> None:
    customers, texts, errors = found
    documents = customers["王芳"]["documents"]["nodes"]
    assert sorted((each["name"], each["kind"], each["sizeBytes"]) for each in documents) == [
        ("a.xlsx", "INVOICE", len(_content(NAMES[1]))),
        ("框架合同 #1.pdf", "CONTRACT", len(_content(NAMES[0]))),
    ]
    assert sorted(texts) == sorted(map(_content, NAMES))
    assert errors == []


def test_documents_of_a_folder(tmp_path: Path, database_url: str) -> None:
    """A `customer.json` says whose they are."""
    _written(tmp_path)
    said = '{"id": "c-7", "name": "王芳", "email": "wang@example.com"}'
    (tmp_path / "customers" / "1007" / "customer.json").write_text(said)

    _assert_told(_story(_configured(tmp_path, "files", database_url), {"SHARE": str(tmp_path)}))


@pytest.mark.parametrize("download", ["redirect", "stream"])
def test_documents_of_a_bucket(
    tmp_path: Path, database_url: str, s3_port: int, download: str
) -> None:
    """Clients are sent to the bucket, or get them through the gateway."""
    bucket = Bucket.new(s3_port)
    for name in NAMES:
        bucket.put(f"crm/{name}", _content(name))
    file = _configured(tmp_path, "s3", database_url)
    file.write_text(
        file.read_text().replace("prefix: crm", f"prefix: crm\n    download: {download}")
    )
    environ = {
        "CRM_EXPORT": _export(tmp_path),
        "S3_ENDPOINT": f"http://127.0.0.1:{s3_port}",
        "S3_BUCKET": bucket.name,
        "S3_ACCESS_KEY": "AKIAEXAMPLE",
        "S3_SECRET_KEY": "s3cr3t",
    }

    found = _story(file, environ)

    _assert_told(found)
    assert found[0]["Ada"]["documents"]["nodes"] == []


def test_documents_of_a_webdav_server(
    tmp_path: Path, database_url: str, webdav_share: Share
) -> None:
    """They come through the gateway."""
    _written(webdav_share.folder / tmp_path.name)
    environ = {
        "CRM_EXPORT": _export(tmp_path),
        "CLOUD_URL": f"http://127.0.0.1:{webdav_share.port}/dav/{tmp_path.name}",
        "CLOUD_USER": USER,
        "CLOUD_PASSWORD": PASSWORD,
    }

    _assert_told(_story(_configured(tmp_path, "webdav", database_url), environ))
