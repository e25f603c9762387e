"""What a client asks: one GraphQL request, freed of how it came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GraphQL request.

    `query` is the document's text, not yet parsed. `variables` and `extensions` are JSON values as
    they were sent. Where the document was named, `document_id` is its name, and `query` may be
    empty until the document is found. `may_mutate` is false where the transport promises to change
    nothing (GET).
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None
    may_mutate: bool = True
    document_id: str | None = None
