"""The connector: one source behind a GraphQL API, as the contract wants it."""

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
from connectors.graphql.check import check
from connectors.graphql.discover import discover
from connectors.graphql.endpoint import Endpoint
from connectors.graphql.fetch import fetch
from connectors.graphql.introspection import Introspection
from connectors.graphql.options import GraphqlEntity, GraphqlOptions, Place
from connectors.graphql.reading import Reading
from connectors.graphql.scan import scan
from connectors.http.wire import Wire
from connectors.mapping import Translation


class GraphqlConnector:
    """A source behind a GraphQL API. `transport` is for tests; it stands for the network."""

    def __init__(
        self,
        name: str,
        options: GraphqlOptions,
        environment: Environment,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._wire = Wire(name, options=options, environment=environment, transport=transport)
        endpoint = Endpoint(name, path=options.path, wire=self._wire)
        self._introspection = Introspection(endpoint, timeout_s=options.timeout_s)
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
                endpoint=endpoint,
                timeout_s=options.timeout_s,
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
        """Compare the mapping with the schema, read a first page, and try each lookup."""
        return await check([*self._readings.values()], self._introspection)

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The types of the schema that look like entities, with their fields."""
        return discover(await self._introspection.schema())

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question. Raises `SourceError` where the whole of it failed."""
        return await fetch(self._readings[batch.entity], batch)

    def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records, or what changed since, in pages in the order of the source."""
        return scan(self._readings[entity], since=since)

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def _capability(entity: GraphqlEntity, translation: Translation) -> Capability:
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
        tells_changes=listing is not None and "changed" in listing.call.variables,
        keys_per_call={_match(name): each.most_keys for name, each in entity.by.items()},
        rows_per_call={
            match: place.size
            for match, place in _places(entity)
            if place.call.has_cursor or place.call.variables & {"cursor", "offset", "page"}
        },
        references=translation.references,
    )


def _match(name: str) -> tuple[str, ...]:
    return (name if name == "record_id" else f"{name}_ref",)


def _places(entity: GraphqlEntity) -> Iterator[tuple[tuple[str, ...], Place]]:
    """The list and the lookups, by what they match."""
    if entity.listing is not None:
        yield (), entity.listing
    for name, lookup in entity.by.items():
        yield _match(name), lookup
