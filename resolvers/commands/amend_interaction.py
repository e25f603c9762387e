"""`amendInteraction`: correct what was logged, and keep what it said before."""

from collections.abc import Mapping
from typing import Any

from connectors.federation import NATIVE
from resolvers import identifier
from resolvers.commands.interaction import answered, contents
from resolvers.commands.problem import ProblemCode, ProblemFound, refused
from resolvers.context import Context
from resolvers.problem import UserError


async def amend_interaction(context: Context, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change the fields that were given; `null` empties one, a field left out stays."""

    async def work() -> str:
        record_id = _record(given["interaction"])
        changes = await contents(context, given)
        key = given.get("idempotencyKey")
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


def _record(value: str) -> str:
    try:
        source, record_id = identifier.record_key(identifier.decode(value), "Interaction")
    except UserError as exc:
        raise ProblemFound(ProblemCode.INVALID, exc.message, ("interaction",)) from exc
    if source != NATIVE:
        text = f"This interaction was logged in '{source}' and can only be changed there."
        raise ProblemFound(ProblemCode.INVALID, text, ("interaction",))
    return record_id
