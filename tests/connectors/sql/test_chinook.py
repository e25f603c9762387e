"""The Chinook shop, one mapping: the same answers from SQLite, PostgreSQL and MariaDB."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.contract import Batch, Bound, Compare, Op, Order, Row, Severity
from connectors.sql.connector import SqlConnector
from tests.connectors.sql.database import ENGINES, database
from tests.connectors.sql.source import asked, opened, scanned

MAPPING = """
phone_region: US
page_size: 100
entities:
  customer:
    query: >
      SELECT c.*, e.FirstName AS OwnerFirst, e.LastName AS OwnerLast
      FROM Customer c LEFT JOIN Employee e ON e.EmployeeId = c.SupportRepId
    key: CustomerId
    fields:
      name: {join: [FirstName, LastName]}
      given_name: FirstName
      family_name: LastName
      emails: Email
      phones: [{number: Phone, label: {constant: phone}}, {number: Fax, label: {constant: fax}}]
      addresses:
        - {street: Address, city: City, region: State, postal_code: PostalCode, country: Country}
      owner: {join: [OwnerFirst, OwnerLast]}
      custom: {company: Company}
  purchase:
    table: Invoice
    key: InvoiceId
    references: {customer: CustomerId}
    fields:
      number: InvoiceId
      status: {constant: COMPLETED}
      placed_at: InvoiceDate
      total: Total
      currency: {constant: USD}
  purchase_line:
    table: InvoiceLine
    key: InvoiceLineId
    references: {purchase: InvoiceId, product: TrackId}
    fields:
      position: InvoiceLineId
      quantity: Quantity
      unit_price: UnitPrice
      currency: {constant: USD}
  product:
    table: Track
    key: TrackId
    fields: {name: Name, category: Composer, price: UnitPrice, currency: {constant: USD}}
"""
_OWN_DATABASE = re.compile(r"^(?:DROP DATABASE|CREATE DATABASE|USE |\\c ).*$", re.MULTILINE)
_END = re.compile(r";\s*$", re.MULTILINE)


def _mapping(engine: str) -> str:
    """The mapping; the script for PostgreSQL writes the names in snake case."""
    if engine != "postgresql":
        return MAPPING
    snake = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", MAPPING)
    return re.sub(r"\b[A-Z]\w*_?\w*\b", lambda m: _lower(m[0]), snake)


def _lower(word: str) -> str:
    return word if word.isupper() else word.lower()


def _script(engine: str) -> list[str]:
    folder = os.environ.get("CUSTOMER360_TEST_CHINOOK")
    if not folder:
        pytest.skip("CUSTOMER360_TEST_CHINOOK names no folder with the Chinook scripts")
    name = {"sqlite": "Sqlite", "postgresql": "PostgreSql", "mariadb": "MySql"}[engine]
    text = (Path(folder) / f"Chinook_{name}.sql").read_text(encoding="utf-8-sig")
    plain = _OWN_DATABASE.sub("", text)
    return [part for part in _END.split(plain) if part.strip()]


@pytest.fixture(scope="module", params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the data of Chinook."""
    script = _script(request.param)
    with database(request.param, tmp_path_factory.mktemp("chinook"), script) as made:
        yield made


@pytest.fixture
def shop(url: str, tmp_path: Path) -> SqlConnector:
    """The shop as a source."""
    return opened(_mapping(urlsplit(url).scheme), url=url, base_dir=tmp_path)


def test_the_mapping_fits_all_three_databases(shop: SqlConnector) -> None:
    """A check of the source finds nothing to complain about."""
    found = asked(shop, lambda it: it.check())

    assert [each for each in found if each.severity is not Severity.INFO] == []


def test_customers_are_found_by_key(shop: SqlConnector) -> None:
    """The names, e-mail addresses, phones and the employee who owns the customer are there."""
    fields = ("record_id", "name", "emails", "phones", "addresses", "owner", "custom")
    batch = Batch(
        entity="customer_record",
        fields=fields,
        match=("record_id",),
        keys=(("1",), ("19",), ("x",), ("007",), ("99999999999999999999",)),
    )

    answer = asked(shop, lambda it: it.fetch(batch))

    assert answer.rows.keys() == {("1",), ("19",)}
    assert dict(zip(fields, answer.rows["19",][0], strict=True)) == {
        "record_id": "19",
        "name": "Tim Goyer",
        "emails": [
            {
                "address": "tgoyer@apple.com",
                "label": None,
                "is_verified": None,
                "is_primary": True,
            }
        ],
        "phones": [
            {
                "e164": "+14089961010",
                "original": "+1 (408) 996-1010",
                "label": "phone",
                "is_primary": True,
            },
            {
                "e164": "+14089961011",
                "original": "+1 (408) 996-1011",
                "label": "fax",
                "is_primary": False,
            },
        ],
        "addresses": [
            {
                "street": "1 Infinite Loop",
                "city": "Cupertino",
                "region": "CA",
                "postal_code": "95014",
                "country": "USA",
                "label": None,
                "is_primary": True,
            }
        ],
        "owner": "Jane Peacock",
        "custom": {"company": "Apple Inc."},
    }
    assert answer.rows["1",][0][1] == "Luís Gonçalves"


def test_the_latest_purchases_of_several_customers_come_with_one_statement(
    shop: SqlConnector,
) -> None:
    """The limit holds for each customer, in the order asked for."""
    batch = Batch(
        entity="purchase",
        fields=("record_id", "placed_at", "total", "status", "currency"),
        match=("customer_ref",),
        keys=(("1",), ("2",), ("1000",)),
        order=(Order("placed_at", is_descending=True), Order("record_id")),
        limit=2,
    )

    answer = asked(shop, lambda it: it.fetch(batch))

    assert answer.calls == 1
    assert {key: [row[0] for row in rows] for key, rows in answer.rows.items()} == {
        ("1",): ["382", "327"],
        ("2",): ["293", "241"],
    }
    assert answer.rows["1",][0] == (
        "382",
        datetime(2025, 8, 7, tzinfo=UTC),
        Decimal("8.91"),
        "COMPLETED",
        "USD",
    )


def test_a_filtered_list_is_read_page_by_page(shop: SqlConnector) -> None:
    """Two pages by total and key: nothing twice, nothing lost."""
    first = Batch(
        entity="purchase",
        fields=("record_id", "total"),
        where=Compare("total", Op.GTE, Decimal("15.86")),
        order=(Order("total", is_descending=True), Order("record_id")),
        limit=7,
    )
    pages: list[Row] = []

    async def both(it: SqlConnector) -> None:
        pages.extend((await it.fetch(first)).rows[()])
        values = (pages[-1][1], pages[-1][0])
        second = Batch(
            entity="purchase",
            fields=first.fields,
            where=first.where,
            order=first.order,
            limit=7,
            after=Bound(values),
        )
        pages.extend((await it.fetch(second)).rows[()])

    asked(shop, both)

    assert pages == [
        ("404", Decimal("25.86")),
        ("299", Decimal("23.86")),
        ("96", Decimal("21.86")),
        ("194", Decimal("21.86")),
        ("89", Decimal("18.86")),
        ("201", Decimal("18.86")),
        ("88", Decimal("17.91")),
        ("306", Decimal("16.86")),
        ("313", Decimal("16.86")),
        ("103", Decimal("15.86")),
        ("208", Decimal("15.86")),
    ]


def test_lines_lead_to_their_products(shop: SqlConnector) -> None:
    """The lines of a purchase have the key of the track, and tracks are found by it."""
    lines = Batch(
        entity="purchase_line",
        fields=("position", "quantity", "unit_price", "product_ref"),
        match=("purchase_ref",),
        keys=(("1",),),
        order=(Order("position"), Order("record_id")),
    )
    tracks = Batch(
        entity="product",
        fields=("name", "price"),
        match=("record_id",),
        keys=(("2",), ("4",)),
    )

    async def both(it: SqlConnector) -> tuple[object, object]:
        return (await it.fetch(lines)).rows["1",], (await it.fetch(tracks)).rows

    found_lines, found_tracks = asked(shop, both)

    assert found_lines == [
        (1, Decimal(1), Decimal("0.99"), "2"),
        (2, Decimal(1), Decimal("0.99"), "4"),
    ]
    assert found_tracks == {
        ("2",): [("Balls to the Wall", Decimal("0.99"))],
        ("4",): [("Restless and Wild", Decimal("0.99"))],
    }


def test_names_sort_by_code_point(shop: SqlConnector) -> None:
    """Texts sort alike whatever the collation of the database; missing ones come last."""
    batch = Batch(
        entity="product",
        fields=("name", "category"),
        where=Compare("name", Op.STARTS_WITH, "Á"),
        order=(Order("category", is_descending=True), Order("name"), Order("record_id")),
    )

    answer = asked(shop, lambda it: it.fetch(batch))

    assert answer.rows[()] == [
        ("Água E Fogo", "Chico Amaral/Edgard Scandurra/Samuel Rosa"),
        ("Água de Beber", "Antonio Carlos Jobim/Vinicius de Moraes"),
        ("Álibi", None),
    ]


def test_a_scan_gives_every_record_once_and_resumes(shop: SqlConnector) -> None:
    """A scan that was stopped after two pages goes on with the third."""

    async def in_two(it: SqlConnector) -> list[str]:
        begun = await scanned(it, "purchase", most=2)
        rest = await scanned(it, "purchase", since=begun[-1].cursor)
        assert begun[0].total == 412
        assert rest[-1].cursor is None
        return [change.record_id for page in begun + rest for change in page.changes]

    assert asked(shop, in_two) == [str(number) for number in range(1, 413)]
