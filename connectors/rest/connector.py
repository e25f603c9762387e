"""The connector: one source behind an HTTP API, as the contract wants it."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import MappingProxyType

import httpx2

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Environment,
    Finding,
)
from connectors.http.wire import Wire
from connectors.mapping import Translation
from connectors.rest.check import check, discover
from connectors.rest.fetch import fetch
from connectors.rest.openapi.place import proposed
from connectors.rest.options import Place, RestEntity, RestOptions
from connectors.rest.paging import OnePage
from connectors.rest.reading import Reading
from connectors.rest.scan import scan


class RestConnector:
    """A source behind an HTTP API. `transport` is for tests; it stands for the network."""

    def __init__(
        self,
        name: str,
        options: RestOptions,
        environment: Environment,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._document = options.openapi
        self._base_dir = environment.base_dir
        self._wire = Wire(name, options=options, environment=environment, transport=transport)
        readings = [
            Reading(
                source=name,
                entity=entity,
                translation=Translation(
                    entity,
                    source=name,
                    time_zone=options.time_zone,
                    phone_region=options.phone_region,
                ),
                wire=self._wire,
                now=environment.now,
            )
            for entity in options.entities.values()
        ]
        self._readings = {each.entity.entity.name: each for each in readings}

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it can do, by entity, as the configuration declares it."""
        return MappingProxyType(
            {
                name: _capability(each.entity, each.translation)
                for name, each in self._readings.items()
            }
        )

    async def check(self) -> Sequence[Finding]:
        """Read a first page of every list, and try every lookup with a key from it."""
        return await check(self._readings.values())

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The lists of the document under `openapi`, or else those of the configuration.

        The latter come with the fields that their first pages hold.
        """
        if self._document is not None:
            found = await proposed(self._document, name=self.name, base_dir=self._base_dir)
            return found.offered
        return await discover(self._readings.values())

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question. Raises `SourceError` where the whole of it failed."""
        return await fetch(self._readings[batch.entity], batch)

    def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records, or what changed since, in pages in the order of the source."""
        return scan(self._readings[entity], since=since)

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def _capability(entity: RestEntity, translation: Translation) -> Capability:
    listing = entity.listing
    return Capability(
        entity=entity.entity.name,
        fields=translation.provided_fields,
        matches=frozenset(map(_match, entity.by)),
        can_list=listing is not None,
        filters={
            name: frozenset(params) for name, params in (listing.filters if listing else {}).items()
        },
        orders=frozenset(listing.orders if listing else ()),
        can_page=bool(listing and listing.orders),
        can_scan=listing is not None,
        tells_changes=listing is not None and listing.changed_since is not None,
        keys_per_call={
            _match(name): 1 if each.how == "single" else each.keys_per_call
            for name, each in entity.by.items()
        },
        rows_per_call={
            match: place.paging.size
            for match, place in _places(entity)
            if not isinstance(place.paging, OnePage)
        },
        references=translation.references,
    )


def _match(name: str) -> tuple[str, ...]:
    return (name if name == "record_id" else f"{name}_ref",)


def _places(entity: RestEntity) -> Iterator[tuple[tuple[str, ...], Place]]:
    """The list and the lookups, by what they match."""
    if entity.listing is not None:
        yield (), entity.listing
    for name, lookup in entity.by.items():
        yield _match(name), lookup
