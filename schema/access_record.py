"""Access records: who read or changed something of a customer."""

from datetime import datetime

import strawberry

from domain.access_record import AccessKind
from schema.enumeration import enumeration
from schema.field import described

enumeration(
    AccessKind,
    "What was done.",
    {
        "READ": "Something of the customer was read.",
        "INTENT": "Something was about to be changed. What came of it says a `WRITE`.",
        "WRITE": "Something of the customer was changed, or added.",
    },
)


@strawberry.type(description="That one request read or changed something of a customer.")
class AccessRecord:
    """An access record."""

    at: datetime = described("When.")
    kind: AccessKind = described("What was done.")
    viewer: str = described("Who did it: the name of the key, or of whom the token is for.")
    role: str | None = described("In which role.")
    purpose: str | None = described("What for.")
    operation: str | None = described("The name that the client gave its operation.")
    client: str | None = described("The program, as it calls itself.")
    request_id: str | None = described("The id of the request, as in the log.")
    fields: list[str] = described(
        "Which fields the answer had, of this customer or of others in it, as `customer.name`."
    )
    masked: list[str] = described("Those of them that were not shown whole.")
