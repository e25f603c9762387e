"""The audit as those who run the gateway meet it: over HTTP, and on the command line."""

import asyncio
import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import orjson
import pytest

from gateway.app import open_gateway
from gateway.cli import main
from gateway.config import load
from tests.connectors.native.filled import fill, native
from tests.documentation import yaml_blocks
from tests.resolvers.asking import given

ADA, BOB = UUID(int=1), UUID(int=2)
CONFIGURATION = """
store: {{url: "{url}", data_dir: "{folder}/data"}}
access:
  roles:
    officer: {{reads: everything, may: everything}}
    agent:
      reads: {{customer: {{fields: [name, emails]}}, interaction: {{}}}}
      may: [logInteraction]
"""
NAME = 'query Names { customer(by: {id: "Customer:%s"}) { name } }'
LOG = """query Log { customer(by: {id: "Customer:%s"}) { accessLog(first: 5) { nodes {
  kind viewer role purpose operation client requestId fields masked } } } }"""
WRITE = """mutation Note($input: LogInteractionInput!) { logInteraction(input: $input) {
  interaction { id } problems { code } } }"""


def typed(*arguments: str) -> tuple[int, str]:
    """What a command ends with, and prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code, out.getvalue()


def _configured(folder: Path, url: str, more: str = "") -> str:
    file = folder / "customer360.yaml"
    file.write_text(CONFIGURATION.format(url=url, folder=folder) + more)
    return f"--config={file}"


def _key(name: str, role: str, config: str) -> str:
    code, key = typed("keys", "create", name, f"--role={role}", "--purpose=service", config)
    assert code == 0
    return key.strip()


def _headers(key: str) -> Mapping[bytes, bytes]:
    said = {b"x-client": "门户".encode(), b"x-request-id": b"r"}
    return {b"x-api-key": key.encode(), **said}


def _answers(
    folder: Path, url: str, *requests: tuple[str, dict[str, Any]]
) -> Sequence[httpx2.Response]:
    """The answers to requests, each with its key, over two customers."""

    async def run() -> Sequence[httpx2.Response]:
        async with open_gateway(load(folder / "customer360.yaml", {})) as gateway:
            async with native(url) as it:
                for key, name in {ADA: "Ada", BOB: "王小明"}.items():
                    with contextlib.suppress(asyncpg.UniqueViolationError):
                        await fill(it.store, "customer", {**given("customer", id=key, name=name)})
            transport = httpx2.ASGITransport(app=gateway.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                return [
                    await client.post(
                        "/graphql",
                        json=body,
                        headers=_headers(key),
                    )
                    for key, body in requests
                ]

    return asyncio.run(run())


def test_who_may_sees_who_read_a_customer(tmp_path: Path, database_url: str) -> None:
    """The newest first; that the log itself was read is in it from the next time on."""
    config = _configured(tmp_path, database_url)
    agent, officer = _key("小红", "agent", config), _key("李雷", "officer", config)

    *_, first, second = _answers(
        tmp_path,
        database_url,
        (agent, {"query": NAME % ADA}),
        (agent, {"query": NAME % BOB}),
        (officer, {"query": LOG % ADA}),
        (officer, {"query": LOG % ADA}),
    )

    read = {
        "kind": "READ",
        "viewer": "小红",
        "role": "agent",
        "purpose": "service",
        "operation": "Names",
        "client": "门户",
        "requestId": "r",
        "fields": ["customer.name"],
        "masked": [],
    }
    assert first.json()["data"]["customer"]["accessLog"]["nodes"] == [read]
    looked, *rest = second.json()["data"]["customer"]["accessLog"]["nodes"]
    assert rest == [read]
    assert (looked["viewer"], looked["operation"]) == ("李雷", "Log")
    assert "access_record.viewer" in looked["fields"]


def test_for_others_there_is_no_such_log(tmp_path: Path, database_url: str) -> None:
    """Not even in the schema."""
    config = _configured(tmp_path, database_url)
    agent = _key("小红", "agent", config)

    (refused,) = _answers(tmp_path, database_url, (agent, {"query": LOG % ADA}))

    assert refused.json()["errors"][0]["message"].startswith(
        "Cannot query field 'accessLog' on type 'Customer'."
    )


def test_what_is_written_is_recorded_before_and_after(tmp_path: Path, database_url: str) -> None:
    """First that it is about to be done, then what came of it; never what it says."""
    config = _configured(tmp_path, database_url)
    agent = _key("小红", "agent", config)
    given_ = {"customer": {"id": f"Customer:{ADA}"}, "channel": "PHONE", "content": "秘密"}

    (answer,) = _answers(
        tmp_path, database_url, (agent, {"query": WRITE, "variables": {"input": given_}})
    )

    interaction = answer.json()["data"]["logInteraction"]["interaction"]["id"]
    code, text = typed("audit", "list", "--json", config)
    assert code == 0
    written, intent = map(orjson.loads, text.splitlines())
    assert (intent["kind"], intent["customers"]) == ("INTENT", [])
    assert (written["kind"], written["customers"]) == ("WRITE", [str(ADA)])
    assert written["written"] == [interaction.replace("Interaction", "interaction")]
    assert "秘密" not in text


def test_a_lookup_of_nobody_is_recorded_too(tmp_path: Path, database_url: str) -> None:
    """Who tries ids, or finds nobody, leaves a trace as well."""
    config = _configured(tmp_path, database_url)
    agent = _key("小红", "agent", config)

    _answers(tmp_path, database_url, (agent, {"query": NAME % UUID(int=9)}))

    (line,) = typed("audit", "list", "--json", config)[1].splitlines()
    assert orjson.loads(line)["customers"] == []


def test_the_command_line_shows_and_proves_and_exports(tmp_path: Path, database_url: str) -> None:
    """By customer and by viewer; a record that somebody changed is named, and the code is 1."""
    config = _configured(tmp_path, database_url)
    agent, officer = _key("小红", "agent", config), _key("李雷", "officer", config)
    _answers(
        tmp_path,
        database_url,
        (agent, {"query": NAME % ADA}),
        (officer, {"query": NAME % BOB}),
    )

    _, of_ada = typed("audit", "list", "--json", f"--customer=Customer:{ADA}", config)
    _, of_officer = typed("audit", "list", "--json", "--viewer=李雷", "--since=1h", config)
    _, table = typed("audit", "list", config)
    code, whole = typed("audit", "verify", config)
    _, exported = typed("audit", "export", config)

    assert [orjson.loads(each)["viewer"] for each in of_ada.splitlines()] == ["小红"]
    assert [orjson.loads(each)["viewer"] for each in of_officer.splitlines()] == ["李雷"]
    assert "小红" in table
    assert (code, whole) == (0, "2 records in 1 chains, 2 anchors: whole.\n")
    assert len(exported.splitlines()) == 4

    async def tamper() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute("UPDATE audit_entry SET body = replace(body, '小红', '李雷')")
        await connection.close()

    asyncio.run(tamper())
    code, broken = typed("audit", "verify", config)
    assert (code, broken) == (1, "0 records in 1 chains, 2 anchors: broken.\n")


def test_without_access_nothing_is_recorded(tmp_path: Path, database_url: str) -> None:
    """There is nobody whose name could be; it can be switched on all the same."""
    file = tmp_path / "customer360.yaml"
    store = f'store: {{url: "{database_url}", data_dir: "{tmp_path}/data"}}\n'
    counts: list[str] = []
    for more in ("", "audit: {enabled: true}\n"):
        file.write_text(store + more)
        _answers(tmp_path, database_url, ("", {"query": NAME % ADA}))
        counts.append(typed("audit", "verify", f"--config={file}")[1])

    assert counts == [
        "0 records in 0 chains, 0 anchors: whole.\n",
        "1 records in 1 chains, 2 anchors: whole.\n",
    ]


def test_the_configuration_in_the_manual_is_one(tmp_path: Path, database_url: str) -> None:
    """And the gateway records what it says."""
    (block,) = yaml_blocks("Configuring", file="audit.md")
    config = _configured(tmp_path, database_url, block)
    agent = _key("小红", "agent", config)

    _answers(tmp_path, database_url, (agent, {"query": NAME % ADA}))

    assert typed("audit", "verify", config)[1] == "1 records in 1 chains, 2 anchors: whole.\n"
    assert typed("audit", "seal", config)[1] == "0 records removed.\n"
