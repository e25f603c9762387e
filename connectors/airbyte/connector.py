"""The connector: one Airbyte source, as the contract wants it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType

from connectors.airbyte.catalog import Catalog
from connectors.airbyte.check import check, discovered
from connectors.airbyte.options import AirbyteEntity, AirbyteOptions
from connectors.airbyte.program import Program
from connectors.airbyte.scan import Reading, scan
from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Environment,
    Finding,
    Misconfigured,
)
from connectors.mapping import Translation


class AirbyteConnector:
    """A source that a program of the Airbyte protocol reads. It scans, and cannot be asked."""

    def __init__(self, name: str, options: AirbyteOptions, environment: Environment) -> None:
        self.name = name
        self._now = environment.now
        self._program = Program(name, options, environment.gate)
        self._catalog = Catalog(self._program)
        readings = [
            Reading(
                entity=entity,
                translation=Translation(
                    entity,
                    source=name,
                    time_zone=options.time_zone,
                    phone_region=options.phone_region,
                ),
                program=self._program,
                catalog=self._catalog,
                environment=environment,
                page_size=options.page_size,
            )
            for entity in options.entities.values()
        ]
        self._readings = {each.entity.entity.name: each for each in readings}

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it can do, by entity: be read from the beginning or from a place, and no more."""
        return MappingProxyType(
            {
                name: _capability(each.entity, each.translation)
                for name, each in self._readings.items()
            }
        )

    async def check(self) -> Sequence[Finding]:
        """Let the program check its configuration, and compare the mapping with its streams."""
        return await check(self._program, [*self._readings.values()])

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """The streams of the source."""
        return discovered(await self._catalog.streams(at=self._now()))

    async def fetch(self, batch: Batch) -> Answer:
        """Nothing: raises `Misconfigured`."""
        raise Misconfigured(
            self.name, f"{batch.entity} of an Airbyte source is pulled, and cannot be asked for"
        )

    def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """All records, or what changed since, in pages in the order of the source."""
        return scan(self._readings[entity], since=since)

    async def close(self) -> None:
        """End the program, where it runs."""
        await self._program.close()


def _capability(entity: AirbyteEntity, translation: Translation) -> Capability:
    return Capability(
        entity=entity.entity.name,
        fields=translation.provided_fields,
        matches=frozenset(),
        can_list=False,
        tells_changes=entity.incremental,
        references=translation.references,
    )
