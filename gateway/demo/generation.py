"""Generation: everything that the five systems hold, made once into a folder."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.demo import crm, desk, dossier, mailing, shop
from gateway.demo.activity import activities
from gateway.demo.customer import NOW, SYSTEMS, customers
from gateway.demo.order import by_customer as orders_by_customer
from gateway.demo.order import orders
from gateway.demo.ticket import by_customer as tickets_by_customer
from gateway.demo.ticket import tickets

SEED = 360
MARKER = "demo.json"
VERSION = 1
"""Rises whenever the same seed gives other data, so that old data are made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made: how many customers, orders, order lines, tickets and activities."""

    customer_count: int
    order_count: int
    line_count: int
    ticket_count: int
    activity_count: int


def generate(folder: Path, *, seed: int = SEED) -> Made:
    """Make the data of all systems in a folder that is not there yet: one subfolder a system.

    The same seed gives the same files. The folder appears only when it is complete.
    """
    building = folder.with_name(f"{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    for system in SYSTEMS:
        (building / system).mkdir(parents=True)
    made = _filled(building, seed)
    marker = {"version": VERSION, "seed": seed, "now": NOW.isoformat()}
    (building / MARKER).write_bytes(orjson.dumps(marker))
    building.rename(folder)
    return made


def is_current(folder: Path) -> bool:
    """Whether a folder holds complete data of this version."""
    try:
        marker = orjson.loads((folder / MARKER).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(marker, dict) and marker.get("version") == VERSION


def _filled(folder: Path, seed: int) -> Made:
    people = customers(seed)
    sold = orders(people, seed=seed)
    asked = tickets(people, seed=seed)
    orders_of, tickets_of = orders_by_customer(sold), tickets_by_customer(asked)
    held = activities(people, orders=orders_of, tickets=tickets_of, seed=seed)
    shop.write(folder / "shop", people, sold, seed=seed)
    crm.write(folder / "crm", people, held, seed=seed)
    desk.write(folder / "desk", people, asked, seed=seed)
    mailing.write(folder / "mailing", people, seed=seed)
    dossier.write(folder / "documents", people, orders=orders_of, seed=seed)
    return Made(
        customer_count=len(people),
        order_count=len(sold),
        line_count=sum(len(each.lines) for each in sold),
        ticket_count=len(asked),
        activity_count=len(held),
    )
