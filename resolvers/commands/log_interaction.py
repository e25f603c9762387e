"""`logInteraction`: write down a contact with a customer."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from connectors.contract import SourceError
from connectors.federation import Question
from resolvers.commands.interaction import answered, contents, idempotency_key
from resolvers.commands.problem import ProblemCode, ProblemFound, refused
from resolvers.context import Context
from resolvers.customer import target
from resolvers.problem import UserError


async def log_interaction(context: Context, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Log once per idempotency key; what is answered is committed."""

    async def work() -> str:
        values = await contents(context, given)
        values["customer_id"] = await _customer(context, given["customer"])
        return await _write(context, given, values)

    return await answered(context, work)


async def _customer(context: Context, by: Mapping[str, Any]) -> object:
    try:
        found = await target(context, by)
    except UserError as exc:
        raise ProblemFound(ProblemCode.INVALID, exc.message, ("customer",)) from exc
    if found is None:
        raise _nobody()
    if not context.policy.role.sees("customer"):
        raise _nobody()
    match, key = found
    (customer,) = await context.session.ask(
        Question(entity="customer", fields=("id",), match=match), [key]
    )
    if isinstance(customer, SourceError):
        raise customer
    if not customer.rows:
        raise _nobody()
    if len(customer.rows) > 1:
        text = f"{len(customer.rows)} customers have this in common; use the `id` of one of them."
        raise ProblemFound(ProblemCode.INVALID, text, ("customer",))
    return customer.rows[0][0]


def _nobody() -> ProblemFound:
    text = "There is no such customer. Check the spelling, or look the customer up first."
    return ProblemFound(ProblemCode.NOT_FOUND, text, ("customer",))


async def _write(context: Context, given: Mapping[str, Any], values: dict[str, Any]) -> str:
    now = context.now()
    record_id = context.new_id()
    key = idempotency_key(context, given)
    said = {name: value for name, value in given.items() if name != "idempotencyKey"}
    (written,) = await context.journal.write(
        "interaction",
        [{**values, "record_id": record_id, "observed_at": now}],
        idempotency_key=record_id if key is None else key,
        content_hash=hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest(),
    )
    if written.problem is not None:
        raise refused(written.problem)
    return str(written.record_id)
