"""How many statements a document takes where everything that it asks for is in the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from connectors.native.connector import NativeConnector
from resolvers import identifier
from resolvers.request import Request
from tests.connectors.native.filled import completed
from tests.oracle.records import Company, Identifier, Record, company
from tests.oracle.world import World, fill, stored_world
from tests.postgres import Server
from tests.resolvers.wire import Wire, wire

EMAIL = "ada@example.com"
WHOLE = """
  id name emails { address } tags custom organization { name }
  records { recordId source { name } }
  provenance(fields: ["name"]) { source { name } }
  purchases(first: 10) {
    nodes { number total { amount currency } lines(first: 3) { nodes { product { name } } } }
    pageInfo { hasNextPage endCursor }
  }
  tickets(first: 5, where: {status: {ne: CLOSED}}) { edges { cursor node { subject } } }
  interactions(first: 20) { nodes { subject ticket { number } campaign { name } } }
  documents(last: 5) { nodes { name downloadUrl } }
  campaigns { nodes { status campaign { name cost { amount } } } }
"""
DOCUMENTS: Mapping[str, tuple[int, str]] = {
    "a whole customer": (1, f"query ($id: ID!) {{ customer(by: {{id: $id}}) {{ {WHOLE} }} }}"),
    "a whole customer by e-mail address": (
        1,
        f"query ($email: String!) {{ customer(by: {{email: $email}}) {{ {WHOLE} }} }}",
    ),
    "a list": (
        1,
        """query ($first: Int!, $few: Int!) { customers(first: $first) { nodes {
          name purchases(first: $few) { nodes { number } } tickets(first: 3) { nodes { subject } }
        } } }""",
    ),
    "a filtered, ordered page": (
        1,
        """query ($after: String, $text: String!) { purchases(
          first: 3, after: $after, where: {or: [{number: {contains: $text}}, {total: {gt: "1"}}]}
        ) { edges { cursor node { number customer { name } } } pageInfo { hasNextPage } } }""",
    ),
    "one relation twice": (
        1,
        """query ($id: ID!) { customer(by: {id: $id}) {
          old: purchases(last: 2) { nodes { number } } new: purchases(first: 2) { nodes { number } }
        } }""",
    ),
    "deep nesting": (
        1,
        """query ($id: ID!) { customer(by: {id: $id}) { purchases(first: 2) { nodes { number
          customer { name purchases(first: 2) { nodes {
            lines(first: 2) { nodes { product { name } } }
            customer { organization { contacts(first: 2) { nodes { name } } } }
        } } } } } } }""",
    ),
    "a node": (
        1,
        f"query ($id: ID!) {{ node(id: $id) {{ id ... on Customer {{ {WHOLE} }} }} }}",
    ),
    "nodes of one type": (
        1,
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Ticket { subject customer { name } } } }",
    ),
    "a tiny question": (1, "query ($id: ID!) { customer(by: {id: $id}) { name } }"),
}
"""Documents, and how many statements each of them takes."""

LOG = """
mutation ($id: ID!) {
  logInteraction(input: {customer: {id: $id}, channel: PHONE, subject: "退货"}) {
    interaction { subject customer { name purchases(first: 2) { nodes { number } } } }
    problems { code }
  }
}
"""
AFTER_LOGGING = 3
"""How many statements it takes to read the payload of a mutation, once it is committed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A company in the store, and the wire to it."""

    world: World
    wire: Wire

    def executed(self, document: str) -> Sequence[str]:
        """The statements that a document takes once everything is prepared for it."""
        for _ in range(2):
            self.wire.executed.clear()
            answer = self._answer(document)
        assert "errors" not in answer, answer
        return list(self.wire.executed)

    def _answer(self, document: str) -> Mapping[str, Any]:
        (result,) = self.world.ask(Request(query=document, variables=self._variables()))
        answer: Mapping[str, Any] = orjson.loads(result.body)
        return answer

    def _variables(self) -> Mapping[str, object]:
        tables = self.world.company.tables
        tickets = [each for each in tables["ticket"] if each["source"] == "desk"][:3]
        return {
            "id": identifier.encode("Customer", tables["customer"][0]["id"]),
            "ids": [identifier.encode("Ticket", "desk", each["record_id"]) for each in tickets],
            "email": EMAIL,
            "first": 5,
            "few": 2,
            "text": "a",
        }


def _sound_company() -> Company:
    """A company for whose records the graph has no errors, all of them in the store."""
    made = company(0)
    tables = {
        entity: [_sound(entity, each) for each in records]
        for entity, records in made.tables.items()
    }
    record = tables["customer_record"][0]
    address = Identifier(record["source"], record["record_id"], "email", EMAIL)
    return replace(made, tables=tables, live=frozenset(), identifiers=[address])


def _sound(entity: str, record: Record) -> Record:
    whole = completed(entity, {k: each for k, each in record.items() if each is not None})
    for name, value in whole.items():
        if isinstance(value, list):
            whole[name] = [each for each in value if each is not None]
    if entity == "campaign":
        whole["currency"] = "EUR"
    if entity == "campaign_membership":
        whole["campaign_ref"] = whole["campaign_ref"].replace("lost", "000")
    return whole


@pytest.fixture(scope="module")
def counted(postgres: Server) -> Iterator[Counted]:
    """A company in a real store, counted at the wire."""
    records = _sound_company()
    with postgres.database() as url, wire(url) as between:
        fill(url, records)
        with stored_world(records, between.url) as made:
            yield Counted(made, between)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_takes_few_statements(counted: Counted, name: str) -> None:
    """However much hangs on its rows."""
    count, document = DOCUMENTS[name]

    executed = counted.executed(document)

    assert len(executed) == count, _told(executed)


def test_the_payload_of_a_mutation_takes_few_statements(counted: Counted) -> None:
    """It is read like a query once the interaction is committed."""
    journal = counted.world.federation.native
    assert isinstance(journal, NativeConnector)
    logging = replace(counted.world, journal=journal)

    executed = replace(counted, world=logging).executed(LOG)

    commit = max(place for place, each in enumerate(executed) if each.startswith("COMMIT"))
    assert len(executed[commit + 1 :]) == AFTER_LOGGING, _told(executed)


def _told(executed: Sequence[str]) -> str:
    return "\n\n".join(f"{n}. {each}" for n, each in enumerate(executed, start=1))
