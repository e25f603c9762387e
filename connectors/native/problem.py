"""Why something was not written, as a code that programs know and a text that people read."""

import enum

from connectors.contract import Written


class WriteProblem(enum.StrEnum):
    """The code in front of the colon of `Written.problem`."""

    INVALID = "INVALID"
    KEY_REUSED = "KEY_REUSED"
    RECORD_EXISTS = "RECORD_EXISTS"
    UNKNOWN_RECORD = "UNKNOWN_RECORD"
    VERSION_CONFLICT = "VERSION_CONFLICT"

    @classmethod
    def of(cls, problem: str) -> "WriteProblem":
        """The code of a `Written.problem` of the native store."""
        return cls(problem.partition(":")[0])

    def written(self, text: str) -> Written:
        """The outcome for a record that was not written because of this."""
        return Written(None, f"{self}: {text}")
