"""Coming in: a configuration with `access`, its keys from the command line, and requests."""

import asyncio
import contextlib
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import open_gateway
from gateway.cli import main
from gateway.config import load

CONFIGURATION = """
store: {{url: "{url}", data_dir: "{folder}/data"}}
access:
  roles: {{agent: , partner: }}
"""
ME = "{ me { name role roles claims purpose } }"


def _typed(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code, out.getvalue()


def _configured(folder: Path, url: str) -> str:
    file = folder / "customer360.yaml"
    file.write_text(CONFIGURATION.format(url=url, folder=folder))
    return f"--config={file}"


def _answers(folder: Path, *headers: dict[str, str]) -> list[tuple[int, Any]]:
    async def run() -> list[tuple[int, Any]]:
        async with open_gateway(load(folder / "customer360.yaml", {})) as gateway:
            transport = httpx2.ASGITransport(app=gateway.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                found = [
                    await client.post("/graphql", json={"query": ME}, headers=each)
                    for each in headers
                ]
        return [(each.status_code, each.json()) for each in found]

    return asyncio.run(run())


def test_a_key_made_on_the_command_line_opens_the_door(tmp_path: Path, database_url: str) -> None:
    """`me` says who asks; without the key there is no answer."""
    config = _configured(tmp_path, database_url)
    code, key = _typed(
        "keys", "create", "门户", "--role=partner", "--claim=partner=acme",
        '--claim=regions=["华东"]', "--purpose=service", config,
    )  # fmt: skip
    assert code == 0

    (status, answer), (refused, refusal) = _answers(tmp_path, {"x-api-key": key.strip()}, {})

    assert status == 200
    assert answer["data"]["me"] == {
        "name": "门户",
        "role": "partner",
        "roles": ["partner"],
        "claims": {"partner": "acme", "regions": ["华东"]},
        "purpose": "service",
    }
    assert refused == 401
    assert refusal["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "data" not in refusal


def test_a_revoked_key_opens_nothing_and_its_successor_does(
    tmp_path: Path, database_url: str
) -> None:
    """`rotate` makes a key for the same owner; `revoke` ends the old one at once."""
    config = _configured(tmp_path, database_url)
    _, old = _typed("keys", "create", "desk", "--role=agent", config)
    key_id = old.split("_")[1]
    code, new = _typed("keys", "rotate", key_id, "--grace=1h", config)
    assert code == 0
    during = _answers(tmp_path, {"x-api-key": old.strip()}, {"x-api-key": new.strip()})
    assert _typed("keys", "revoke", key_id, config)[0] == 0

    after = _answers(tmp_path, {"x-api-key": old.strip()}, {"x-api-key": new.strip()})

    assert [status for status, _ in during] == [200, 200]
    assert [status for status, _ in after] == [401, 200]


def test_the_list_of_keys_shows_no_secret(tmp_path: Path, database_url: str) -> None:
    """Id, name, roles and state are enough to find one."""
    config = _configured(tmp_path, database_url)
    _, key = _typed("keys", "create", "desk", "--role=agent", "--expires-in=90d", config)
    _, key_id, secret = key.strip().split("_")

    code, text = _typed("keys", "list", config)

    assert code == 0
    assert key_id in text
    assert secret not in text
    assert secret[:16] not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "x", "--role=agnet"), "There is no role 'agnet' in the configuration"),
        (("create", "x", "--role=agent", "--claim=acme"), "'acme' is no claim; write name=value"),
        (("create", "x", "--role=agent", "--expires-in=soon"), "'soon' is no time"),
        (("revoke", "nobody"), "There is no key 'nobody'."),
        (("rotate", "nobody"), "There is no key 'nobody'."),
    ],
)
def test_a_slip_on_the_command_line_is_told_in_words(
    tmp_path: Path,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """And nothing is made."""
    config = _configured(tmp_path, database_url)

    code, _ = _typed("keys", *arguments, config)

    assert code == 1
    assert words in capsys.readouterr().err
