"""Problems: what a mutation could not do, and why."""

import strawberry

from resolvers.commands.problem import ProblemCode
from schema.enumeration import enumeration
from schema.field import described

enumeration(
    ProblemCode,
    "What kind of problem.",
    {
        "NOT_FOUND": "What is meant does not exist.",
        "INVALID": "A value cannot be used.",
        "CONFLICT": "The same key was used before, with other content.",
    },
)


@strawberry.type(description="Why a mutation did not do what was asked. Nothing was written.")
class Problem:
    """A problem with one field of the input."""

    field: list[str] | None = described("The path of the input field that it is about.")
    code: ProblemCode = described("What kind of problem.")
    message: str = described("What is wrong, and what to do.")
