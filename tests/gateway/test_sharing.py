"""Where the processes of a gateway count what they share."""

import asyncio
from pathlib import Path

from connectors.native.allowance import StoreAllowance
from connectors.native.store import Store
from connectors.options import Rate
from connectors.redis_allowance import RedisAllowance
from gateway.config import Settings, load
from gateway.sharing import opened_sharing

SOURCE = """
sources:
  files:
    kind: files
    path: .
    entities: {}
    limits: {rates: [{calls: 100, per_s: 20}, {calls: 50000, per_s: 86400}]}
"""


def _settings(folder: Path, text: str) -> Settings:
    file = folder / "customer360.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def _kinds(settings: Settings) -> list[type]:
    """Where each rate of the source is counted; nothing is asked for that."""

    async def run() -> list[type]:
        store = await Store.open("postgresql://127.0.0.1/nothing", min_connections=0)
        rates: tuple[Rate, ...] = settings.sources["files"].limits.rates
        try:
            async with opened_sharing(settings, store) as share:
                return [type(share("files", each)) for each in rates]
        finally:
            await store.close()

    return asyncio.run(run())


def test_rates_are_counted_in_the_store(tmp_path: Path) -> None:
    """It is always there."""
    assert _kinds(_settings(tmp_path, SOURCE)) == [StoreAllowance, StoreAllowance]


def test_short_rates_are_counted_in_redis_where_one_is_named(tmp_path: Path) -> None:
    """Those of a day are not: a Redis that is emptied would allow a second day's calls."""
    text = SOURCE + "redis: {url: redis://127.0.0.1:1/0}\n"

    assert _kinds(_settings(tmp_path, text)) == [RedisAllowance, StoreAllowance]
