"""Where requests leave what they read and changed of customers."""

from dataclasses import dataclass
from typing import Protocol

from domain.audit import Entry


class Trail(Protocol):
    """Where entries are left."""

    async def leave(self, entry: Entry) -> None:
        """Have an entry written; it is on disk afterwards. Raises `SourceError`."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the program, as it calls itself, and the id of the request."""

    client: str | None = None
    request_id: str | None = None
