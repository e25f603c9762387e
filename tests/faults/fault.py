"""The faults that sources are given, and what each of them is in words."""

import enum


class Fault(enum.StrEnum):
    """A way in which a source fails. The value is how the table in the documentation says it."""

    DELAY = "answers later than it may"
    BLACKHOLE = "takes connections and questions, and never answers"
    UNREACHABLE = "never takes a connection: packets are dropped"
    REFUSED = "nobody listens"
    RESET = "resets connections"
    CLOSED = "closes connections without a word"
    UNAUTHORIZED = "401"
    THROTTLED = "429"
    THROTTLED_FOR_1_S = "429 with `Retry-After: 1`"
    FAILED = "500"
    OVERLOADED = "503"
    HTML = "a page of HTML instead of data"
    TRUNCATED = "half of an answer"
    CUT = "the connection ends in the middle of an answer"
    TRICKLE = "an answer that trickles"
    HUGE = "an answer of 1 GB"
    SHAPE = "an answer of another shape"
    PASSWORD = "the user is not let in any more"
    CONNECTIONS = "too many connections"
    LOCK = "the table is locked by somebody else"
    COLUMN = "a column has another name"
    TABLE = "a table is gone"
    MISSING = "the file or folder is gone"
    FORBIDDEN = "the file or folder may not be read"
    PIPE = "a pipe that nobody writes to stands in its place"


SQL_FAULTS = frozenset({Fault.PASSWORD, Fault.CONNECTIONS, Fault.LOCK, Fault.COLUMN, Fault.TABLE})
"""What can happen in a database."""
