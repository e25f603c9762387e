"""Giving up a question to a folder: nobody waits on, and what was begun is there for the next."""

import asyncio
from pathlib import Path

import pytest

from connectors.aspects.guarded import Guarded
from connectors.aspects.opening import Opener
from connectors.contract import Batch, TimedOut
from connectors.files import KIND
from connectors.files.options import FilesOptions
from tests.connectors.files.folder import NOW

ROWS = 20_000
MAPPING = {
    "file": "客户.csv",
    "key": "id",
    "fields": {"name": "name", "kind": {"constant": "PERSON"}},
}


def _opened(folder: Path) -> Guarded:
    options = FilesOptions.model_validate(
        {
            "kind": "files",
            "path": ".",
            "entities": {"customer": MAPPING},
            "timeout_s": 60,
            "limits": {"concurrent": 1},
            "retry": {"attempts": 0},
        }
    )
    return Opener(now=lambda: NOW, base_dir=folder, kinds={"files": KIND}).open("files", options)


def test_a_file_too_slow_for_one_deadline_holds_nobody_up_and_is_there_for_the_next(
    tmp_path: Path,
) -> None:
    """The turn is given back with the question; the thread reads on, once for all who ask."""
    lines = (f"{number},王{number}\n" for number in range(ROWS))
    (tmp_path / "客户.csv").write_text("id,name\n" + "".join(lines), encoding="utf-8")

    async def story() -> int:
        source = _opened(tmp_path)
        batch = Batch(entity="customer_record", fields=("record_id",), timeout_s=0.01)
        for _ in range(3):
            with pytest.raises(TimedOut):
                await source.fetch(batch)
        asking = asyncio.create_task(
            source.fetch(Batch(entity="customer_record", fields=("name",)))
        )
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        answer = await source.fetch(Batch(entity="customer_record", fields=("name",), timeout_s=60))
        await source.close()
        return len(answer.rows[()])

    assert asyncio.run(story()) == ROWS
