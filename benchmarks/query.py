"""The three questions, and bodies of requests that ask them about customers chosen by chance."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from benchmarks.data import created_at, customer_id
from resolvers import identifier

_WHOLE = """
query Whole($id: ID!) {
  customer(by: { id: $id }) {
    id kind name givenName familyName language lifecycleStage tags createdAt
    emails { address label primary }
    phones { e164 label }
    addresses { street city country }
    purchases(first: 10) {
      nodes { id number status placedAt total { amount currency } channel }
    }
    tickets(first: 5) { nodes { id number subject status priority openedAt } }
    interactions(first: 20) { nodes { id channel direction subject content occurredAt } }
    documents(first: 5) { nodes { id name kind mediaType sizeBytes modifiedAt } }
    campaigns(first: 10) { nodes { status sentAt campaign { name kind } } }
  }
}
"""

_LIST = """
query List($until: DateTime!) {
  customers(
    first: 50
    where: { createdAt: { lte: $until } }
    orderBy: [{ field: CREATED_AT, direction: DESC }]
  ) {
    nodes {
      id name createdAt
      purchases(first: 5) { nodes { number status placedAt total { amount currency } } }
      tickets(first: 3) { nodes { number subject status openedAt } }
    }
  }
}
"""

_TINY = "query Tiny($id: ID!) { customer(by: { id: $id }) { name } }"


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `variables` makes its variables for the customer of a number."""

    name: str
    document: str
    variables: Callable[[int], Mapping[str, Any]]

    def bodies(self, *, customers: int, count: int, seed: int) -> Sequence[bytes]:
        """Bodies of requests, about other customers each."""
        chance = random.Random(seed)
        return [self.body(chance.randrange(customers)) for _ in range(count)]

    def body(self, number: int) -> bytes:
        """The body of the request about one customer."""
        return orjson.dumps({"query": self.document, "variables": self.variables(number)})


def _by_id(number: int) -> Mapping[str, Any]:
    return {"id": identifier.encode("Customer", customer_id(number))}


def _until(number: int) -> Mapping[str, Any]:
    at = created_at(number) + timedelta(seconds=1)
    return {"until": at.isoformat().replace("+00:00", "Z")}


QUERIES = (
    Query("one whole customer", _WHOLE, _by_id),
    Query("50 customers × 5 purchases, 3 tickets", _LIST, _until),
    Query("tiny", _TINY, _by_id),
)
"""Everything of one customer; a page of a list with two relations; the least there is to ask."""
