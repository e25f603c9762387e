"""What a request carries besides its document: who asks, the sources, the clock."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connectors.contract import Written
from connectors.session import Session
from domain.access.policy import UNRESTRICTED, Policy
from domain.viewer import ANYBODY, Viewer
from resolvers.limit import Terms
from resolvers.selection import Limits
from resolvers.trail import Origin


class Journal(Protocol):
    """Where interactions are logged and amended. What it acknowledges is on disk."""

    async def write(
        self,
        entity: str,
        records: Sequence[Mapping[str, Any]],
        *,
        idempotency_key: str,
        content_hash: str | None = None,
    ) -> Sequence[Written]:
        """Log interactions once per idempotency key; a problem is `CODE: words`."""
        ...

    async def amend(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        reason: str | None,
        idempotency_key: str,
        amended_at: datetime,
    ) -> Written:
        """Change an interaction once per idempotency key, keeping what it said before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the steps of one request work with.

    `policy` is what holds for the viewer, `mask_key` what the mask `hash` is made with. `sources`
    describes every source by name, as the type `Source` shows it. `document_url` gives the
    short-lived download link of a document, or none where its source cannot open files. `terms` is
    what the viewer may send, where that differs from what everybody may. `origin` tells where
    the request came from, to whom it is recorded.
    """

    session: Session
    journal: Journal
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    sources: Mapping[str, Mapping[str, Any]]
    document_url: Callable[[str, str], str | None]
    adopt: Callable[[str, str], Awaitable[bool]]
    phone_region: str | None = None
    viewer: Viewer = ANYBODY
    policy: Policy = UNRESTRICTED
    mask_key: bytes = b""
    limits: Limits = field(default_factory=Limits)
    terms: Terms | None = None
    origin: Callable[[], Origin] = Origin
