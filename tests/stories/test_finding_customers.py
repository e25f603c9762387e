"""A customer is found by whatever somebody knows of them, in any spelling."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.stories.company import ask, free_port, gateway

BY = "query ($by: CustomerBy!) { customer(by: $by) { name records { recordId matchedBy } } }"
XIAOMING = {"name": "王小明", "records": [{"recordId": "c2", "matchedBy": []}]}


async def _found(folder: Path, database: str, by: Mapping[str, object]) -> Mapping[str, Any]:
    """The whole response to a query by something that is known of a customer."""
    async with gateway(folder, database, free_port()) as it:
        await it.sync.sync_source("people")
        return await ask(it, BY, by=by)


@pytest.mark.parametrize(
    "by",
    [
        {"email": "XiaoMing.Wang@EXAMPLE.cn"},
        {"phone": "+86 138-0013-8000"},
        {"phone": "0086 13800138000"},
        {"phone": "13800138000"},
        {"record": {"source": "people", "recordId": "c2"}},
    ],
    ids=str,
)
def test_any_spelling_finds_the_customer(
    tmp_path: Path, database_url: str, by: Mapping[str, object]
) -> None:
    """Addresses and numbers are normalised before they are looked up."""
    answer = asyncio.run(_found(tmp_path, database_url, by))

    assert answer["data"] == {"customer": XIAOMING}
    assert "errors" not in answer


@pytest.mark.parametrize(
    "by",
    [
        {"email": "nobody@example.com"},
        {"email": "no address at all"},
        {"phone": "12"},
        {"record": {"source": "people", "recordId": "c99"}},
    ],
    ids=str,
)
def test_nobody_is_found_without_an_error(
    tmp_path: Path, database_url: str, by: Mapping[str, object]
) -> None:
    """That there is no such customer is an answer."""
    answer = asyncio.run(_found(tmp_path, database_url, by))

    assert answer["data"] == {"customer": None}
    assert "errors" not in answer


def test_a_record_that_is_not_indexed_yet_is_fetched_and_indexed(
    tmp_path: Path, database_url: str
) -> None:
    """A new customer can be asked for before the next pull, and has a stable id from then on."""
    query = '{ customer(by: {record: {source: "people", recordId: "c2"}}) { id name } }'

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            before = await ask(it, "{ customers { nodes { id } } }")
            first = await ask(it, query)
            await it.sync.sync_source("people")
            second = await ask(it, query)

        assert before["data"]["customers"]["nodes"] == []
        assert first["data"]["customer"]["name"] == "王小明"
        assert second["data"] == first["data"]

    asyncio.run(run())


def test_another_precedence_chooses_the_golden_values_anew(
    tmp_path: Path, database_url: str
) -> None:
    """Whom to believe is a setting: it holds after the next pull, though no record changed."""
    (tmp_path / "customers.csv").write_text(
        "id,name,mail,phone,joined\nc1,Ada,ada@example.com,,2026-01-02T03:04:05Z\n"
    )
    (tmp_path / "other.csv").write_text(
        "id,name,mail,phone,joined\nx1,Countess,ada@example.com,,2026-01-02T03:04:05Z\n"
    )
    query = '{ customer(by: {email: "ada@example.com"}) { name } }'

    async def named(*precedence: str) -> str:
        async with gateway(tmp_path, database_url, free_port(), precedence=precedence) as it:
            for source in ("people", "more"):
                await it.sync.sync_source(source)
            answer = await ask(it, query)
        name: str = answer["data"]["customer"]["name"]
        return name

    assert asyncio.run(named("people", "more")) == "Ada"
    assert asyncio.run(named("more", "people")) == "Countess"
    assert asyncio.run(named("people")) == "Ada"
