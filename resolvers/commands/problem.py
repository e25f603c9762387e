"""Problems that a mutation reports in its payload: expected, and the client's to mend."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any


class ProblemCode(enum.StrEnum):
    """What kind of problem."""

    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"


class ProblemFound(Exception):
    """Ends a command that cannot go on; nothing was written. `field` is a path in the input."""

    def __init__(self, code: ProblemCode, message: str, field: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    @property
    def entry(self) -> Mapping[str, Any]:
        """The entry for the payload's `problems`."""
        return {"field": self.field, "code": self.code, "message": self.message}


_CODES: Mapping[str, tuple[ProblemCode, Sequence[str] | None]] = {
    "KEY_REUSED": (ProblemCode.CONFLICT, ("idempotencyKey",)),
    "VERSION_CONFLICT": (ProblemCode.CONFLICT, None),
    "RECORD_EXISTS": (ProblemCode.CONFLICT, None),
    "UNKNOWN_RECORD": (ProblemCode.NOT_FOUND, ("interaction",)),
}


def refused(problem: str) -> ProblemFound:
    """The problem that the journal gave as `CODE: words` instead of writing."""
    word, _, text = problem.partition(": ")
    code, field = _CODES.get(word, (ProblemCode.INVALID, None))
    return ProblemFound(code, f"{text[:1].upper()}{text[1:]}.", field)
