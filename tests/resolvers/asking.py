"""The real engine with the real schema over the sources of a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Written
from connectors.federation import Federation
from connectors.rehearsal.stage import Role, Stage
from connectors.session import Session
from domain.catalogue import ENTITIES
from domain.entity import FieldType
from resolvers.context import Context
from resolvers.engine import Engine
from resolvers.explain.explainer import Explainer
from schema.build import build_schema, executable

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class NoJournal:
    """Logs nothing: these tests only ask."""

    async def write(self, *_: object, **__: object) -> list[Written]:
        """Nothing is written."""
        raise AssertionError

    async def amend(self, *_: object, **__: object) -> Written:
        """Nothing is amended."""
        raise AssertionError


async def _nothing(_source: str, _record_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Asking:
    """An engine, and contexts of requests to it."""

    engine: Engine
    federation: Federation

    def context(self) -> Context:
        """The context of one request."""
        return Context(
            session=Session(self.federation, deadline_s=30),
            journal=NoJournal(),
            now=lambda: NOW,
            new_id=lambda: "new",
            sources={},
            document_url=lambda _source, _record_id: None,
            adopt=_nothing,
        )

    def explainer(self) -> Explainer:
        """What explains the operations of the engine."""
        federation = self.federation
        sources = {name: Role.of(each) for name, each in federation.sources.items()}
        stage = Stage(store=Role.of(federation.native), sources=sources, modes=federation.modes)
        return Explainer(engine=self.engine, stage=stage, kept={})


def engine(federation: Federation) -> Asking:
    """The engine over a federation."""
    return Asking(Engine(executable(build_schema()), nesting=federation.can_nest), federation)


def given(entity: str, **values: Any) -> Mapping[str, Any]:
    """A record whose lists are empty where nothing is said of them."""
    fields = ENTITIES[entity].fields.values()
    lists: dict[str, Any] = {each.name: [] for each in fields if each.value_type is FieldType.LIST}
    plain = {"kind": "PERSON", "is_deleted": False} if entity == "customer_record" else {}
    return {**lists, **plain, **values}
