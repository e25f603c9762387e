"""Catalogues: what streams a source has, and what of them is asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.airbyte.options import AirbyteEntity
from connectors.airbyte.program import Program
from connectors.airbyte.protocol import Message, Told
from connectors.contract import Malformed, Misconfigured
from connectors.mapping.entity import unknown

_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a catalogue, as the source describes it."""

    value: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, after its namespace where it has one."""
        namespace = self.value.get("namespace")
        return f"{namespace}.{self.bare_name}" if namespace else self.bare_name

    @property
    def bare_name(self) -> str:
        """Its name, as its records have it."""
        return str(self.value["name"])

    @property
    def properties(self) -> Mapping[str, Any]:
        """The JSON Schema of each field."""
        return dict(self.value.get("json_schema", {}).get("properties") or {})

    @property
    def key(self) -> tuple[str, ...]:
        """The paths that identify a record, as far as the source says it."""
        return tuple(".".join(each) for each in self.value.get("source_defined_primary_key") or ())

    def cursor_field(self, entity: AirbyteEntity) -> Sequence[str] | None:
        """The path by which it is read incrementally; `None` where it cannot be."""
        if "incremental" not in self.value.get("supported_sync_modes", ()):
            return None
        given = self.value.get("default_cursor_field") or []
        if self.value.get("source_defined_cursor"):
            return list(given)
        return entity.changed.split(".") if entity.changed else list(given) or None

    def configured(self, entity: AirbyteEntity) -> Mapping[str, Any]:
        """The catalogue that asks for this stream alone."""
        cursor = self.cursor_field(entity) if entity.incremental else None
        asked = {
            "stream": dict(self.value),
            "sync_mode": "full_refresh" if cursor is None else "incremental",
            "destination_sync_mode": "append" if cursor is None else "append_dedup",
            "cursor_field": list(cursor or []),
            "primary_key": [each.split(".") for each in self.key],
        }
        return {"streams": [asked]}


class Catalog:
    """What streams a source has; asked for once an hour."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._streams: Sequence[Stream] = ()
        self._asked_at: datetime | None = None

    async def streams(self, *, at: datetime) -> Sequence[Stream]:
        """All streams. Raises `SourceError`."""
        if self._asked_at is None or at - self._asked_at > _KEPT_FOR:
            told = await first(self._program.say("discover"), "catalog")
            if told is None:
                raise Malformed(self._program.source, "`discover` of the program told no catalogue")
            self._streams = [Stream(each) for each in told.value.get("streams", ())]
            self._asked_at = at
        return self._streams

    async def stream(self, entity: AirbyteEntity, *, at: datetime) -> Stream:
        """The stream of an entity. Raises `Misconfigured` where the source has none of the name."""
        streams = await self.streams(at=at)
        for each in streams:
            is_in = entity.namespace in {None, each.value.get("namespace")}
            if (each.bare_name == entity.stream and is_in) or each.name == entity.stream:
                return each
        named = [each.name for each in streams]
        raise Misconfigured(self._program.source, unknown("stream", entity.stream, named))


async def first(said: AsyncGenerator[Message, None], kind: str) -> Told | None:
    """The first object of a kind; the program is heard to its end, which may tell of a failure."""
    found: Told | None = None
    async with aclosing(said) as messages:
        async for each in messages:
            if isinstance(each, Told) and each.kind == kind and found is None:
                found = each
    return found
