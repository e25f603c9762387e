"""Rehearsals of what a configuration does: from the settings alone, without asking any source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from connectors.aspects.guarded import Guarded
from connectors.contract import Connector
from connectors.federation import Mode
from connectors.native.outline import Outline
from connectors.rehearsal.inquiry import Inquiry
from connectors.rehearsal.stage import Role, Stage
from connectors.session import Session
from gateway.config import Settings
from gateway.engine import engine_of
from resolvers.context import Context
from resolvers.engine import Engine
from resolvers.explain.explainer import Explainer
from resolvers.explain.journal import SilentJournal, nothing_to_adopt
from resolvers.explain.tree import Explanation, Extent
from resolvers.request import Request
from resolvers.result import Result
from resolvers.selection import Limits

_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)
_DEADLINE_S: Final = 3600.0


def modes_of(settings: Settings) -> Mapping[tuple[str, str], Mode]:
    """Which entities of which sources are synced; all others are live."""
    return {
        (name, entity): Mode.SYNCED
        for name, options in settings.sources.items()
        for entity in options.synced
    }


def explainer_of(
    settings: Settings, engine: Engine, connectors: Mapping[str, Connector]
) -> Explainer:
    """The explainer of an engine over the sources of the settings."""
    kept = {
        (name, entity): keeping
        for name, options in settings.sources.items()
        for entity, keeping in options.cache.items()
    }
    return Explainer(engine=engine, stage=_stage(settings, connectors), kept=kept)


def _stage(settings: Settings, connectors: Mapping[str, Connector]) -> Stage:
    outline = Outline()
    return Stage(
        store=Role(outline.capabilities, outline.describe),
        sources={name: Role.of(_bare(each)) for name, each in connectors.items()},
        modes=modes_of(settings),
    )


def _bare(connector: Connector) -> Connector:
    """A connector without what is wrapped around it, which nothing goes through here."""
    return connector.inner if isinstance(connector, Guarded) else connector


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """Plans of operations under the settings. Neither the store nor a source has to be there."""

    settings: Settings
    explainer: Explainer

    @classmethod
    def of(cls, settings: Settings, connectors: Mapping[str, Connector]) -> "Rehearsals":
        """Rehearsals with connectors that are open, but are never asked."""
        stage = _stage(settings, connectors)
        engine = engine_of(settings, stage.federation(_nobody).can_nest)
        return cls(settings, explainer_of(settings, engine, connectors))

    async def plan(self, request: Request) -> tuple[Result, Explanation | None]:
        """The plan of an operation; without one the result says what is wrong with the request."""
        return await self.explainer.explained(request, self._context(), mode=Extent.PLAN)

    def _context(self) -> Context:
        federation = self.explainer.stage.federation(_nobody)
        settings = self.settings
        return Context(
            session=Session(federation, deadline_s=_DEADLINE_S),
            journal=SilentJournal(),
            now=lambda: _NOW,
            new_id=lambda: "00000000-0000-7000-8000-000000000000",
            sources={name: {"name": name} for name in settings.sources},
            document_url=lambda _source, _record_id: None,
            adopt=nothing_to_adopt,
            phone_region=settings.identity.default_phone_region,
            limits=Limits(settings.limits.default_first, settings.limits.max_first),
        )


def _nobody(_inquiry: Inquiry) -> None:
    """Nothing is asked."""
