"""What the commands on interactions share: reading their input and answering their payload."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from strawberry.utils.str_converters import to_snake_case

from connectors.contract import SourceError
from connectors.federation import NATIVE, Question
from resolvers import identifier
from resolvers.commands.problem import ProblemCode, ProblemFound
from resolvers.context import Context
from resolvers.problem import UserError

REFERENCES: Mapping[str, str] = {
    "ticket": "Ticket",
    "purchase": "Purchase",
    "campaign": "Campaign",
}
"""The inputs that hold the id of another record, and its type."""

PLAIN = frozenset(
    {
        "channel",
        "direction",
        "subject",
        "content",
        "resolution",
        "keyDetails",
        "participants",
        "department",
        "agent",
        "occurredAt",
        "thread",
    }
)
"""The inputs that are stored as they are."""


async def answered(context: Context, work: Callable[[], Awaitable[str]]) -> Mapping[str, Any]:
    """The payload: the interaction that `work` wrote, or the problem that it met."""
    try:
        record_id = await work()
    except ProblemFound as exc:
        return {"problems": [exc.entry]}
    await context.session.changed("interaction", (NATIVE, record_id))
    return {"interaction_source": NATIVE, "interaction_id": record_id, "problems": []}


async def contents(context: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical values of the inputs that were given."""
    values = {to_snake_case(name): value for name, value in given.items() if name in PLAIN}
    for name in ("key_details", "participants"):
        if name in values and values[name] is None:
            values[name] = []
    for name, type_name in REFERENCES.items():
        if name in given:
            source, record_id = await _reference(context, name, type_name, given[name])
            values[f"{name}_source"] = source
            values[f"{name}_ref"] = record_id
    return values


async def _reference(
    context: Context, name: str, type_name: str, value: str | None
) -> tuple[str | None, str | None]:
    """The record that an id means, which must exist, as far as its source can say so now."""
    if value is None:
        return None, None
    try:
        key = identifier.record_key(identifier.decode(value), type_name)
    except UserError as exc:
        raise ProblemFound(ProblemCode.INVALID, exc.message, (name,)) from exc
    found = await is_there(context, name, key)
    if found is False:
        raise ProblemFound(ProblemCode.NOT_FOUND, f"There is no {name} with this id.", (name,))
    return key


async def is_there(context: Context, entity: str, key: tuple[str, str]) -> bool | SourceError:
    """Whether the viewer may see a record, or why that cannot be told."""
    if not context.policy.role.sees(entity):
        return False
    question = Question(entity=entity, fields=("record_id",), match=("source", "record_id"))
    (found,) = await context.session.ask(question, [key])
    return found if isinstance(found, SourceError) else bool(found.rows)


def idempotency_key(context: Context, given: Mapping[str, Any]) -> str | None:
    """The key of this one act, if it has one: nobody comes upon what others did under theirs."""
    key: str | None = given.get("idempotencyKey")
    if key is None or context.viewer.role is None:
        return key
    said = json.dumps([context.viewer.name, key])
    return hashlib.sha256(said.encode()).hexdigest()
