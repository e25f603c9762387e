"""A source for tests that can be scanned, changed meanwhile, and made to fail."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    Change,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Finding,
    Skipped,
    SourceError,
)

Values = dict[str, Any]


async def _go_on(_place: int) -> None:
    """Let every page pass."""


@dataclass
class ScannedSource:
    """A source that keeps, for each entity, a log of changes: values, or nothing for a deletion.

    Its cursor is a place in the log. `failure` is raised in front of the page at `fails_at`;
    `before_page` is awaited in front of every page; `skipped` goes out with the first page.
    """

    name: str
    log: dict[str, list[tuple[str, Values | None]]] = field(default_factory=dict)
    page_size: int = 2
    tells_changes: bool = True
    tells_deletions: bool = True
    failure: SourceError | None = None
    fails_at: int = 0
    skipped: Sequence[Skipped] = ()
    before_page: Callable[[int], Awaitable[None]] = _go_on
    scans: list[tuple[str, Cursor | None]] = field(default_factory=list)

    def put(self, entity: str, record_id: str, **values: Any) -> None:
        """Add a change."""
        self.log.setdefault(entity, []).append((record_id, values))

    def drop(self, entity: str, record_id: str) -> None:
        """Delete a record; a source that does not tell deletions forgets that it ever was."""
        self.log[entity].append((record_id, None))

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Whatever fields its records have."""
        return {
            entity: Capability(
                entity=entity,
                fields=frozenset(self._fields(entity)),
                tells_changes=self.tells_changes,
                tells_deletions=self.tells_deletions,
                references={"customer": "crm"} if self.name != "crm" else {},
            )
            for entity in self.log
        }

    def _fields(self, entity: str) -> tuple[str, ...]:
        names = {name for _, values in self.log[entity] for name in values or ()}
        return tuple(sorted(names))

    async def check(self) -> Sequence[Finding]:
        """Nothing to find."""
        return ()

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """Nothing to find."""
        return ()

    async def fetch(self, batch: Batch) -> Answer:
        """The records with these ids, as they are now."""
        if self.failure is not None:
            raise self.failure
        current = dict(self.log[batch.entity])
        rows = {}
        for key in batch.keys:
            values = current.get(key[0])
            if values is not None:
                whole = values | {"record_id": key[0]}
                rows[key] = [tuple(whole.get(name) for name in batch.fields)]
        return Answer(rows)

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """The log, page by page; without deletions, only what is left of it."""
        self.scans.append((entity, since))
        fields = self._fields(entity)
        log = self._visible(entity)
        first = int(since["place"]) if since else 0
        for start in range(first, len(log), self.page_size):
            if self.failure is not None and start >= self.fails_at:
                raise self.failure
            await self.before_page(start)
            chunk = log[start : start + self.page_size]
            yield ChangePage(
                fields=fields,
                changes=[Change(key, _row(values, fields)) for key, values in chunk],
                cursor={"place": start + len(chunk)},
                skipped=tuple(self.skipped) if start == 0 else (),
                total=len(log),
            )
        if self.failure is not None:
            raise self.failure

    def _visible(self, entity: str) -> Sequence[tuple[str, Values | None]]:
        log = self.log[entity]
        if self.tells_deletions:
            return log
        current = dict(log)
        return [(key, values) for key, values in log if current[key] is not None and values]

    async def close(self) -> None:
        """Nothing is held."""


def _row(values: Values | None, fields: Sequence[str]) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values.get(name) for name in fields)
