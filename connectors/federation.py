"""Which sources answer for which entity, and in which way: from the store, or live.

The planner sees one graph. Here it is decided who is asked: rows of synced sources and our own are
in the native store, and every live source is asked beside it.
"""

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.contract import (
    Batch,
    Bound,
    Capability,
    Compare,
    Connector,
    Filter,
    Op,
    Order,
    Row,
    SourceError,
)
from connectors.health import HealthBoard
from domain.filter import all_of, positive

NATIVE = "native"
"""The name of the built-in source."""

INDEXED = frozenset({"customer", "customer_record"})
"""The entities that are always answered from the index in the native store."""


_KEPT_BATCHES = 1000


class Mode(enum.StrEnum):
    """How an entity of a source reaches the graph."""

    LIVE = "live"
    SYNCED = "synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to all sources of an entity.

    Rows come in the order of `fields`, then possibly more. `match` names the fields that keys are
    compared with; `()` asks the whole entity, at the one key `()`. `order` is total. `limit` is
    per key; `after` and `until` are bounds of exactly the fields in `order`.
    """

    entity: str
    fields: tuple[str, ...]
    match: tuple[str, ...] = ()
    where: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    after: Bound | None = None
    until: Bound | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one key, and the failures of the sources that could not add theirs."""

    rows: Sequence[Row]
    missing: tuple[SourceError, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One connector's share of an entity. `sources` are those whose rows it holds."""

    connector: Connector
    capability: Capability
    sources: frozenset[str]
    is_native: bool


Adopt = Callable[[str, str], Awaitable[bool]]
"""Fetch the customer record of a source that is not in the index yet, and index it."""


class Federation:
    """All sources behind one graph.

    `native` holds the index, the synced entities and what is logged here; `sources` are the
    configured ones by name; `modes` says for each entity of each source how it is served;
    `timeouts_s` how long a source may take, where it is not `default_timeout_s`.
    """

    def __init__(
        self,
        native: Connector,
        sources: Mapping[str, Connector],
        *,
        modes: Mapping[tuple[str, str], Mode],
        board: HealthBoard,
        timeouts_s: Mapping[str, float] | None = None,
        default_timeout_s: float = 10.0,
        adopt: Adopt | None = None,
    ) -> None:
        self.native = native
        self.sources = sources
        self.modes = modes
        self.board = board
        self.timeouts_s = timeouts_s or {}
        self.default_timeout_s = default_timeout_s
        self.adopt = adopt
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._plain_batches: dict[Question, Batch] = {}

    def timeout_s(self, source: str) -> float:
        """How long a source may take for one question."""
        return self.timeouts_s.get(source, self.default_timeout_s)

    def parts(self, entity: str) -> tuple[Part, ...]:
        """Who answers for an entity, the native store first."""
        if entity not in self._parts:
            self._parts[entity] = (*self._native_part(entity), *self._live_parts(entity))
        return self._parts[entity]

    def native_batch(self, question: Question) -> Batch:
        """The batch, still without keys, that asks the native store a question."""
        if question.where is not None or question.after is not None or question.until is not None:
            return self._native_batch(question)
        # The same in request after request; what clients filter by would never end.
        batch = self._plain_batches.get(question)
        if batch is None:
            batch = self._native_batch(question)
            if len(self._plain_batches) < _KEPT_BATCHES:
                self._plain_batches[question] = batch
        return batch

    def _native_batch(self, question: Question) -> Batch:
        where = None if question.where is None else positive(question.where)
        if question.entity not in INDEXED:
            sources = self.parts(question.entity)[0].sources
            held = Compare("source", Op.IN, tuple(sorted(sources)))
            where = all_of([held] if where is None else [held, where])
        return Batch(
            entity=question.entity,
            fields=question.fields,
            match=question.match,
            where=where,
            order=question.order,
            limit=question.limit,
            after=question.after,
            until=question.until,
            timeout_s=self.timeout_s(self.native.name),
        )

    def _native_part(self, entity: str) -> tuple[Part, ...]:
        capability = self.native.capabilities.get(entity)
        synced = {
            name
            for (name, each), mode in self.modes.items()
            if self._is_in_store(each, mode) and each == entity
        }
        if capability is None or not (entity in INDEXED or synced or capability.can_write):
            return ()
        return (Part(self.native, capability, frozenset({NATIVE, *synced}), is_native=True),)

    def _is_in_store(self, entity: str, mode: Mode) -> bool:
        return mode is Mode.SYNCED or entity in INDEXED

    def _live_parts(self, entity: str) -> tuple[Part, ...]:
        if entity in INDEXED:
            return ()
        return tuple(
            Part(connector, connector.capabilities[entity], frozenset({name}), is_native=False)
            for name, connector in self.sources.items()
            if entity in connector.capabilities
            and self.modes.get((name, entity), Mode.LIVE) is Mode.LIVE
        )
