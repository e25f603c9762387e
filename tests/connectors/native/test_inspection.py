"""What `check`, `discover` and `scan` tell of the store."""

import asyncio
from uuid import UUID

import asyncpg

from connectors.contract import ChangePage, Cursor, Severity
from domain.catalogue import ENTITIES
from tests.connectors.native.filled import Native, fill, native


async def _texts(url: str) -> list[str]:
    async with native(url) as it:
        found = await it.connector.check()
    assert all((each.severity, each.setting) == (Severity.ERROR, "store.url") for each in found)
    return [each.message for each in found]


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def test_an_empty_database_is_told_to_be_set_up(empty_database_url: str) -> None:
    """The finding says what to do."""
    (text,) = asyncio.run(_texts(empty_database_url))

    assert "Start the gateway once" in text


def test_tables_of_another_version_are_found(database_url: str) -> None:
    """Also where all tables are there."""
    asyncio.run(_execute(database_url, "UPDATE alembic_version SET version_num = '0000'"))

    (text,) = asyncio.run(_texts(database_url))

    assert "not those that this program works with" in text


def test_a_database_that_can_only_be_read_is_found(database_url: str) -> None:
    """A standby answers questions, but nothing could be logged."""
    setting = (
        "format('ALTER DATABASE %I SET default_transaction_read_only TO on', current_database())"
    )
    asyncio.run(_execute(database_url, f"DO $$ BEGIN EXECUTE {setting}; END $$"))

    (text,) = asyncio.run(_texts(database_url))

    assert "can only be read" in text


def test_a_store_that_fits_has_no_findings(database_url: str) -> None:
    """All is well."""
    assert asyncio.run(_texts(database_url)) == []


def test_discover_tells_entities_and_how_many_there_are(database_url: str) -> None:
    """Every entity of the catalogue, with its canonical fields."""

    async def run() -> None:
        async with native(database_url) as it:
            await fill(it.store, "product", {"source": "shop", "record_id": "1"})

            found = {each.name: each for each in await it.connector.discover()}

            assert found.keys() == ENTITIES.keys()
            assert (found["product"].record_count, found["ticket"].record_count) == (1, 0)
            assert found["product"].fields["price"] == "DECIMAL"
            assert len(it.store.asked) == 1

    asyncio.run(run())


async def _pages(it: Native, entity: str, since: Cursor | None = None) -> list[ChangePage]:
    return [page async for page in it.connector.scan(entity, since=since)]


def test_a_scan_gives_every_row_once_and_goes_on_where_it_stopped(database_url: str) -> None:
    """Pages of 500 in the order of the key; the last page has no cursor."""

    async def run() -> None:
        async with native(database_url) as it:
            keys = [(source, f"{number:04}") for source in ("crm", "店") for number in range(600)]
            records = [{"source": source, "record_id": record_id} for source, record_id in keys]
            await fill(it.store, "interaction", *records)

            pages = await _pages(it, "interaction")
            rest = await _pages(it, "interaction", pages[0].cursor)

            assert [len(each.changes) for each in pages] == [500, 500, 200]
            seen = [each.row[:2] for page in pages for each in page.changes if each.row]
            assert seen == keys
            assert [page.cursor for page in pages[1:]] == [
                {"source": "店", "record_id": "0399"},
                None,
            ]
            assert rest == pages[1:]

    asyncio.run(run())


def test_a_scan_of_nothing_is_one_empty_page(database_url: str) -> None:
    """An empty table is known to be empty."""

    async def run() -> None:
        async with native(database_url) as it:
            (page,) = await _pages(it, "ticket")

            assert (list(page.changes), page.cursor) == ([], None)

    asyncio.run(run())


def test_customers_are_scanned_by_their_id(database_url: str) -> None:
    """Their key is the id alone."""

    async def run() -> None:
        async with native(database_url) as it:
            await fill(it.store, "customer", {"id": UUID(int=2)}, {"id": UUID(int=1)})

            (page,) = await _pages(it, "customer")
            (rest,) = await _pages(it, "customer", {"id": str(UUID(int=1))})

            assert [each.record_id for each in page.changes] == [
                str(UUID(int=each)) for each in (1, 2)
            ]
            assert len(rest.changes) == 1

    asyncio.run(run())
