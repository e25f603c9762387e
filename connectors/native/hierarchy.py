"""Organizations below an organization, in the native store."""

from typing import Final
from uuid import UUID

from connectors.native.store import Store

MAX_ORGANIZATIONS: Final = 10_000
"""So many organizations a viewer may stand above; each question of such a viewer names them all."""

# `UNION` without `ALL` ends where organizations stand above themselves. An id that was merged into
# another stands for that one.
_BELOW = """
WITH RECURSIVE now(id, superseded_by) AS (
  SELECT c.id, c.superseded_by FROM customer AS c WHERE c.id = $1
  UNION
  SELECT c.id, c.superseded_by FROM now JOIN customer AS c ON c.id = now.superseded_by
), below(id) AS (
  SELECT now.id FROM now WHERE now.superseded_by IS NULL
  UNION
  SELECT c.id FROM below JOIN customer AS c ON c.organization_id = below.id
  WHERE c.kind = 'ORGANIZATION' AND c.superseded_by IS NULL
)
SELECT id FROM below LIMIT $2
"""


class Hierarchy:
    """Finds what is below an organization, with one statement."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def below(self, company: UUID) -> frozenset[UUID] | None:
        """The organization itself and all below it; `None` where they are too many.

        Raises `SourceError` where the store cannot tell.
        """
        rows = await self._store.fetch(_BELOW, company, MAX_ORGANIZATIONS + 1)
        found = frozenset(row["id"] for row in rows)
        return found if len(found) <= MAX_ORGANIZATIONS else None
