"""The questions, and bodies of requests that ask them about customers chosen by chance."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

import orjson

from benchmarks.data import created_at
from benchmarks.document import LISTED, LIVE_LISTED, WHOLE, Dialect, Node, leaves, never_seen

Ask: TypeAlias = Callable[[bytes], Any]
"""Sends the body of a request and gives the answer, read as JSON."""

_SEED = 360


@dataclass(frozen=True, slots=True)
class Query:
    """A question. `bodies` makes requests about the customers of some numbers.

    `requests` is how many different ones there are; they are about the first `customers` customers,
    or about all. With `is_once` none is sent twice.
    """

    name: str
    title: str
    bodies: Callable[[Dialect, Sequence[int], Ask], Sequence[bytes]]
    requests: int = 5000
    customers: int | None = None
    is_once: bool = False

    def numbers(self, customers: int) -> Sequence[int]:
        """The customers that its requests are about, by chance."""
        chance = random.Random(f"{_SEED} {self.name}")
        known = min(customers, self.customers or customers)
        return [chance.randrange(known) for _ in range(self.requests)]


def _request(document: str, variables: Mapping[str, object]) -> bytes:
    return orjson.dumps({"query": document, "variables": variables})


def _one(
    dialect: Dialect, number: int, fields: tuple[Node, ...], *, operation: str = "Customer"
) -> bytes:
    document = (
        f"query {operation}($id: {dialect.id_type}) {{"
        f" {dialect.customer} {{ {dialect.selection(fields)} }} }}"
    )
    return _request(document, {"id": dialect.customer_key(number)})


def whole(dialect: Dialect, number: int) -> bytes:
    """Everything of one customer."""
    return _one(dialect, number, WHOLE)


def tiny(dialect: Dialect, number: int) -> bytes:
    """The name of one customer."""
    return _one(dialect, number, leaves("name"))


def cold(dialect: Dialect, number: int, *, seed: int) -> bytes:
    """About everything of one customer, in a document that nothing has seen before."""
    chance = random.Random(f"{_SEED} {seed}")
    fields = never_seen(WHOLE, chance)
    return _one(dialect, number, fields, operation=f"Q{chance.getrandbits(64):x}")


def listing(
    dialect: Dialect, number: int, *, first: int = 50, fields: tuple[Node, ...] = LISTED
) -> bytes:
    """The newest customers until the time of one, with relations."""
    root = dialect.newest.replace("{first}", str(first))
    document = (
        f"query List($until: {dialect.time_type}) {{"
        f" {root} {{ nodes {{ {dialect.selection(fields)} }} }} }}"
    )
    return _request(document, {"until": _until(number)})


def live_listing(dialect: Dialect, number: int) -> bytes:
    """The newest customers until the time of one, with tickets that are asked for live."""
    return listing(dialect, number, fields=LIVE_LISTED)


def place(dialect: Dialect, number: int) -> bytes:
    """Asks for the cursor of the place where a deep page begins."""
    root = dialect.newest.replace("{first}", "1")
    document = (
        f"query Place($until: {dialect.time_type}) {{ {root} {{ pageInfo {{ endCursor }} }} }}"
    )
    return _request(document, {"until": _until(number)})


def deep(dialect: Dialect, cursor: str) -> bytes:
    """A page behind a cursor, filtered and sorted."""
    inside = dialect.selection(leaves("id name lifecycleStage createdAt"))
    document = (
        "query Deep($after: "
        f"{dialect.cursor_type}) {{ {dialect.page}"
        f" {{ nodes {{ {inside} }} pageInfo {{ hasNextPage }} }} }}"
    )
    return _request(document, {"after": cursor})


def _until(number: int) -> str:
    at = created_at(number) + timedelta(seconds=1)
    return at.isoformat().replace("+00:00", "Z")


def _each(
    body: Callable[[Dialect, int], bytes],
) -> Callable[[Dialect, Sequence[int], Ask], Sequence[bytes]]:
    return lambda dialect, numbers, _ask: [body(dialect, number) for number in numbers]


def _cold(dialect: Dialect, numbers: Sequence[int], _ask: Ask) -> Sequence[bytes]:
    return [cold(dialect, number, seed=seed) for seed, number in enumerate(numbers)]


def _deep(dialect: Dialect, numbers: Sequence[int], ask: Ask) -> Sequence[bytes]:
    places = (ask(place(dialect, number)) for number in numbers)
    return [deep(dialect, each["data"]["customers"]["pageInfo"]["endCursor"]) for each in places]


def limited(first: int) -> Query:
    """The list with another number of customers."""
    return Query(f"list_{first}", f"{first} customers", _each(partial(listing, first=first)), 500)


WHOLE_CUSTOMER = Query("whole", "one whole customer", _each(whole))
LIST = Query("list", "50 customers × 5 purchases, 3 tickets", _each(listing))
TINY = Query("tiny", "tiny", _each(tiny))
DEEP_PAGE = Query("page", "filtered, sorted page of 50, deep", _deep, requests=300)
IDENTICAL = Query("identical", "one whole customer, always the same", _each(whole), requests=1)
COLD = Query("cold", "one whole customer, document never seen", _cold, 30_000, is_once=True)
LIVE_WHOLE = Query("live", "one whole customer, tickets live", _each(whole), customers=2000)
LIVE_LIST = Query(
    "live_list", "50 customers, 3 tickets each live", _each(live_listing), customers=2000
)

STORED = (WHOLE_CUSTOMER, LIST, TINY, DEEP_PAGE, IDENTICAL, COLD)
"""What is asked of contenders on the database alone."""

LIVE = (LIVE_WHOLE, LIVE_LIST)
"""What is asked of contenders that have a REST service behind them."""

QUERIES = (*STORED, *LIVE)
