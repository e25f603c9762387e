"""What every source has against being slow, busy or down, by the documented configuration."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.responses import Response

from connectors.aspects.guarded import Guarded
from connectors.contract import Batch, Unavailable
from gateway.app import open_connectors
from gateway.config import load
from tests.connectors.aspects.desk import Desk
from tests.documentation import yaml_blocks
from tests.serving import serving

T = TypeVar("T")


def _batch(*customers: str) -> Batch:
    keys = tuple((each,) for each in customers)
    fields = ("record_id", "status")
    return Batch(entity="ticket", fields=fields, match=("customer_ref",), keys=keys)


def _run(folder: Path, desk: Desk, story: Callable[[Guarded], Awaitable[T]]) -> T:
    """A story with the documented source, over real connections."""

    async def run(url: str) -> T:
        file = folder / "customer360.yaml"
        file.write_text(yaml_blocks("protection")[0], encoding="utf-8")
        settings = load(file, {"DESK_URL": f"{url}/api", "DESK_TOKEN": "open-sesame"})
        source = open_connectors(settings)["desk"]
        try:
            return await story(source)
        finally:
            await source.close()

    with serving(desk.app()) as url:
        return asyncio.run(run(url))


def test_only_what_failed_is_asked_again(tmp_path: Path) -> None:
    """A customer that was answered with 503 is asked for once more, the others are not."""
    desk = Desk({"ada": [Response(status_code=503)]})

    async def story(source: Guarded) -> int:
        return len((await source.fetch(_batch("ada", "bob", "王"))).rows)

    assert _run(tmp_path, desk, story) == 3
    assert sorted(customer for customer, _ in desk.asked) == ["ada", "ada", "bob", "王"]


def test_a_source_that_is_down_is_asked_five_times_and_then_left_alone(tmp_path: Path) -> None:
    """Two questions find out; the third is told so at once."""
    desk = Desk({"*": [Response(status_code=500)] * 50})

    async def story(source: Guarded) -> list[str]:
        codes: list[str] = []
        for _ in range(3):
            with pytest.raises(Unavailable) as failed:
                await source.fetch(_batch("ada"))
            codes.append(failed.value.code)
        return codes

    codes = _run(tmp_path, desk, story)

    assert codes == ["SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE", "SOURCE_OPEN"]
    assert len(desk.asked) == 5


def test_the_vendors_limit_is_kept(tmp_path: Path) -> None:
    """The 101st call within 20 s is not made, and whose it is learns when to come again."""
    desk = Desk()

    async def story(source: Guarded) -> tuple[int, set[str], float]:
        answer = await source.fetch(_batch(*map(str, range(120))))
        codes = {each.code for each in answer.failures.values()}
        waits = [each.retry_after_s or 0.0 for each in answer.failures.values()]
        return len(answer.rows), codes, max(waits)

    found, codes, wait_s = _run(tmp_path, desk, story)

    assert found == 100
    assert codes == {"SOURCE_OVER_LIMIT"}
    assert 5 < wait_s <= 20.1
    assert len(desk.asked) == 100
