"""Nothing of what is forbidden is anywhere in an answer, whatever a partner asks."""

import asyncio
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query

from tests.oracle.generator import Generator, Operation
from tests.oracle.plain import plain_schema
from tests.oracle.records import company
from tests.stories.forbidden import CANARY, FILTERS, KEPT, Door, opened

OPERATIONS = int(os.environ.get("CUSTOMER360_CANARY_OPERATIONS", "250"))
"""How many operations to ask of each kind of source."""

LOG = """mutation ($input: LogInteractionInput!) {
  logInteraction(input: $input) { interaction { id } problems { field code message } } }"""
AMEND = """mutation ($input: AmendInteractionInput!) {
  amendInteraction(input: $input) { interaction { id } problems { field code message } } }"""
IDS = """{ customers { nodes { id name interactions { nodes { id } } } }
  tickets { nodes { id subject } } }"""
GUESSES = (
    "{ customers { nodes { famlyName owner familyName } } }",
    "{ customers(where: {owner: {eq: $x}}) { nodes { id } } }",
    '{ customers(where: {familyName: {startsWith: "C"}}) { nodes { id } } }',
    "{ customers(orderBy: [{field: OWNER, direction: ASC}]) { nodes { id } } }",
    "query ($by: [CustomerOrder!]) { customers(orderBy: $by) { nodes { id } } }",
    "query ($where: CustomerFilter) { customers(where: $where) { nodes { id } } }",
    "{ tickets { nodes { agent } } }",
    '{ tickets(where: {agent: {contains: "a"}}) { nodes { id } } }',
    '{ purchases { nodes { id } } node(id: "Ticket:desk:2") { ... on Purchase { id } } }',
    "fragment F on Purchase { id } { me { name } ...F }",
    "{ sources { name problem } }",
    '{ __type(name: "Purchase") { name fields { name } } }',
    '{ __type(name: "Customer") { fields { name } } }',
    "{ __schema { types { name enumValues { name } inputFields { name } } } }",
    'mutation { logInteraction(input: {purchase: "Purchase:shop:1"}) { problems { code } } }',
    "mutation { eraseEverything }",
)
VARIABLES: Mapping[str, Any] = {
    "by": [{"field": "OWNER", "direction": "ASC"}],
    "where": {"owner": {"eq": "acme"}, "familyName": {"isNull": False}},
}


async def _filled(door: Door) -> Mapping[str, str]:
    """Log what a partner must not see, and name the ids of everything."""
    for record, subject in (("p1", "Visible call"), ("p2", "CanaryCall")):
        given = {
            "customer": {"record": {"source": "people", "recordId": record}},
            "channel": "PHONE",
            "subject": subject,
            "content": "CanaryContent",
            "ticket": "Ticket:desk:2",
            "idempotencyKey": f"call of {record}",
        }
        payload = await door.data(LOG, variables={"input": given})
        assert payload["logInteraction"]["problems"] == []
    found = await door.data(IDS)
    ids = {each["name"]: each["id"] for each in found["customers"]["nodes"]}
    ids |= {each["subject"]: each["id"] for each in found["tickets"]["nodes"]}
    for each in found["customers"]["nodes"]:
        ids |= {f"call {each['name']}": one["id"] for one in each["interactions"]["nodes"]}
    return ids


def _operations(door_schema: Any, ids: list[str]) -> list[tuple[Operation, bool]]:
    """Operations that are valid for the role, and such as are for those who may see all."""
    chance = random.Random(360)
    made = []
    for schema in (door_schema, plain_schema()):
        generator = Generator(schema, company(1), chance, ids=ids, cursors=["garbage"])
        made += [(generator.operation(), chance.random() < 0.2) for _ in range(OPERATIONS // 2)]
    return made


@pytest.mark.parametrize(
    ("filters", "cache"),
    [("", ""), (FILTERS, ""), (FILTERS, KEPT)],
    ids=["plain", "filters", "kept"],
)
def test_nothing_forbidden_is_in_any_answer(
    tmp_path: Path, database_url: str, filters: str, cache: str
) -> None:
    """Bodies and headers, of thousands of operations, guesses, introspection and explanations."""

    async def run() -> None:
        async with opened(tmp_path, database_url, filters=filters, cache=cache) as (_, door):
            ids = await _filled(door)
            seen = await door.ask(IDS)
            assert [each["name"] for each in seen.json()["data"]["customers"]["nodes"]] == [
                "Visible One", "Visible Two",
            ]  # fmt: skip
            assert len(seen.json()["data"]["tickets"]["nodes"]) == 2
            whole = await door.ask(get_introspection_query())
            for hidden in ("familyName", "owner", "OWNER", "Purchase", "purchase"):
                assert f'"{hidden}"' not in whole.text, hidden
            schema = build_client_schema(whole.json()["data"])
            answers = [seen, whole]
            for guess in GUESSES:
                answers += [await door.ask(guess, variables=VARIABLES)]
                answers += [await door.ask(guess, variables=VARIABLES, explain="analyze")]
            for each, explains in _operations(schema, [*ids.values(), "nonsense"]):
                explain = "analyze" if explains else None
                answers += [
                    await door.ask(each.text, variables=dict(values), explain=explain)
                    for values in each.variables
                ]
            for answer in answers:
                text = answer.content + str(answer.headers).encode()
                assert CANARY not in text.lower(), answer.request.content
            assert sum(answer.status_code == 200 for answer in answers) > OPERATIONS // 3

    asyncio.run(run())


def test_what_is_hidden_is_answered_like_what_is_not_there(
    tmp_path: Path, database_url: str
) -> None:
    """The same bytes, up to the id that was asked for."""
    missing = "00000000-0000-7000-8000-000000000009"
    node = '{ node(id: "%s") { id __typename } }'
    source = '{ customer(by: {record: {source: "%s", recordId: "1"}}) { name } }'
    nodes = '{ nodes(ids: ["Ticket:desk:1", "%s"]) { id } }'
    records = '{ customer(by: {record: {source: "people", recordId: "%s"}}) { name } }'

    async def run() -> None:
        async with opened(tmp_path, database_url) as (_, door):
            ids = await _filled(door)
            gone = f"Interaction:native:{missing}"
            pairs = [
                (node, ids["CanaryName"], f"Customer:{missing}"),
                (node, "Ticket:desk:2", "Ticket:desk:99"),
                (node, ids["call CanaryName"], gone),
                (node, "CustomerRecord:people:p2", "CustomerRecord:people:p99"),
                ('{ customer(by: {id: "%s"}) { name } }', ids["CanaryName"], f"Customer:{missing}"),
                (records, "p2", "p99"),
                (source, "people", "x"),
                (nodes, "Ticket:desk:4", "Ticket:desk:44"),
            ]  # fmt: skip
            for query, hidden, absent in pairs:
                first, second = await door.ask(query % hidden), await door.ask(query % absent)
                there, not_there = (
                    each.text.replace(id_, "…").replace(id_.rpartition(":")[2], "…")
                    for each, id_ in ((first, hidden), (second, absent))
                )
                assert there == not_there, query
                assert first.headers.keys() == second.headers.keys()

    asyncio.run(run())


def test_nothing_is_written_about_what_is_hidden(tmp_path: Path, database_url: str) -> None:
    """Mutations refuse it as what is not there; what is written is counted by who may see all."""
    missing = "00000000-0000-7000-8000-000000000009"
    call = {"channel": "PHONE", "subject": "x"}

    async def run() -> None:
        async with opened(tmp_path, database_url) as (_, door):
            ids = await _filled(door)
            seen = {"id": ids["Visible One"]}
            before = await door.data(IDS)
            pairs: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
                (LOG, {**call, "customer": {"id": ids["CanaryName"]}},
                 {**call, "customer": {"id": f"Customer:{missing}"}}),
                (LOG, {**call, "customer": {"record": {"source": "people", "recordId": "p2"}}},
                 {**call, "customer": {"record": {"source": "people", "recordId": "p9"}}}),
                (LOG, {**call, "customer": seen, "ticket": "Ticket:desk:2"},
                 {**call, "customer": seen, "ticket": "Ticket:desk:22"}),
                (LOG, {**call, "customer": seen, "purchase": "Purchase:desk:2"},
                 {**call, "customer": seen, "purchase": "Purchase:desk:22"}),
                (AMEND, {"interaction": ids["call CanaryName"], "subject": "x"},
                 {"interaction": f"Interaction:native:{missing}", "subject": "x"}),
                (AMEND, {"interaction": ids["call Visible One"], "ticket": "Ticket:desk:2"},
                 {"interaction": ids["call Visible One"], "ticket": "Ticket:desk:22"}),
            ]  # fmt: skip
            for query, hidden, absent in pairs:
                texts = []
                for each in (hidden, absent):
                    answer = await door.ask(query, variables={"input": each})
                    texts.append(_without_ids(answer.text, each))
                assert texts[0] == texts[1]
                assert '"interaction":null' in texts[0] or '"data"' not in texts[0], texts[0]
            assert await door.data(IDS) == before

    asyncio.run(run())


def _without_ids(text: str, given: Mapping[str, Any]) -> str:
    """An answer without the ids that were given, which it may repeat."""
    for name in ("interaction", "ticket", "purchase"):
        whole = str(given.get(name, "…"))
        text = text.replace(whole, "…")
        if name == "interaction":
            text = text.replace(whole.rpartition(":")[2], "…")
    return text


def test_nobody_comes_upon_what_another_did_under_the_same_key(
    tmp_path: Path, database_url: str
) -> None:
    """The key of an act is its author's: to others it tells nothing, and stops nothing."""

    async def run() -> None:
        async with opened(tmp_path, database_url) as (_, door):
            ids = await _filled(door)
            given = {
                "customer": {"id": ids["Visible One"]},
                "channel": "EMAIL",
                "subject": "Mine",
                "idempotencyKey": "call of p2",
            }
            first = (await door.ask(LOG, variables={"input": given})).json()
            again = (await door.ask(LOG, variables={"input": given})).json()

            assert first["data"]["logInteraction"]["problems"] == []
            assert first["data"]["logInteraction"] == again["data"]["logInteraction"]
            assert first["data"]["logInteraction"]["interaction"]["id"] not in ids.values()

    asyncio.run(run())


def test_viewers_who_ask_at_once_see_their_own_of_a_kept_answer(
    tmp_path: Path, database_url: str
) -> None:
    """Two policies over one live source whose answers are kept, again and again."""
    query = (
        "{ tickets { nodes { subject } } customers { nodes { tickets { nodes { subject } } } } }"
    )

    async def run() -> None:
        async with opened(tmp_path, database_url, cache=KEPT) as (_, door):
            claims = ["acme", "CanaryOwner", "nobody"] * 8
            answers = await asyncio.gather(*(door.ask(query, claim=each) for each in claims))
            subjects = {
                claim: [each["subject"] for each in answer.json()["data"]["tickets"]["nodes"]]
                for claim, answer in zip(claims, answers, strict=True)
            }
            assert subjects == {
                "acme": ["Visible too", "Visible ticket"],
                "CanaryOwner": ["CanaryToo", "CanaryTicket"],
                "nobody": [],
            }
            for claim, answer in zip(claims, answers, strict=True):
                assert (CANARY in answer.content.lower()) is (claim == "CanaryOwner")

    asyncio.run(run())
