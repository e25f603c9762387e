"""What is kept of a request that read or changed something of customers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Entry(NamedTuple):
    """What is kept of one request: all of it as JSON in `body`, and parts of it once more.

    `body` has the members of an `AccessRecord`, but for its id and its customer, and more.
    """

    body: bytes
    at: datetime
    customers: Sequence[UUID]
