"""What can go wrong at a source, sorted by what the caller does.

    SourceError
    ├── Unavailable      down, slow or overloaded: null at its fields, may be retried
    │   ├── TimedOut     the deadline passed first
    │   ├── CircuitOpen  it failed too often and is left alone: it was not asked at all
    │   └── OverLimit    we would call it more than its limits allow: it was not asked at all
    ├── Refused          the source said no: do not retry, tell
    ├── Misconfigured    the configuration does not fit what is there: a person must act
    └── Malformed        an answer or a record that cannot be read: skip it, count it, show it

A connector maps every foreign error once, at its edge, `from` the original. The message is for the
people who operate the gateway; clients get `client_message`, which never holds hosts or SQL.
"""

from typing import ClassVar


class SourceError(Exception):
    """A failure of one source. `source` is its name, the text says what to do about it.

    `error_id` is given when the failure is logged: the log has everything under it. `call_count`
    is how many requests or statements were sent in vain.
    """

    code: ClassVar[str] = "SOURCE_ERROR"
    client_text: ClassVar[str] = "failed"
    call_count: int = 1

    def __init__(self, source: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.message = message
        self.retry_after_s = retry_after_s
        self.error_id: str | None = None

    @property
    def client_message(self) -> str:
        """What a client may read."""
        return f"The source '{self.source}' {self.client_text}."


class Unavailable(SourceError):
    """The source cannot be reached or is overloaded."""

    code = "SOURCE_UNAVAILABLE"
    client_text = "is unavailable at the moment; try again later"


class TimedOut(Unavailable):
    """The source did not answer in time."""

    code = "SOURCE_TIMEOUT"
    client_text = "did not answer in time; try again later"


class CircuitOpen(Unavailable):
    """The source is left alone, and was not asked; `retry_after_s` is how much longer."""

    code = "SOURCE_OPEN"
    call_count = 0
    client_text = "is left alone for a while after it failed; try again later"


class OverLimit(Unavailable):
    """The limits of the source's settings allow no further call in time; it was not asked."""

    code = "SOURCE_OVER_LIMIT"
    call_count = 0
    client_text = "may not be asked more often at the moment; try again later"


class Refused(SourceError):
    """The source understood and declined: credentials, permissions, or a question too wide."""

    code = "SOURCE_REFUSED"
    client_text = "refused the question"


class Misconfigured(SourceError):
    """The configuration does not fit the source."""

    code = "SOURCE_MISCONFIGURED"
    client_text = "is not set up correctly; its operator has to look at it"


class Malformed(SourceError):
    """The source answered something that cannot be read."""

    code = "SOURCE_MALFORMED"
    client_text = "gave an answer that cannot be read"
