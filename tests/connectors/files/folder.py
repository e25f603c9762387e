"""A connector over a folder of a test, and short ways to ask it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Answer, Batch, ChangePage, Cursor, Environment, Finding
from connectors.files import KIND
from connectors.files.connector import FilesConnector, TablePart
from connectors.files.options import FilesOptions

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

CAMPAIGN: Mapping[str, Any] = {
    "file": "campaigns.csv",
    "key": "id",
    "fields": {"name": "title", "cost": "cost", "currency": {"constant": "EUR"}},
}
"""Campaigns in a CSV file with the columns `id`, `title` and `cost`."""

MEMBERSHIP: Mapping[str, Any] = {
    "file": "members.csv",
    "key": ["campaign", "contact"],
    "references": {"campaign": "campaign", "customer": {"from": "contact", "source": "crm"}},
    "fields": {"status": "status"},
}
"""Who was in a campaign, in a CSV file."""


@dataclass
class Folder:
    """A folder as the source `files`, with these entities; `now` can be moved."""

    path: Path
    entities: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        values = {"kind": "files", "path": ".", "entities": self.entities, **self.settings}
        options = FilesOptions.model_validate(values)
        environment = Environment(now=lambda: self.now, base_dir=self.path)
        connector = KIND.open("files", options, environment)
        assert isinstance(connector, FilesConnector)
        self.connector = connector

    def write(self, name: str, text: str | bytes, *, encoding: str = "utf-8") -> Path:
        """Put a file into the folder the way exports should: complete, at once."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.part")
        fresh.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        fresh.replace(path)
        return path

    def ask(
        self,
        entity: str,
        fields: Sequence[str],
        *,
        match: str | None = None,
        keys: Sequence[str] = (),
    ) -> Answer:
        """One batch, answered."""
        batch = Batch(
            entity=entity,
            fields=tuple(fields),
            match=(match,) if match else (),
            keys=tuple((each,) for each in keys),
        )
        return asyncio.run(self.connector.fetch(batch))

    def all(self, entity: str, *fields: str) -> list[tuple[object, ...]]:
        """All rows of an entity."""
        return [tuple(row) for row in self.ask(entity, fields).rows[()]]

    def scanned(self, entity: str, since: Cursor | None = None) -> list[ChangePage]:
        """All pages of a scan."""

        async def pages() -> list[ChangePage]:
            return [page async for page in self.connector.scan(entity, since=since)]

        return asyncio.run(pages())

    def findings(self) -> Sequence[Finding]:
        """What `check` says."""
        return asyncio.run(self.connector.check())

    def reads(self, entity: str) -> int:
        """How many files were read for an entity so far."""
        part = self.connector._parts[entity]
        assert isinstance(part, TablePart)
        return part.data.reads
