"""What was answered is recorded, also when the gateway is killed in the midst of it."""

import asyncio
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import httpx2

from connectors.native.audit_log import AuditLog
from connectors.native.audit_proof import proven
from connectors.native.store import Store
from tests.gateway.process import running, shop, wait

CLIENTS, WANTED = 8, 150
KEY = "k" * 32


def _read(url: str, client: int, answered: list[str]) -> None:
    with httpx2.Client(timeout=30) as http:
        number = 0
        while True:
            name = f"Q{client}x{number}"
            query = f"query {name} {{ customers {{ nodes {{ name }} }} }}"
            try:
                answer = http.post(f"{url}/graphql", json={"query": query})
            except httpx2.HTTPError:
                return
            if "Ada" in answer.text:
                answered.append(name)
            number += 1


async def _recorded(url: str) -> Sequence[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT body::json ->> 'operation' AS name FROM audit_entry")
    await connection.close()
    return [row["name"] for row in rows]


async def _problems(url: str) -> Sequence[str]:
    store = await Store.open(url)
    try:
        return (await proven(AuditLog(store, key=KEY.encode()))).problems
    finally:
        await store.close()


def test_no_answer_is_without_its_record_when_the_gateway_is_killed(
    tmp_path: Path, database_url: str
) -> None:
    """SIGKILL while eight clients read; every answer that any of them got is on record."""
    configuration = {
        "store": {"url": database_url, "data_dir": str(tmp_path / "data")},
        "audit": {"enabled": True, "signing_key": KEY},
        "sources": {"shop": shop()},
    }
    answered: list[str] = []
    with running(tmp_path, configuration) as it:
        url = it.url
        clients = [
            threading.Thread(target=_read, args=(url, number, answered))
            for number in range(CLIENTS)
        ]
        for each in clients:
            each.start()
        wait(lambda: len(answered) >= WANTED)
        it.signal(signal.SIGKILL)
        for each in clients:
            each.join()

    recorded = asyncio.run(_recorded(database_url))

    assert len(answered) >= WANTED
    assert set(answered) <= set(recorded)
    assert asyncio.run(_problems(database_url)) == []
