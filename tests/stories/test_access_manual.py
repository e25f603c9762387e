"""What docs/access.md shows is what happens; so do the usual roles of the examples."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import yaml

from connectors.native.key_store import KeyStore
from domain.viewer import Viewer
from gateway.app import open_gateway
from gateway.auth.api_key import ApiKey, Grant
from gateway.auth.key_ring import row_of
from gateway.config import load
from tests.connectors.native.filled import fill
from tests.documentation import yaml_blocks

SECTIONS = ("Keys", "Tokens", "Proxy", "Roles", "Rows", "Fields", "Purposes")
EXAMPLE = Path(__file__).parents[2] / "examples" / "access" / "customer360.yaml"
NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
ACME, ADA, BO = (UUID(int=each) for each in (1, 2, 3))
CUSTOMERS: Sequence[Mapping[str, Any]] = (
    {"id": ACME, "kind": "ORGANIZATION", "name": "华为", "owner": "mei"},
    {"id": ADA, "kind": "PERSON", "name": "Ada", "owner": "tom", "organization_id": ACME,
     "emails": [{"address": "ada@example.com", "label": None, "is_verified": None,
                 "is_primary": True}],
     "lifecycle_stage": "LOYAL"},
    {"id": BO, "kind": "PERSON", "name": "李雷", "owner": "bo"},
)  # fmt: skip
TALKS: Sequence[Mapping[str, Any]] = (
    {"source": "native", "record_id": "1", "customer_id": ADA, "channel": "PHONE"},
    {"source": "native", "record_id": "2", "customer_id": BO, "channel": "ONSITE"},
)


def blocks() -> Iterator[tuple[str, str]]:
    """All blocks with the first word of their section."""
    for section in SECTIONS:
        for block in yaml_blocks(section, file="access.md"):
            yield section, block


@asynccontextmanager
async def _gateway(folder: Path, url: str, access: str) -> Any:
    made = {**yaml.safe_load(access), "store": {"url": url, "data_dir": str(folder)}}
    file = folder / "customer360.yaml"
    file.write_text(yaml.safe_dump(made, allow_unicode=True, sort_keys=False), encoding="utf-8")
    async with open_gateway(load(file, {})) as gateway:
        await fill(gateway.store, "customer", *CUSTOMERS)
        await fill(gateway.store, "interaction", *TALKS)
        transport = httpx2.ASGITransport(app=gateway.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            yield KeyStore(gateway.store), client


async def _key(store: KeyStore, *roles: str, **claims: Any) -> dict[str, str]:
    key = ApiKey.new()
    viewer = Viewer(name="测试", roles=roles, claims=claims)
    grant = Grant(id=key.id, digest=key.digest, viewer=viewer, created_at=NOW)
    await store.add(row_of(grant, now=NOW))
    return {"authorization": f"Bearer {key}"}


def _asked(
    folder: Path, url: str, access: str, *asked: tuple[Sequence[str], dict[str, Any], str, str]
) -> list[Any]:
    """The answers to `(roles, claims, header, query)`, where a header is `Name: value` or empty."""

    async def run() -> list[Any]:
        answers = []
        async with _gateway(folder, url, access) as (store, client):
            for roles, claims, header, query in asked:
                name, _, value = header.partition(": ")
                headers = (await _key(store, *roles, **claims)) if roles else {}
                headers |= {name: value} if header else {}
                found = await client.post("/graphql", json={"query": query}, headers=headers)
                answers.append((found.status_code, found.json()))
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize(("section", "block"), list(blocks()))
def test_every_block_is_accepted(section: str, block: str, tmp_path: Path) -> None:
    """As it stands, in a file of its own."""
    file = tmp_path / "customer360.yaml"
    file.write_text(block, encoding="utf-8")

    settings = load(file, {})

    assert settings.access is not None, section
    assert settings.access.roles


def test_rows_are_those_of_the_rule(tmp_path: Path, database_url: str) -> None:
    """By owner, or by the owner of the organization; without the claim none."""
    (block, _) = yaml_blocks("Rows", file="access.md")
    query = "{ customers { nodes { name interactions { nodes { recordId } } } } }"

    mei, bo, nobody = _asked(
        tmp_path,
        database_url,
        block,
        (["sales"], {"name": "mei"}, "", query),
        (["sales"], {"name": "bo"}, "", query),
        (["sales"], {}, "", query),
    )

    def seen(answer: Any) -> tuple[list[str], list[str]]:
        nodes = answer[1]["data"]["customers"]["nodes"]
        talks = [talk["recordId"] for each in nodes for talk in each["interactions"]["nodes"]]
        return [each["name"] for each in nodes], talks

    assert seen(mei) == (["华为", "Ada"], ["1"])
    assert seen(bo) == (["李雷"], ["2"])
    assert seen(nobody) == ([], [])


def test_a_level_shows_what_is_below(tmp_path: Path, database_url: str) -> None:
    """The organization of the claim, and its contact."""
    (_, block) = yaml_blocks("Rows", file="access.md")
    query = "{ customers { nodes { name } } }"

    ((_, answer),) = _asked(
        tmp_path, database_url, block, (["portal"], {"company": f"Customer:{ACME}"}, "", query)
    )

    assert answer["data"]["customers"]["nodes"] == [{"name": "华为"}, {"name": "Ada"}]


def test_masks_show_what_the_table_says(tmp_path: Path, database_url: str) -> None:
    """And a masked field is no filter."""
    (block,) = yaml_blocks("Fields", file="access.md")

    (_, shown), (_, refused), (_, hidden) = _asked(
        tmp_path,
        database_url,
        block,
        (["analyst"], {}, "", "{ customers { nodes { kind name emails { address } } } }"),
        (["analyst"], {}, "", '{ customers(where: {name: {eq: "Ada"}}) { nodes { kind } } }'),
        (["analyst"], {}, "", "{ customers { nodes { owner } } }"),
    )

    ada = shown["data"]["customers"]["nodes"][1]
    assert ada["kind"] is None
    assert len(ada["name"]) == 32
    assert ada["emails"] == [{"address": "a***@example.com"}]
    assert refused["errors"][0]["message"] == "Unknown argument 'where' on field 'Query.customers'."
    assert "Cannot query field 'owner'" in hidden["errors"][0]["message"]


def test_a_request_acts_in_one_role(tmp_path: Path, database_url: str) -> None:
    """The first of the list or that of `X-Role`; without a credential that of the anonymous."""
    (block,) = yaml_blocks("Roles", file="access.md")
    me = "{ me { role mutations permissions { entity fields } } }"

    first, second, other, nobody = _asked(
        tmp_path,
        database_url,
        block,
        (["partner", "agent"], {}, "", "{ me { role mutations } }"),
        (["partner", "agent"], {}, "X-Role: partner", me),
        (["partner"], {}, "X-Role: agent", me),
        ([], {}, "", me),
    )

    assert first[1]["data"]["me"] == {
        "role": "agent",
        "mutations": ["amendInteraction", "logInteraction"],
    }
    assert second[1]["data"]["me"] == {
        "role": "partner",
        "mutations": [],
        "permissions": [{"entity": "Customer", "fields": ["name"]}],
    }
    assert nobody[1]["data"]["me"] == {"role": "visitor", "mutations": [], "permissions": []}
    assert other[0] == 403


def test_a_request_is_for_a_purpose(tmp_path: Path, database_url: str) -> None:
    """One that the role has; another one or none is refused."""
    (block,) = yaml_blocks("Purposes", file="access.md")
    me = "{ me { purpose } }"

    without, wrong, right = _asked(
        tmp_path,
        database_url,
        block,
        (["marketing"], {}, "", me),
        (["marketing"], {}, "X-Purpose: research", me),
        (["marketing"], {}, "X-Purpose: statistics", me),
    )

    assert [without[0], wrong[0]] == [403, 403]
    assert right[1]["data"]["me"] == {"purpose": "statistics"}


def test_the_usual_roles_see_what_their_table_says(tmp_path: Path, database_url: str) -> None:
    """Each of the examples with one question that shows whom it sees."""
    example = EXAMPLE.read_text(encoding="utf-8")
    query = "{ customers { nodes { name } } }"
    about = "{ customers { nodes { emails { address } interactions { nodes { recordId } } } } }"

    answers = _asked(
        tmp_path,
        database_url,
        example,
        (["sales"], {"name": "bo"}, "", query),
        (["marketing"], {}, "X-Purpose: marketing", query),
        (["service"], {}, "", query),
        (["support"], {"queues": ["returns"]}, "", about),
        (["analyst"], {}, "", query),
        (["partner"], {"company": str(ACME)}, "", query),
        (["customer"], {"customer": str(ADA)}, "", query),
        (["customer"], {}, "", query),
        ([], {}, "", query),
    )

    def names(at: int) -> list[str]:
        return [each["name"] for each in answers[at][1]["data"]["customers"]["nodes"]]

    assert [names(at) for at in (0, 1, 2)] == [["李雷"], ["Ada"], ["华为", "Ada", "李雷"]]
    support = answers[3][1]["data"]["customers"]["nodes"]
    assert support[1]["emails"] == [{"address": "a***@example.com"}]
    assert [each["interactions"]["nodes"] for each in support] == [[], [{"recordId": "1"}], []]
    assert [len(each) for each in names(4)] == [32, 32, 32]
    assert [names(at) for at in (5, 6, 7)] == [["华为", "Ada"], ["Ada"], []]
    assert answers[8][0] == 401
