"""What every connector gives to a pull."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connectors.contract import ChangePage, Connector, Cursor
from tests.conformance import expected
from tests.conformance.source import Source


async def _pages(
    connector: Connector, entity: str, since: Cursor | None = None
) -> Sequence[ChangePage]:
    return [page async for page in connector.scan(entity, since=since)]


def _ids(pages: Sequence[ChangePage]) -> list[str]:
    return [change.record_id for page in pages for change in page.changes]


def _wanted(source: Source, entity: str) -> list[str]:
    return sorted(each["record_id"] for each in source.records[entity])


def test_a_scan_gives_every_record_once_with_all_its_fields(source: Source) -> None:
    """From the beginning: nothing twice, nothing left out, nothing skipped, values as in fetch."""

    async def run() -> None:
        async with source.opened() as connector:
            for entity in source.records:
                capability = connector.capabilities[entity]
                assert capability.can_scan
                pages = await _pages(connector, entity)
                assert sorted(_ids(pages)) == _wanted(source, entity)
                assert [page.skipped for page in pages] == [()] * len(pages)
                told = expected.told(capability)
                by_id = {each["record_id"]: each for each in source.records[entity]}
                for page in pages:
                    assert set(told) <= set(page.fields)
                    for change in page.changes:
                        assert change.row is not None
                        assert _named(page, change.row, told) == _part(
                            by_id[change.record_id], told
                        )

    asyncio.run(run())


def _named(page: ChangePage, row: Sequence[object], told: Sequence[str]) -> Mapping[str, Any]:
    found = dict(zip(page.fields, row, strict=True))
    return {name: found[name] for name in told}


def _part(record: Mapping[str, Any], told: Sequence[str]) -> Mapping[str, Any]:
    return {name: record[name] for name in told}


def test_a_scan_goes_on_from_each_of_its_cursors(source: Source) -> None:
    """What was seen up to a cursor and what comes from there are together everything."""

    async def run() -> None:
        async with source.opened() as connector:
            for entity in source.records:
                pages = await _pages(connector, entity)
                for place, page in enumerate(pages):
                    if page.cursor is None:
                        continue
                    rest = await _pages(connector, entity, page.cursor)
                    together = {*_ids(pages[: place + 1]), *_ids(rest)}
                    assert sorted(together) == _wanted(source, entity)
                    assert all(each.row is not None for part in rest for each in part.changes)

    asyncio.run(run())


def test_a_scan_tells_deletions_where_that_is_declared(fresh: Source) -> None:
    """A record that has gone is told as gone, once, and no other record is."""

    async def run() -> None:
        async with fresh.opened() as connector:
            telling = [e for e in fresh.records if connector.capabilities[e].tells_deletions]
            if not telling:
                pytest.skip("no entity of this source tells deletions")
            assert fresh.delete is not None
            for entity in telling:
                pages = await _pages(connector, entity)
                gone = fresh.records[entity][0]["record_id"]
                fresh.delete(entity, gone)
                later = await _pages(connector, entity, pages[-1].cursor)
                changes = [change for page in later for change in page.changes]
                assert [each.record_id for each in changes if each.row is None] == [gone]
                after = await _pages(connector, entity, later[-1].cursor)
                assert not [each for page in after for each in page.changes if each.row is None]

    asyncio.run(run())
