"""The store is the one source that an answer cannot do without: it is missed, told, and heals."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.company import HEALTHY, Company, company, http_services, sources
from tests.faults.fault import Fault
from tests.faults.patients.sql_postgresql import target
from tests.faults.proxy import Proxy, proxy

_PATIENCE_S = 20.0
_STORE_TIMEOUT_S = 1.0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.REFUSED, "SOURCE_UNAVAILABLE"),
        (Fault.RESET, "SOURCE_UNAVAILABLE"),
        (Fault.BLACKHOLE, "SOURCE_TIMEOUT"),
    ],
)
def test_without_the_store_there_are_no_customers_until_it_is_back(
    tmp_path: Path, database_url: str, fault: Fault, code: str
) -> None:
    """The error names `native` and shows nothing of it; nobody has to start the gateway again."""

    async def run(before: Proxy, services: str) -> Mapping[str, Any]:
        url = _through(database_url, before.port)
        limits = {"request_timeout_s": _STORE_TIMEOUT_S}
        async with company(tmp_path, url, sources(tmp_path, services), limits=limits) as it:
            before.break_with(fault)
            broken = await it.ask()
            before.heal()
            await _heals(it)
        return broken

    with http_services() as services, proxy(target(database_url)) as before:
        answer = asyncio.run(run(before, services))

    assert answer["data"] is None
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["source"]) == (code, "native")
    assert "127.0.0.1" not in json.dumps(answer)


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}", query="").geturl()


async def _heals(it: Company) -> None:
    until = time.monotonic() + _PATIENCE_S
    answer: Mapping[str, Any] = {}
    while time.monotonic() < until:
        answer = await it.ask()
        if "errors" not in answer and answer["data"]["customers"]["nodes"] == HEALTHY:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"it does not come back: {answer}")
