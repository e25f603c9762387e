"""A help desk behind GraphQL, served by Strawberry."""

from collections.abc import Iterator
from contextlib import contextmanager

import strawberry
from strawberry.asgi import GraphQL

from tests.faults.company import TICKETS, mapped_tickets
from tests.faults.patient import Admission, Patient, Ward, proxied
from tests.faults.proxy import HTTP_FAULTS, Forgery, proxy
from tests.serving import serving

FORGERY = Forgery(half='{"data": {"tickets": [{"id": "7", "ab', other='{"found": {"tickets": 2}}')


@strawberry.type
class Ticket:
    """A ticket, with the names that the upstream has for things."""

    id: strawberry.ID
    about: str
    state: str
    at: str
    who: str


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def tickets(
        self, who: list[str] | None = None, ids: list[strawberry.ID] | None = None
    ) -> list[Ticket]:
        """Those of customers, those with ids, or all."""
        made = [Ticket(**each | {"id": strawberry.ID(str(each["id"]))}) for each in TICKETS]
        if who is not None:
            return [each for each in made if each.who in who]
        return made if ids is None else [each for each in made if each.id in ids]


@contextmanager
def desk(_ward: Ward) -> Iterator[Patient]:
    """The tickets of the company."""
    app: GraphQL[object, object] = GraphQL(strawberry.Schema(Query))
    entities = mapped_tickets(
        list={"query": "tickets"},
        by={
            "record_id": {"query": "tickets(ids: $keys)", "types": {"keys": "[ID!]!"}},
            "customer": {"query": "tickets(who: $keys)", "types": {"keys": "[String!]!"}},
        },
    )
    with serving(app) as url, proxy(url.removeprefix("http://"), FORGERY) as before:
        yield Patient(
            source="desk",
            settings={
                "kind": "graphql",
                "base_url": f"http://127.0.0.1:{before.port}",
                "connect_timeout_s": 0.2,
                "max_response_bytes": 1_000_000,
                "auth": {"bearer": "open-sesame"},
                "entities": entities,
            },
            faults=proxied(before, HTTP_FAULTS),
            secrets=(str(before.port), "open-sesame"),
        )


PATIENTS = {"graphql": Admission(desk, HTTP_FAULTS)}
