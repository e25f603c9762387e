"""A real Airbyte source, `airbyte-source-faker` of PyPI, which makes up its data offline.

It brings 361 MB: install it in an environment of its own, and set CUSTOMER360_TEST_AIRBYTE_FAKER to
the path of its `source-faker`.
"""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from connectors.airbyte import KIND
from connectors.contract import ChangePage, Environment, Severity
from tests.connectors.airbyte.opening import NOW

CUSTOMER = {
    "stream": "users",
    "key": "id",
    "fields": {
        "name": "name",
        "emails": [{"address": "email"}],
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
}


@pytest.fixture
def program() -> str:
    """The path of the program."""
    found = os.environ.get("CUSTOMER360_TEST_AIRBYTE_FAKER") or shutil.which("source-faker")
    if found is None:
        pytest.skip("source-faker is not installed; see CUSTOMER360_TEST_AIRBYTE_FAKER")
    return found


def test_a_real_source_is_checked_discovered_and_read(program: str) -> None:
    """In pages that end where it says so; from its last place on there is nothing more."""
    config = {"count": 25, "seed": 7, "parallelism": 1, "records_per_slice": 10}
    options = KIND.options.model_validate(
        {
            "kind": "airbyte",
            "command": [program],
            "config": config | {"always_updated": False},
            "entities": {"customer": CUSTOMER},
        }
    )

    async def run() -> None:
        connector = KIND.open("fake", options, Environment(now=lambda: NOW, base_dir=Path()))
        try:
            errors = [e for e in await connector.check() if e.severity is not Severity.INFO]
            assert errors == []
            assert "users" in {each.name for each in await connector.discover()}
            first = [page async for page in connector.scan("customer_record", since=None)]
            assert sorted(_ids(first)) == sorted(str(n) for n in range(1, 26))
            assert len(first) > 2
            assert [page.skipped for page in first] == [()] * len(first)
            last = first[-1].cursor
            assert last is not None
            rest = [page async for page in connector.scan("customer_record", since=last)]
            assert _ids(rest) == []
        finally:
            await connector.close()

    asyncio.run(run())


def _ids(pages: list[ChangePage]) -> list[str]:
    return [change.record_id for page in pages for change in page.changes]
