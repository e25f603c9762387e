"""The customer index in a real PostgreSQL."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.native.index import Index
from connectors.native.index_record import stored
from domain.customer import CustomerRecord
from domain.golden import golden
from domain.identity import Member, RecordKey, identifiers, resolve, shared_identifiers
from tests.connectors.native.indexed import PRECEDENCE, Indexed, indexed, person, with_index
from tests.domain.profile import SEEN_AT

_TABLES = ("customer", "customer_record", "customer_identifier", "sync_problem")


def test_a_record_that_the_store_cannot_hold_changes_nothing(database_url: str) -> None:
    """The transaction fails as a whole, so the page can be tried again without that record."""

    async def story(it: Indexed) -> None:
        with pytest.raises(asyncpg.DataError):
            await it.apply(person("crm", "1"), person("crm", "2", name="a\0b"))
        assert await it.customers() == {}

    with_index(database_url, story)


def test_values_that_are_not_canonical_are_refused() -> None:
    """With an error that says which value it was."""
    index = Index(precedence=PRECEDENCE, now=lambda: SEEN_AT, new_id=uuid4)

    with pytest.raises(ValueError, match="ROBOT"):
        index.record({"source": "crm", "record_id": "1", "observed_at": SEEN_AT, "kind": "ROBOT"})


def test_an_empty_page_is_fine(database_url: str) -> None:
    """Nothing comes of nothing."""

    async def story(it: Indexed) -> None:
        await it.apply()
        await it.apply(deleted=[("crm", "never seen")])
        assert await it.customers() == {}

    with_index(database_url, story)


def test_records_of_several_sources_become_one_customer(database_url: str) -> None:
    """With normalised contacts, reasons, golden values and their provenance."""

    async def story(it: Indexed) -> None:
        await it.apply(
            person("crm", "C1", name="Ada Lovelace", email="ADA@Example.com", custom={"size": 1.0}),
            person("shop", "S1", name="A. L.", email="ada@example.com", phone="+1 202 555 0123"),
            person("desk", "D1", phone="001 202-555-0123"),
            person("desk", "D2", external_ids={"crm": "C1"}, tags=["vip"]),
            person("desk", "D3", email="not an address", phone="call me"),
        )

        customers = await it.customers()
        assert len({customers[each] for each in ("crm:C1", "shop:S1", "desk:D1", "desk:D2")}) == 1
        assert customers["desk:D3"] != customers["crm:C1"]
        row = await it.golden(customers["crm:C1"])
        assert row["name"] == "Ada Lovelace"
        assert [each["address"] for each in row["emails"]] == ["ada@example.com"]
        assert row["primary_phone"] == "+12025550123"
        assert (row["tags"], row["custom"]) == (["vip"], {"size": 1.0})
        name = next(each for each in row["provenance"] if each["field"] == "name")
        assert (name["source"], name["record_id"]) == ("crm", "C1")
        assert [each["value"] for each in name["alternatives"]] == ["A. L."]
        lost = await it.golden(customers["desk:D3"])
        assert lost["emails"][0]["address"] == "not an address"
        assert lost["phones"][0]["e164"] is None
        reasons = await it.store.fetch(
            "SELECT matched_by FROM customer_record WHERE record_id = 'C1'"
        )
        assert reasons[0]["matched_by"] == ["email ada@example.com", "link crm:C1"]

    with_index(database_url, story)


def test_two_records_of_one_source_with_one_address_are_reported(database_url: str) -> None:
    """Both stay, each a customer of its own, and the report names both; correcting one heals."""

    async def story(it: Indexed) -> None:
        await it.apply(person("crm", "1", email="home@example.com"))
        await it.apply(person("shop", "7", email="home@example.com"))
        before = await it.customers()
        await it.apply(person("crm", "2", email="Home@example.com"))

        customers = await it.customers()
        assert before["crm:1"] == before["shop:7"]
        assert len(set(customers.values())) == 3
        problems = await it.store.fetch("SELECT * FROM sync_problem ORDER BY record_id")
        assert [(each["source"], each["entity"], each["record_id"]) for each in problems] == [
            ("crm", "customer", "1"),
            ("crm", "customer", "2"),
        ]
        assert problems[0]["reason"] == (
            "The e-mail address home@example.com of record 1 is also on record 2 of the same"
            " source, so no customers are matched by it. Correct one of the records, or link those"
            " that are one customer."
        )

        await it.apply(person("crm", "2", email="two@example.com"))

        healed = await it.customers()
        assert healed["crm:1"] == healed["shop:7"]
        assert await it.store.fetch("SELECT * FROM sync_problem") == []

    with_index(database_url, story)


def test_an_address_that_was_shared_elsewhere_is_reported_here_too(database_url: str) -> None:
    """That it linked nothing before is no reason to say nothing now."""

    async def story(it: Indexed) -> None:
        mine = {"email": "home@example.com"}
        await it.apply(person("crm", "1", **mine), person("crm", "2", **mine))
        await it.apply(person("desk", "3", **mine))
        await it.apply(person("desk", "4", **mine))

        problems = await it.store.fetch("SELECT record_id FROM sync_problem ORDER BY record_id")
        assert [each["record_id"] for each in problems] == ["1", "2", "3", "4"]

    with_index(database_url, story)


def test_a_merge_redirects_and_takes_everything_along(database_url: str) -> None:
    """Synced rows by their reference, logged interactions by the customer, contacts by theirs."""

    async def story(it: Indexed) -> None:
        await it.apply(person("crm", "1"), person("shop", "1"))
        old = await it.customers()
        await it.execute(_TICKET, "T1", "shop", "1", UUID(int=old["shop:1"]))
        await it.execute(_TICKET, "T2", None, None, UUID(int=old["shop:1"]))
        await it.apply(person("shop", "9", organization_ref="1"))

        await it.apply(person("crm", "1", external_ids={"shop": "1"}))

        new = await it.customers()
        assert new["crm:1"] == new["shop:1"] == old["crm:1"]
        gone = await it.golden(old["shop:1"])
        assert gone["superseded_by"] == UUID(int=old["crm:1"])
        assert gone["superseded_at"] == SEEN_AT
        tickets = await it.store.fetch("SELECT record_id, customer_id FROM ticket")
        assert {each["customer_id"].int for each in tickets} == {old["crm:1"]}
        contact = await it.golden(new["shop:9"])
        assert contact["organization_id"] == UUID(int=old["crm:1"])

    with_index(database_url, story)


def test_a_split_takes_along_what_names_the_record(database_url: str) -> None:
    """And leaves what names only the customer."""

    async def story(it: Indexed) -> None:
        await it.apply(person("crm", "1"), person("shop", "1", external_ids={"crm": "1"}))
        old = UUID(int=(await it.customers())["crm:1"])
        await it.execute(_TICKET, "T1", "shop", "1", old)
        await it.execute(_TICKET, "T2", None, None, old)

        await it.apply(person("shop", "1"))

        new = await it.customers()
        assert new["crm:1"] == old.int != new["shop:1"]
        tickets = await it.store.fetch("SELECT record_id, customer_id FROM ticket")
        found = {each["record_id"]: each["customer_id"].int for each in tickets}
        assert found == {"T1": new["shop:1"], "T2": old.int}

    with_index(database_url, story)


def test_an_organization_that_comes_later_is_found(database_url: str) -> None:
    """The order of pages makes no difference to who works where."""

    async def story(it: Indexed) -> None:
        await it.apply(person("crm", "1", organization_ref="O1"))
        await it.apply(person("crm", "O1", name="Acme") | {"kind": "ORGANIZATION"})

        customers = await it.customers()
        contact = await it.golden(customers["crm:1"])
        assert contact["organization_id"] == UUID(int=customers["crm:O1"])

    with_index(database_url, story)


def test_a_deleted_record_stays_marked_and_comes_back(database_url: str) -> None:
    """Its customer keeps its id, and other records speak for it."""

    async def story(it: Indexed) -> None:
        await it.apply(
            person("crm", "1", name="Ada", email="ada@example.com"),
            person("shop", "1", name="A.", email="ada@example.com"),
        )
        before = await it.customers()

        await it.apply(deleted=[("crm", "1")])
        without = await it.golden(before["crm:1"])
        await it.apply(person("crm", "1", name="Ada", email="ada@example.com"))

        assert without["name"] == "A."
        assert await it.customers() == before
        assert (await it.golden(before["crm:1"]))["name"] == "Ada"

    with_index(database_url, story)


def test_applying_the_same_again_writes_nothing_new(database_url: str) -> None:
    """Not a value of any row differs."""

    async def story(it: Indexed) -> None:
        page = [
            person("crm", "1", email="a@example.com", custom={"n": 1}),
            person("shop", "1", email="a@example.com", addresses=[{"city": "上海"}]),
            person("crm", "2", email="b@example.com", created_at=SEEN_AT),
            person("crm", "3", email="b@example.com"),
        ]
        await it.apply(*page)
        before = await it.everything(*_TABLES)

        await it.apply(*page)

        assert await it.everything(*_TABLES) == before

    with_index(database_url, story)


def test_the_number_of_statements_does_not_depend_on_the_number_of_records(
    database_url: str,
) -> None:
    """A page of two hundred costs what a page of two costs."""

    async def story(it: Indexed) -> None:
        # The first page of a connection lets the driver look up types.
        await it.apply(person("desk", "warm"))
        counts = []
        for start, size in ((0, 2), (1000, 200)):
            for source in ("crm", "shop"):
                page = [
                    person(source, f"{n}", email=f"{n}@x.test") for n in range(start, start + size)
                ]
                async with it.store.transaction() as connection:
                    asked: list[object] = []
                    with connection.query_logger(asked.append):
                        await it.apply_on(connection, *page)
                    counts.append(len(asked))
        assert counts[:2] == counts[2:]
        assert max(counts) <= 25

    with_index(database_url, story)


def test_two_writers_at_once_find_the_same_customer(database_url: str) -> None:
    """One waits for the other, so that no match falls between them."""

    async def story(it: Indexed) -> None:
        sources = ("crm", "shop", "desk", "mailing", "erp", "pos")

        await asyncio.gather(*(it.apply(person(each, "1", email="a@x.test")) for each in sources))

        assert len(set((await it.customers()).values())) == 1

    with_index(database_url, story)


_TICKET = """
INSERT INTO ticket (source, record_id, observed_at, subject, kind, status, opened_at,
  customer_source, customer_ref, customer_id)
VALUES ('native', $1, now(), 'Help', 'INQUIRY', 'OPEN', now(), $2, $3, $4)
"""

_KEYS = st.tuples(st.sampled_from(["crm", "shop", "desk"]), st.sampled_from("1234"))
_RECORDS = st.builds(
    lambda key, kind, emails, phones, link, organization: {
        "source": key[0],
        "record_id": key[1],
        "kind": kind,
        "emails": [{"address": f"{each}@x.test"} for each in emails],
        "phones": [{"original": f"+86 138 0013 800{each}"} for each in phones],
        "external_ids": dict([link]) if link else None,
        "organization_ref": organization,
    },
    _KEYS,
    st.sampled_from(["PERSON", "PERSON", "ORGANIZATION"]),
    st.sets(st.sampled_from("abc"), max_size=2),
    st.sets(st.sampled_from("01"), max_size=1),
    st.none() | _KEYS,
    st.none() | st.sampled_from("1234"),
)
_PAGES = st.lists(
    st.tuples(
        st.lists(_RECORDS, max_size=5, unique_by=lambda each: (each["source"], each["record_id"])),
        st.sets(_KEYS, max_size=1),
    ),
    min_size=1,
    max_size=6,
)
Pages = Sequence[tuple[Sequence[Mapping[str, Any]], set[RecordKey]]]


def test_pages_in_any_order_come_to_what_the_whole_set_says(database_url: str) -> None:
    """Random pages of changes and deletions: the index equals a resolution of everything at once.

    Groups, reasons, golden values and redirects: what is resolved page by page, only where it is
    touched, is what the pure functions say about all records together.
    """

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(_PAGES)
    def holds(pages: Pages) -> None:
        asyncio.run(_compare(database_url, pages))

    holds()


async def _compare(url: str, pages: Pages) -> None:
    async with indexed(url) as it:
        await it.execute(f"TRUNCATE {', '.join(_TABLES)}")
        for records, deleted in pages:
            present = {(each["source"], each["record_id"]) for each in records}
            await it.apply(*records, deleted=sorted(deleted - present))
        rows = await it.store.fetch("SELECT * FROM customer_record")
        customers = await it.store.fetch("SELECT * FROM customer")
        problems = await it.store.fetch("SELECT source, record_id FROM sync_problem")
    found = [stored(row) for row in rows]
    members = _resolved_as_a_whole(found)
    _check_customers(found, {row["id"]: dict(row) for row in customers})
    assert {tuple(row) for row in problems} == _sharing(members)


def _resolved_as_a_whole(records: Sequence[CustomerRecord]) -> Sequence[Member]:
    members = [
        Member(
            key=(each.source, each.record_id),
            identifiers=identifiers(each),
            customer_id=each.customer_id,
            is_deleted=each.is_deleted,
        )
        for each in records
    ]
    whole = resolve(members, shared=shared_identifiers(members), new_id=lambda: UUID(int=0))
    assert whole.superseded == {}
    for each in records:
        key = (each.source, each.record_id)
        assert each.customer_id == whole.customers[key]
        assert each.matched_by == whole.matched_by[key]
    return members


def _check_customers(
    records: Sequence[CustomerRecord], customers: Mapping[UUID, Mapping[str, Any]]
) -> None:
    groups = defaultdict(list)
    for each in records:
        groups[each.customer_id].append(each)
    organizations = {(each.source, each.record_id): each.customer_id for each in records}
    living = {id_ for id_, row in customers.items() if row["superseded_by"] is None}
    assert living == groups.keys()
    for id_, group in groups.items():
        assert id_ is not None
        expected = golden(
            id_,
            group,
            precedence=PRECEDENCE,
            organizations={key: to for key, to in organizations.items() if to},
        )
        row = customers[id_]
        assert [each["address"] for each in row["emails"]] == [
            each.address for each in expected.emails
        ]
        assert row["organization_id"] == expected.organization_id
        assert row["kind"] == expected.kind
    assert {row["superseded_by"] for row in customers.values()} <= customers.keys() | {None}


def _sharing(members: Sequence[Member]) -> set[RecordKey]:
    """The records that share an address or number with another of their own source."""
    present = [each for each in members if not each.is_deleted]
    return {
        one.key
        for one in present
        for other in present
        if one.key != other.key and one.key[0] == other.key[0]
        if any(each.type != "external" for each in one.identifiers & other.identifiers)
    }
