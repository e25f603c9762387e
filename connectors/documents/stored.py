"""Files that may be documents, wherever they are kept."""

from datetime import datetime
from typing import Protocol, TypeVar


class StoredFile(Protocol):
    """A file as it was when it was looked at.

    `name` is its path below the root of the source, with `/` and in Unicode's NFC; `fingerprint`
    changes when the file does; `version` says so to people. `media_type` is what the source says,
    where it says anything.
    """

    @property
    def name(self) -> str:
        """The path below the root."""
        ...

    @property
    def fingerprint(self) -> str:
        """What changes when the file does."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """The length, where it is known."""
        ...

    @property
    def modified_at(self) -> datetime | None:
        """When it last changed, where that is known."""
        ...

    @property
    def version(self) -> str | None:
        """The version, where the source has one."""
        ...

    @property
    def media_type(self) -> str | None:
        """The media type, where the source tells it."""
        ...


F = TypeVar("F", bound=StoredFile)
