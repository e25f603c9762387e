"""What stands for the journal, and for fetching unknown records, at a rehearsal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import Written


class SilentJournal:
    """A journal that writes nothing and says that it did."""

    async def write(
        self,
        entity: str,
        records: Sequence[Mapping[str, Any]],
        *,
        idempotency_key: str,
        content_hash: str | None = None,
    ) -> Sequence[Written]:
        """Every record is written."""
        del entity, idempotency_key, content_hash
        return [Written(str(each["record_id"])) for each in records]

    async def amend(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        *,
        reason: str | None,
        idempotency_key: str,
        amended_at: datetime,
    ) -> Written:
        """The interaction is amended."""
        del changes, reason, idempotency_key, amended_at
        return Written(record_id)


async def nothing_to_adopt(_source: str, _record_id: str) -> bool:
    """No record is fetched."""
    return False
