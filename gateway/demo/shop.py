"""The shop's database: SQLite, amounts in cents, times as a clock in Berlin shows them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from gateway.demo import handwriting
from gateway.demo.customer import Chance, Customer, dice
from gateway.demo.order import Order
from gateway.demo.product import products

_ZONE = ZoneInfo("Europe/Berlin")
_TABLES = """
CREATE TABLE customers (
    customer_no TEXT, account_type TEXT NOT NULL, display_name TEXT, first_name TEXT,
    last_name TEXT, email TEXT, phone TEXT, street TEXT, zip TEXT, city TEXT, state TEXT,
    country_code TEXT, lang TEXT, loyalty_tier TEXT, created TEXT, modified TEXT NOT NULL
);
CREATE UNIQUE INDEX customers_by_no ON customers (customer_no);
CREATE INDEX customers_by_modified ON customers (modified, customer_no);
CREATE TABLE products (
    article_no TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, ean TEXT, group_name TEXT,
    list_price_cents INTEGER
);
CREATE TABLE orders (
    order_no TEXT PRIMARY KEY NOT NULL, customer_no TEXT NOT NULL, state TEXT NOT NULL,
    sales_channel TEXT, currency TEXT NOT NULL, grand_total_cents INTEGER NOT NULL,
    ordered_at TEXT NOT NULL, modified TEXT NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_no);
CREATE INDEX orders_by_modified ON orders (modified, order_no);
CREATE TABLE order_lines (
    order_no TEXT NOT NULL, pos INTEGER NOT NULL, article_no TEXT, label TEXT,
    qty INTEGER NOT NULL, unit_cents INTEGER, total_cents INTEGER,
    PRIMARY KEY (order_no, pos)
);
"""

Row: TypeAlias = tuple[Any, ...]


def write(
    folder: Path, customers: Sequence[Customer], orders: Sequence[Order], *, seed: int
) -> None:
    """Make `shop.db` in a folder that is there."""
    chance = dice(seed, "shop")
    buyers = [each for each in customers if "shop" in each.systems]
    spent = dict.fromkeys((each.number for each in buyers), 0)
    for order in orders:
        spent[order.customer.number] += 1
    with closing(sqlite3.connect(folder / "shop.db")) as database, database:
        database.executescript(_TABLES)
        rows = [_customer(each, spent[each.number], chance) for each in buyers]
        _insert(database, "customers", [*rows, *_broken_customers(rows)])
        articles = [(p.article_no, p.title, p.ean, p.group, p.price_cents) for p in products()]
        _insert(database, "products", articles)
        sold = [_order(each) for each in orders]
        _insert(database, "orders", [*sold, *_broken_orders(sold)])
        _insert(database, "order_lines", [line for each in orders for line in _lines(each)])


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - names of our own


def _customer(customer: Customer, order_count: int, chance: Chance) -> Row:
    given, family = customer.given, customer.family
    name = customer.name if customer.is_company else handwriting.latin_name(customer, chance)
    return (
        customer.id_in("shop"),
        "B" if customer.is_company else "P",
        name,
        None if customer.is_company else given,
        None if customer.is_company else family,
        handwriting.email(customer, chance),
        handwriting.phone(customer, chance),
        customer.street,
        customer.postal_code,
        customer.city,
        customer.region,
        customer.country,
        customer.language,
        _tier(order_count),
        _clock(customer.since),
        _clock(customer.since),
    )


def _tier(order_count: int) -> str | None:
    tiers = ((12, "gold"), (4, "silver"), (2, "bronze"), (1, "new"))
    return next((name for least, name in tiers if order_count >= least), None)


def _broken_customers(rows: Sequence[Row]) -> Iterator[Row]:
    """What every old database has: dates that are none, a row without a key, twins."""
    *head, created, modified = rows[-1]
    head[5:7] = "kein.datum@example.net", None
    yield ("C-90001", *head[1:], "31.02.2021", modified)
    yield ("C-90002", *head[1:], "unbekannt", modified)
    yield (None, *head[1:], created, modified)
    head[5] = "family.mailbox@example.net"
    yield ("C-90003", *head[1:], created, modified)
    yield ("C-90004", *head[1:], created, modified)


def _order(order: Order) -> Row:
    moment = _clock(order.ordered_at)
    return (
        order.number,
        order.customer.id_in("shop"),
        order.state,
        order.channel,
        order.currency,
        order.total_cents,
        moment,
        moment,
    )


def _broken_orders(rows: Sequence[Row]) -> Iterator[Row]:
    _, customer_no, _, *rest, ordered_at, modified = rows[-1]
    yield ("SO-2019-90001", customer_no, "???", *rest, ordered_at, modified)
    yield ("SO-2019-90002", customer_no, "done", *rest, "gestern", modified)


def _lines(order: Order) -> Iterator[Row]:
    for at, line in enumerate(order.lines, start=1):
        yield (
            order.number,
            at,
            line.product.article_no,
            line.product.title,
            line.quantity,
            line.unit_cents,
            line.quantity * line.unit_cents,
        )


def _clock(moment: datetime) -> str:
    return moment.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
