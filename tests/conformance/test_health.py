"""How every connector behaves when its source is well, wrong, down and back again."""

import asyncio
import contextlib
from typing import Any

import pytest

from connectors.contract import Batch, Connector, Severity, SourceError
from tests.conformance.source import Source


def _everything(source: Source) -> Batch:
    entity = next(iter(source.records))
    return Batch(entity=entity, fields=("record_id",), timeout_s=5)


async def _ids(connector: Connector, source: Source) -> list[Any]:
    if source.only_scans:
        scan = connector.scan(_everything(source).entity, since=None)
        return sorted([change.record_id async for page in scan for change in page.changes])
    answer = await connector.fetch(_everything(source))
    return sorted(row[0] for row in answer.rows[()])


def _wanted(source: Source) -> list[Any]:
    return sorted(each["record_id"] for each in source.records[_everything(source).entity])


def test_check_finds_nothing_wrong_with_a_good_source(source: Source) -> None:
    """Remarks are allowed, such as that a column is empty; errors are not."""

    async def run() -> None:
        async with source.opened() as connector:
            assert [e for e in await connector.check() if e.severity is Severity.ERROR] == []

    asyncio.run(run())


def test_check_says_in_words_what_does_not_fit(source: Source) -> None:
    """At least one error, as a sentence that names something, and nothing is raised."""

    async def run() -> None:
        if source.connect_wrongly is None:
            pytest.skip("nothing can be wrong with this source")
        connector = await source.connect_wrongly()
        try:
            errors = [e for e in await connector.check() if e.severity is Severity.ERROR]
            assert errors
            for each in errors:
                assert len(each.message.split()) > 3, each.message
                assert "Traceback" not in each.message
        finally:
            await connector.close()

    asyncio.run(run())


def test_check_and_discover_of_a_source_that_is_down_raise_nothing_unknown(fresh: Source) -> None:
    """`check` says it, `discover` raises the failure of the contract or finds nothing."""
    if fresh.stop is None:
        pytest.skip("this source cannot be down")
    fresh.stop()

    async def run() -> None:
        async with fresh.opened() as connector:
            assert Severity.ERROR in {each.severity for each in await connector.check()}
            with contextlib.suppress(SourceError):
                assert list(await connector.discover()) == []

    asyncio.run(run())


def test_discover_names_what_there_is(source: Source) -> None:
    """As many things as there are entities, each with fields and their types."""

    async def run() -> None:
        async with source.opened() as connector:
            found = await connector.discover()
            names = [each.name for each in found]
            assert len(names) == len(set(names))
            assert found
            for each in found:
                assert each.name
                assert all(name for name in each.fields)
                assert all(type_ for type_ in each.fields.values())
            assert any({"record_id", "path"} & set(each.fields) for each in found)

    asyncio.run(run())


def test_a_source_that_is_down_fails_as_the_contract_says_and_heals(fresh: Source) -> None:
    """Down at the first question, well afterwards, down again under the same connector."""
    if fresh.stop is None or fresh.start is None:
        pytest.skip("this source cannot be down")
    stop, start = fresh.stop, fresh.start

    async def run() -> None:
        stop()
        async with fresh.opened() as connector:
            with pytest.raises(fresh.when_down) as raised:
                await _ids(connector, fresh)
            assert raised.value.source == connector.name
            assert raised.value.__cause__ is not None or raised.value.message
            with pytest.raises(fresh.when_down):
                [page async for page in connector.scan(_everything(fresh).entity, since=None)]
            start()
            assert await _ids(connector, fresh) == _wanted(fresh)
            assert await _ids(connector, fresh) == _wanted(fresh)

    asyncio.run(run())


def test_a_source_that_breaks_between_two_questions_heals(fresh: Source) -> None:
    """Connections that are open die with it, and none of them is tried for ever."""
    if fresh.stop is None or fresh.start is None:
        pytest.skip("this source cannot be down")
    stop, start = fresh.stop, fresh.start

    async def run() -> None:
        async with fresh.opened() as connector:
            assert await _ids(connector, fresh) == _wanted(fresh)
            stop()
            with contextlib.suppress(fresh.when_down):
                await _ids(connector, fresh)
            start()
            assert await _ids(connector, fresh) == _wanted(fresh)

    asyncio.run(run())


def test_closing_twice_does_no_harm(source: Source) -> None:
    """After use, without use, and again."""

    async def run() -> None:
        unused = await source.connect()
        await unused.close()
        await unused.close()
        used = await source.connect()
        assert await _ids(used, source) == _wanted(source)
        await used.close()
        await used.close()

    asyncio.run(run())
