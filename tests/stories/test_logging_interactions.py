"""What a department logs is on disk, seen by everybody at once, and there only once."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.stories.company import ask, free_port, gateway

LOG = """
mutation ($input: LogInteractionInput!) {
  logInteraction(input: $input) {
    interaction {
      id channel direction subject keyDetails participants occurredAt amendedAt
      source { name kind } customer { name }
    }
    problems { field code message }
  }
}
"""
AMEND = """
mutation ($input: AmendInteractionInput!) {
  amendInteraction(input: $input) {
    interaction { id subject content resolution amendedAt }
    problems { field code message }
  }
}
"""
SEEN = """
{ customer(by: {email: "ada@example.com"}) { interactions { nodes { id subject } } } }
"""
CALL: Mapping[str, Any] = {
    "customer": {"email": "ADA@example.com"},
    "channel": "PHONE",
    "direction": "INBOUND",
    "subject": "退货 — a return",
    "content": "It arrived broken.",
    "keyDetails": ["order 7"],
    "occurredAt": "2026-03-01T10:00:00+08:00",
    "idempotencyKey": "call-1",
}


async def _logged(it: Any, **changes: Any) -> Mapping[str, Any]:
    answer = await ask(it, LOG, input={**CALL, **changes})
    assert "errors" not in answer, answer
    payload: Mapping[str, Any] = answer["data"]["logInteraction"]
    return payload


async def _amended(it: Any, **given: Any) -> Mapping[str, Any]:
    answer = await ask(it, AMEND, input=given)
    assert "errors" not in answer, answer
    payload: Mapping[str, Any] = answer["data"]["amendInteraction"]
    return payload


async def _seen(it: Any) -> list[Mapping[str, Any]]:
    answer = await ask(it, SEEN)
    nodes: list[Mapping[str, Any]] = answer["data"]["customer"]["interactions"]["nodes"]
    return nodes


def test_an_unknown_customer_is_a_problem_and_nothing_is_written(
    tmp_path: Path, database_url: str
) -> None:
    """The payload says which field, which code and what to do."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")

            payload = await _logged(it, customer={"email": "nobody@example.org"})

            assert payload == {
                "interaction": None,
                "problems": [
                    {
                        "field": ["customer"],
                        "code": "NOT_FOUND",
                        "message": "There is no such customer. Check the spelling, or look the"
                        " customer up first.",
                    }
                ],
            }
            assert await it.store.fetch("SELECT FROM interaction") == []

    asyncio.run(run())


def test_a_reference_to_nothing_is_a_problem(tmp_path: Path, database_url: str) -> None:
    """An id that is garbled, or of a record that does not exist, is told apart."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")
            customer = (await ask(it, '{ customer(by: {email: "ada@example.com"}) { id } }'))[
                "data"
            ]

            wrong = await _logged(it, purchase=customer["customer"]["id"])
            garbled = await _logged(it, ticket="???")

        assert [(each["field"], each["code"]) for each in wrong["problems"]] == [
            (["purchase"], "INVALID")
        ]
        assert wrong["problems"][0]["message"] == (
            "This is the id of a Customer, but the id of a Purchase is needed."
        )
        assert [(each["field"], each["code"]) for each in garbled["problems"]] == [
            (["ticket"], "INVALID")
        ]

    asyncio.run(run())


def test_what_was_logged_is_answered_and_seen_at_once(tmp_path: Path, database_url: str) -> None:
    """The payload reads the interaction back, and so does the next query."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")

            payload = await _logged(it)
            seen = await _seen(it)

        interaction = dict(payload["interaction"])
        id_ = interaction.pop("id")
        assert payload["problems"] == []
        assert interaction == {
            "channel": "PHONE",
            "direction": "INBOUND",
            "subject": "退货 — a return",
            "keyDetails": ["order 7"],
            "participants": [],
            "occurredAt": "2026-03-01T02:00:00.000Z",
            "amendedAt": None,
            "source": {"name": "native", "kind": "native"},
            "customer": {"name": "Ada Lovelace"},
        }
        assert seen == [{"id": id_, "subject": "退货 — a return"}]

    asyncio.run(run())


def test_the_same_key_writes_once_and_other_content_under_it_is_a_conflict(
    tmp_path: Path, database_url: str
) -> None:
    """A repeated request gives the first interaction; another one under its key gives a problem."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")

            first = await _logged(it)
            again = await _logged(it)
            other = await _logged(it, subject="Something else")

            assert again == first
            assert other["interaction"] is None
            assert [(each["field"], each["code"]) for each in other["problems"]] == [
                (["idempotencyKey"], "CONFLICT")
            ]
            assert len(await _seen(it)) == 1

    asyncio.run(run())


def test_an_amendment_changes_what_was_given_and_keeps_what_was_said_before(
    tmp_path: Path, database_url: str
) -> None:
    """Fields that are left out stay, `null` empties one, and the history holds the old values."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")
            logged = (await _logged(it))["interaction"]

            payload = await _amended(
                it,
                interaction=logged["id"],
                content=None,
                resolution="Sent a new one",
                reason="typo",
            )

            (kept,) = await it.store.fetch(
                "SELECT version, previous, reason FROM interaction_amendment"
            )
        changed = payload["interaction"]
        assert payload["problems"] == []
        assert (changed["subject"], changed["content"], changed["resolution"]) == (
            "退货 — a return",
            None,
            "Sent a new one",
        )
        assert changed["amendedAt"] is not None
        assert (kept["version"], kept["reason"]) == (1, "typo")
        assert kept["previous"] == {
            "content": "It arrived broken.",
            "resolution": None,
            "amended_at": None,
        }

    asyncio.run(run())


def test_what_was_logged_elsewhere_or_nowhere_cannot_be_amended(
    tmp_path: Path, database_url: str
) -> None:
    """An unknown interaction is a problem of its field; nothing is written."""

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")
            unknown = "Interaction:native:none"

            payload = await _amended(it, interaction=unknown, subject="x")

        assert payload["interaction"] is None
        assert [(each["field"], each["code"]) for each in payload["problems"]] == [
            (["interaction"], "NOT_FOUND")
        ]

    asyncio.run(run())


def test_several_mutations_of_a_document_run_one_after_the_other(
    tmp_path: Path, database_url: str
) -> None:
    """The second sees what the first wrote."""
    document = """
    mutation ($input: LogInteractionInput!, $other: LogInteractionInput!) {
      one: logInteraction(input: $input) { interaction { customer { ...Count } } }
      two: logInteraction(input: $other) { interaction { customer { ...Count } } }
    }
    fragment Count on Customer { interactions { nodes { subject } } }
    """

    async def run() -> None:
        async with gateway(tmp_path, database_url, free_port()) as it:
            await it.sync.sync_source("people")
            other = {**CALL, "subject": "Second", "idempotencyKey": "call-2"}

            answer = await ask(it, document, input=dict(CALL), other=other)

        data = answer["data"]
        assert len(data["one"]["interaction"]["customer"]["interactions"]["nodes"]) == 1
        assert len(data["two"]["interaction"]["customer"]["interactions"]["nodes"]) == 2

    asyncio.run(run())
