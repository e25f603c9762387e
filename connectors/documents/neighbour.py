"""The sidecars of a store, read again only when they have changed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connectors.contract import Skipped
from connectors.documents.sidecar import (
    MAX_BYTES,
    META_SUFFIX,
    NO_SIDECAR,
    Sidecar,
    content,
    too_large,
)
from connectors.documents.store import DocumentStore, RemoteFile
from connectors.http.message import Run

MAX_KEPT = 20_000

Read: TypeAlias = tuple[str, Mapping[str, Any], str | None]
"""A fingerprint, a content, and why it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The sidecars among some files. Those of folders count for what is below, down from `floor`.

    `ignores_customer` says that the path alone tells whose a document is.
    """

    folder_name: str
    floor: int
    ignores_customer: bool
    read: Mapping[str, Read] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Sidecar, Sidecar]:
        """The sidecar of a file, and that of the nearest folder around it."""
        own = self._at(name + META_SUFFIX)
        if self.ignores_customer and "customer" in own[1]:
            own = own[0], {key: each for key, each in own[1].items() if key != "customer"}
        return own, self._around(name)

    def skipped(self) -> list[Skipped]:
        """Those that could not be read, and why."""
        return [Skipped(None, reason) for *_, reason in self.read.values() if reason]

    def _around(self, name: str) -> Sidecar:
        steps = name.split("/")[:-1]
        while len(steps) >= self.floor:
            found = self._at("/".join([*steps, self.folder_name]))
            if found[0] or not steps:
                return found
            steps.pop()
        return NO_SIDECAR

    def _at(self, name: str) -> Sidecar:
        found = self.read.get(name)
        return NO_SIDECAR if found is None else found[:2]


class SidecarReader:
    """Reads the sidecars of a store, `concurrent` at one time."""

    def __init__(self, store: DocumentStore, *, concurrent: int) -> None:
        self._store = store
        self._concurrent = concurrent
        self._kept: dict[str, Read] = {}

    async def read(self, files: Sequence[RemoteFile], run: Run) -> dict[str, Read]:
        """What each of these files says, by name. Raises `SourceError`."""
        slots = asyncio.Semaphore(self._concurrent)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {each.name: group.create_task(self._of(each, slots, run)) for each in files}
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        found = {name: task.result() for name, task in tasks.items()}
        return {name: each for name, each in found.items() if each is not None}

    async def _of(self, file: RemoteFile, slots: asyncio.Semaphore, run: Run) -> Read | None:
        known = self._kept.get(file.name)
        if known is not None and known[0] == file.fingerprint:
            return known
        if (file.size_bytes or 0) > MAX_BYTES:
            return file.fingerprint, *too_large(file.name)
        async with slots:
            text = await self._store.read(file, run)
        if text is None:
            return None
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[file.name] = read = (file.fingerprint, *content(file.name, text))
        return read
