"""What only some connectors can do, guarded: documents, writing, describing questions.

A guarded connector is a `DocumentReader`, `Writer` or `Describer` exactly where the one inside is.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from connectors.aspects import patience
from connectors.aspects.guard import Guard
from connectors.aspects.guarded import Guarded
from connectors.contract import (
    Batch,
    Connector,
    Describer,
    DocumentContent,
    DocumentReader,
    TimedOut,
    Writer,
    Written,
)


class _Reading(Guarded):
    inner: Any

    async def open_document(self, record_id: str) -> DocumentContent | None:
        """The content of a document, `None` where there is none; raises `SourceError`."""
        timeout_s = self.guard.options.timeout_s
        ends_at = self.guard.clock() + timeout_s
        with self.guard.admitted(timeout_s) as admission, patience.until(ends_at):
            try:
                with self.deadlines.within(timeout_s):
                    content: DocumentContent | None = await self.inner.open_document(record_id)
            except TimeoutError as exc:
                raise TimedOut(self.name, f"no document within {timeout_s:g} s") from exc
            admission.answered()
            return content


class _Writing(Guarded):
    inner: Any

    async def write(
        self, entity: str, records: Sequence[Mapping[str, Any]], *, idempotency_key: str
    ) -> Sequence[Written]:
        """Write records once, never again by itself; says for each what happened."""
        with self.guard.admitted(self.guard.options.timeout_s) as admission:
            written: Sequence[Written] = await self.inner.write(
                entity, records, idempotency_key=idempotency_key
            )
            admission.answered()
            return written


class _Describing(Guarded):
    inner: Any

    def describe(self, batch: Batch) -> str:
        """How the question is put to the source; nothing is asked."""
        text: str = self.inner.describe(batch)
        return text


_ABILITIES: tuple[tuple[type, type[Guarded]], ...] = (
    (DocumentReader, _Reading),
    (Writer, _Writing),
    (Describer, _Describing),
)


def guarded(inner: Connector, guard: Guard) -> Guarded:
    """A connector with all aspects, which can do what it can without them."""
    able = tuple(kind for ability, kind in _ABILITIES if isinstance(inner, ability))
    return _kind(able)(inner, guard)


@lru_cache
def _kind(able: tuple[type[Guarded], ...]) -> type[Guarded]:
    return type("Guarded", able, {}) if able else Guarded
