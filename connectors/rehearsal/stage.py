"""The stage: what a rehearsal needs to know of the real sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from connectors.aspects.failure_log import FailureLog
from connectors.contract import Capability, Connector, Describer, SourceError
from connectors.federation import NATIVE, Federation, Mode
from connectors.health import HealthBoard
from connectors.rehearsal.connector import Describe, Part, RehearsedSource, RehearsedStore
from connectors.rehearsal.inquiry import Inquiry, Note
from connectors.rehearsal.row import Rows

_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Role:
    """What is known of a source without asking it: what it can do, and how it would be asked."""

    capabilities: Mapping[str, Capability]
    describe: Describe | None = None

    @classmethod
    def of(cls, connector: Connector) -> Self:
        """The role of a connector."""
        describe = connector.describe if isinstance(connector, Describer) else None
        return cls(connector.capabilities, describe)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Sets up rehearsals. `store` is the role of the native store; `modes` as in `Federation`."""

    store: Role
    sources: Mapping[str, Role]
    modes: Mapping[tuple[str, str], Mode]

    def federation(self, note: Note) -> Federation:
        """A federation that nobody is behind; `note` is told of every batch."""
        rows = Rows(self._sources_of)
        board = HealthBoard(lambda: _NEVER)
        board.failures = _Unheard()
        return Federation(
            RehearsedStore(self._part(NATIVE, self.store, rows, note)),
            {
                name: RehearsedSource(self._part(name, role, rows, note))
                for name, role in self.sources.items()
            },
            modes=self.modes,
            board=board,
        )

    def can_nest(self, entity: str) -> bool:
        """As `Federation.can_nest` of the real sources."""
        return self.federation(_nobody).can_nest(entity)

    def _part(self, name: str, role: Role, rows: Rows, note: Note) -> Part:
        return Part(
            name=name,
            capabilities=role.capabilities,
            describe=role.describe,
            rows=rows,
            sources_of=self._sources_of,
            note=note,
        )

    def _sources_of(self, entity: str) -> Sequence[str]:
        return [name for name, role in self.sources.items() if entity in role.capabilities] or [
            NATIVE
        ]


class _Unheard(FailureLog):
    """A log that nobody reads: what fails at a rehearsal stands in its explanation."""

    def failed(self, failure: SourceError, *, entity: str) -> SourceError:
        """The failure as it is."""
        del entity
        return failure


def _nobody(_inquiry: Inquiry) -> None:
    """Nothing is asked."""
