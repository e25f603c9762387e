"""`amendInteraction`: correct what was logged, and keep what it said before."""

from collections.abc import Mapping
from typing import Any

from connectors.contract import SourceError
from connectors.federation import NATIVE
from domain.access.policy import UNRESTRICTED
from resolvers import identifier
from resolvers.commands.interaction import answered, contents, idempotency_key, is_there
from resolvers.commands.problem import ProblemCode, ProblemFound, refused
from resolvers.context import Context
from resolvers.problem import UserError


async def amend_interaction(context: Context, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change the fields that were given; `null` empties one, a field left out stays."""

    async def work() -> str:
        record_id = _record(given["interaction"])
        changes = await contents(context, given)
        await _must_be_seen(context, record_id)
        key = idempotency_key(context, given)
        written = await context.journal.amend(
            record_id,
            changes,
            reason=given.get("reason"),
            idempotency_key=context.new_id() if key is None else key,
            amended_at=context.now(),
        )
        if written.problem is not None:
            raise refused(written.problem)
        return record_id

    return await answered(context, work)


async def _must_be_seen(context: Context, record_id: str) -> None:
    """Who may not see an interaction is told that it is not there."""
    if context.policy is UNRESTRICTED:
        return
    found = await is_there(context, "interaction", (NATIVE, record_id))
    if isinstance(found, SourceError):
        raise found
    if not found:
        text = f"No interaction with the id '{record_id}' was logged here."
        raise ProblemFound(ProblemCode.NOT_FOUND, text, ("interaction",))


def _record(value: str) -> str:
    try:
        source, record_id = identifier.record_key(identifier.decode(value), "Interaction")
    except UserError as exc:
        raise ProblemFound(ProblemCode.INVALID, exc.message, ("interaction",)) from exc
    if source != NATIVE:
        text = f"This interaction was logged in '{source}' and can only be changed there."
        raise ProblemFound(ProblemCode.INVALID, text, ("interaction",))
    return record_id
