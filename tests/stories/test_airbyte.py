"""An Airbyte source, by the configuration that the documentation shows."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.sync import SyncResult
from gateway.app import open_gateway
from gateway.config import load
from tests.connectors.airbyte.opening import PROGRAM
from tests.documentation import yaml_blocks
from tests.stories.company import ask

QUERY = """
{ customers(first: 2, orderBy: [{field: NAME}]) { nodes {
    name emails { address } phones { e164 } addresses { city country }
} } }
"""


def _user(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"顾客 {number}",
        "email": f"c{number}@example.com",
        "telephone": f"212-736-50{number:02}",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": f"2026-02-{number:02}T00:00:00+00:00",
        "address": {"city": "上海", "country_code": "CN"},
    }


def _product(number: int) -> dict[str, Any]:
    return {"id": number, "make": "龙井", "model": str(number), "price": 12.5}


def _stream(records: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in records[0]}
    return {"records": records, "properties": properties, **more}


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Any:
    """The configuration of the documentation, with the fake program for the real one."""
    written = yaml.safe_load(yaml_blocks("airbyte")[0])
    incremental = {
        "sync_modes": ["full_refresh", "incremental"],
        "source_defined_cursor": True,
        "default_cursor_field": ["updated_at"],
    }
    written["sources"]["sample"]["config"] = {
        "streams": {
            "users": _stream([_user(n) for n in range(1, 8)], **incremental),
            "products": _stream([_product(n) for n in range(1, 4)]),
        }
    }
    written["sources"]["sample"]["command"] = [*PROGRAM]
    written["sources"]["sample"]["entities"]["product"]["mode"] = "synced"
    written["store"] = {"url": database_url, "data_dir": str(tmp_path / "data")}
    file = tmp_path / "customer360.yaml"
    file.write_text(json.dumps(written), encoding="utf-8")
    return load(file, {})


def test_what_an_airbyte_source_gives_is_in_the_graph(config: Any) -> None:
    """Customers in the index, products in the store; a second pull brings what is new."""

    async def run() -> Any:
        async with open_gateway(config) as gateway:
            first = await gateway.sync.sync_source("sample")
            second = await gateway.sync.sync_source("sample")
            assert _counts(first) == [("customer_record", 7, 0), ("product", 3, 0)]
            assert _counts(second) == [("customer_record", 0, 0), ("product", 3, 0)]
            return await ask(gateway, QUERY)

    answer = asyncio.run(run())

    assert answer["data"]["customers"]["nodes"][0] == {
        "name": "顾客 1",
        "emails": [{"address": "c1@example.com"}],
        "phones": [{"e164": "+12127365001"}],
        "addresses": [{"city": "上海", "country": "CN"}],
    }


def _counts(result: SyncResult) -> list[tuple[str, int, int]]:
    """What was pulled of each entity, and what was left out."""
    return [(each.entity, each.record_count, each.skipped_count) for each in result.entities]


def test_the_real_program_of_the_documentation_is_read(tmp_path: Path, database_url: str) -> None:
    """Where it is installed: see `tests.connectors.airbyte.test_faker`."""
    program = os.environ.get("CUSTOMER360_TEST_AIRBYTE_FAKER")
    if program is None:
        pytest.skip("source-faker is not installed; see CUSTOMER360_TEST_AIRBYTE_FAKER")
    file = tmp_path / "customer360.yaml"
    store = f'store: {{url: "{database_url}", data_dir: "{tmp_path}/data"}}\n'
    file.write_text(store + yaml_blocks("airbyte")[0], encoding="utf-8")

    async def run() -> SyncResult:
        async with open_gateway(load(file, {"SAMPLE_PROGRAM": program})) as gateway:
            return await gateway.sync.sync_source("sample")

    assert _counts(asyncio.run(run())) == [("customer_record", 200, 0), ("product", 100, 0)]
