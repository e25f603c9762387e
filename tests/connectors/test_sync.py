"""Pulling sources into a real PostgreSQL."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connectors.contract import Refused, Skipped, Unavailable
from tests.connectors.scanned import ScannedSource
from tests.connectors.synced import TABLES, Synced, crm, put_order, shop, with_sync
from tests.domain.profile import SEEN_AT

_DOWN = Unavailable("crm", "crm is down: start it.", retry_after_s=7)


def test_a_source_that_is_down_is_said_so_and_heals(database_url: str) -> None:
    """The problem is kept with the state until the source answers again."""

    async def story(it: Synced) -> None:
        source = crm(failure=_DOWN)
        sync = it.sync(source)

        result = await sync.sync_source("crm")
        down = await it.state("crm", "customer_record")
        source.failure = None
        healed = await sync.sync_source("crm")

        assert not result.is_complete
        assert result.retry_after_s == 7
        assert [each.problem for each in result.entities] == ["crm is down: start it."]
        assert (down["problem"], down["succeeded_at"]) == ("crm is down: start it.", None)
        assert healed.is_complete
        up = await it.state("crm", "customer_record")
        assert (up["problem"], up["succeeded_at"], up["record_count"]) == (None, SEEN_AT, 3)

    with_sync(database_url, story)


def test_a_source_that_fails_midway_goes_on_from_there(database_url: str) -> None:
    """What was stored stays; the next pull asks only for the rest."""

    async def story(it: Synced) -> None:
        source = crm(failure=_DOWN, fails_at=2)
        sync = it.sync(source)

        await sync.sync_source("crm")
        half = await it.ids("customer_record")
        source.failure = None
        await sync.sync_source("crm")

        assert half == ["1", "2"]
        assert await it.ids("customer_record", "NOT is_deleted") == ["1", "2", "3"]
        assert source.scans == [("customer_record", None), ("customer_record", {"place": 2})]

    with_sync(database_url, story)


def test_a_source_that_refuses_its_own_old_cursor_is_read_anew(database_url: str) -> None:
    """A place that has grown too old costs one full pull and no operator."""

    async def story(it: Synced) -> None:
        source = crm()
        sync = it.sync(source)
        await sync.sync_source("crm")
        source.failure = Refused("crm", "The cursor has expired.")

        refused = await sync.sync_source("crm")
        source.failure = None
        await sync.sync_source("crm")

        assert [each.problem for each in refused.entities] == ["The cursor has expired."]
        assert [since for _, since in source.scans] == [None, {"place": 3}, None]
        assert (await it.state("crm", "customer_record"))["problem"] is None

    with_sync(database_url, story)


def test_records_that_cannot_be_read_are_kept_in_sight(database_url: str) -> None:
    """One by the connector, one without a key, one that lacks a field, two that cannot be stored.

    All others arrive. Who was known before stays known, until a pull that reads everything.
    """

    async def story(it: Synced) -> None:
        source = shop("1", "2", page_size=10, tells_changes=False, tells_deletions=False)
        await it.sync(source).sync_source("shop")
        it.tick()
        put_order(source, "2", status=None)
        put_order(source, "4", currency="a\0b")
        put_order(source, "5", total=Decimal("NaN"), placed_at="soon")
        put_order(source, "6", total=Decimal("9999999999.999"))
        source.skipped = [Skipped("7", "The date 'soon' cannot be read.")]
        source.log["purchase"].append(("a\0b", {"status": "PAID"}))

        result = await it.sync(source).sync_source("shop")

        assert result.is_complete
        assert (result.entities[0].record_count, result.entities[0].skipped_count) == (2, 5)
        assert await it.ids("purchase") == ["1", "2", "6"]
        assert await it.ids("sync_problem") == ["2", "4", "5", "7", "a\ufffdb"]
        problems = await it.store.fetch("SELECT reason FROM sync_problem WHERE record_id = '2'")
        assert problems[0]["reason"] == (
            "The required field 'status' is missing. Map it, or correct the record."
        )
        assert (await it.state("shop", "purchase"))["skipped_count"] == 5
        rows = await it.store.fetch("SELECT total FROM purchase WHERE record_id = '6'")
        assert rows[0]["total"] == Decimal("9999999999.999")

        it.tick()
        source.log["purchase"].clear()
        source.skipped = ()
        put_order(source, "2")
        await it.sync(source).sync_source("shop")

        assert await it.ids("sync_problem") == []
        assert await it.ids("purchase") == ["2"]

    with_sync(database_url, story)


def test_a_record_without_an_id_keeps_everything_else(database_url: str) -> None:
    """Nobody can say which record it was, so nothing is taken for gone."""

    async def story(it: Synced) -> None:
        source = shop("1", "2", tells_changes=False, tells_deletions=False)
        await it.sync(source).sync_source("shop")
        it.tick()
        source.log["purchase"] = []
        put_order(source, "1")
        put_order(source, "")
        put_order(source, "")

        await it.sync(source).sync_source("shop")

        assert await it.ids("purchase") == ["1", "2"]
        assert await it.ids("sync_problem") == ["?1", "?2"]

    with_sync(database_url, story)


def test_a_customer_that_cannot_be_stored_does_not_stop_the_page(database_url: str) -> None:
    """The others of the page are indexed."""

    async def story(it: Synced) -> None:
        source = crm(page_size=10)
        source.put("customer_record", "4", kind="PERSON", name="a\0b")
        source.put("customer_record", "5", kind="ROBOT")
        source.put("customer_record", "6", kind="PERSON", custom={"deep": "\ud800"})

        await it.sync(source).sync_source("crm")

        assert await it.ids("customer_record") == ["1", "2", "3"]
        assert await it.ids("sync_problem") == ["4", "5", "6"]

    with_sync(database_url, story)


def test_pulling_twice_writes_nothing_new(database_url: str) -> None:
    """With a source that tells changes and with one that does not: no row differs."""

    async def story(it: Synced) -> None:
        sources = [crm(), shop(tells_changes=False, tells_deletions=False)]
        sources[1].skipped = [Skipped("9", "unreadable")]
        sync = it.sync(*sources)
        for each in sources:
            await sync.sync_source(each.name)
        before = await it.everything(*TABLES)

        for each in sources:
            await sync.sync_source(each.name)

        after = await it.everything(*TABLES)
        assert after == before
        assert (len(after["customer"]), len(after["purchase"])) == (3, 3)

    with_sync(database_url, story)


def test_only_changes_are_asked_for(database_url: str) -> None:
    """Where the source tells them; and deletions with them."""

    async def story(it: Synced) -> None:
        people, orders = crm(), shop()
        sync = it.sync(people, orders)
        await sync.sync_source("crm")
        await sync.sync_source("shop")
        it.tick()
        people.put("customer_record", "2", kind="PERSON", name="Another")
        people.drop("customer_record", "3")
        orders.drop("purchase", "1")
        it.told.clear()

        await sync.sync_source("crm")
        await sync.sync_source("shop")

        assert await it.ids("customer_record", "is_deleted") == ["3"]
        assert await it.ids("customer_record", "name = 'Another'") == ["2"]
        assert await it.ids("purchase") == ["2", "3"]
        assert [(each.record_count, each.total) for each in it.told] == [(1, 5), (0, 4)]
        assert (await it.state("crm", "customer_record"))["record_count"] == 2

    with_sync(database_url, story)


def test_what_a_whole_pass_has_not_seen_is_gone(database_url: str) -> None:
    """Only after the pass, and only of this source."""

    async def story(it: Synced) -> None:
        silent: Mapping[str, Any] = {"tells_changes": False, "tells_deletions": False}
        people, orders = crm(**silent), shop(**silent)
        other = ScannedSource("desk")
        other.put("customer_record", "9", kind="PERSON")
        sync = it.sync(people, orders, other)
        for each in ("desk", "crm", "shop"):
            await sync.sync_source(each)
        it.tick()
        people.drop("customer_record", "2")
        orders.drop("purchase", "2")
        orders.failure, orders.fails_at = Unavailable("shop", "down"), 1

        for each in ("crm", "shop"):
            await sync.sync_source(each)
        unfinished = await it.ids("purchase")
        orders.failure = None
        await sync.sync_source("shop")

        assert await it.ids("customer_record", "is_deleted") == ["2"]
        assert unfinished == ["1", "2", "3"]
        assert await it.ids("purchase") == ["1", "3"]

    with_sync(database_url, story)


def test_a_source_that_tells_no_deletions_is_swept_now_and_then(database_url: str) -> None:
    """In between only its changes are asked for."""

    async def story(it: Synced) -> None:
        orders = shop(tells_deletions=False)
        sync = it.sync(orders, sweep_every=timedelta(hours=1))
        await sync.sync_source("shop")
        orders.drop("purchase", "2")
        it.tick()
        await sync.sync_source("shop")
        soon = await it.ids("purchase")
        it.tick(hours=1)
        await sync.sync_source("shop")

        assert soon == ["1", "2", "3"]
        assert await it.ids("purchase") == ["1", "3"]
        assert [since for _, since in orders.scans] == [None, {"place": 3}, None]

    with_sync(database_url, story)


def test_other_fields_are_pulled_from_the_beginning(database_url: str) -> None:
    """A field that was mapped later is not missing in old records."""

    async def story(it: Synced) -> None:
        orders = shop()
        sync = it.sync(orders)
        await sync.sync_source("shop")
        put_order(orders, "4", number="N-4")
        await sync.sync_source("shop")
        await sync.forget("shop")
        await sync.sync_source("shop")

        assert [since for _, since in orders.scans] == [None, None, None]
        assert await it.ids("purchase", "number = 'N-4'") == ["4"]

    with_sync(database_url, story)


def test_synced_rows_find_their_customers_in_any_order(database_url: str) -> None:
    """Whether customers come first or last."""

    async def story(it: Synced) -> None:
        sync = it.sync(crm(), shop("1", "2", "nobody"))

        await sync.sync_source("shop")
        await sync.sync_source("crm")
        first = await it.store.fetch("SELECT customer_ref, customer_id FROM purchase")
        await sync.forget("shop")
        await sync.sync_source("shop")
        second = await it.store.fetch("SELECT customer_ref, customer_id FROM purchase")

        customers = await it.customers()
        for rows in (first, second):
            found = {each["customer_ref"]: each["customer_id"] for each in rows}
            assert found.pop("nobody") is None
            assert {ref: id_.int for ref, id_ in found.items()} == {
                ref: customers[f"crm:{ref}"] for ref in ("1", "2")
            }

    with_sync(database_url, story)
