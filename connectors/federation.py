"""Which sources answer for which entity, and in which way: from the store, or live.

The planner sees one graph. Here it is decided who is asked: rows of synced sources and our own are
in the native store, and every live source is asked beside it.
"""

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from connectors.cache.invalidation import Invalidation
from connectors.cache.reader import Reader
from connectors.contract import (
    Batch,
    Bound,
    Capability,
    Compare,
    Connector,
    Filter,
    Nest,
    Nester,
    Op,
    Order,
    Prepared,
    Row,
    Slices,
    SourceError,
)
from connectors.health import HealthBoard
from connectors.nest import NO_SLICES
from domain.access.policy import UNRESTRICTED, Policy
from domain.catalogue import ENTITIES
from domain.filter import And, Or, Related, all_of, positive
from domain.relation import relation_of

NATIVE = "native"
"""The name of the built-in source."""

INDEXED = frozenset({"customer", "customer_record", "access_record"})
"""The entities that are always answered from the native store: no source has them."""


_KEPT_BATCHES = 500


class Mode(enum.StrEnum):
    """How an entity of a source reaches the graph."""

    LIVE = "live"
    SYNCED = "synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to all sources of an entity.

    Rows come in the order of `fields`, then possibly more. `match` names the fields that keys are
    compared with; `()` asks the whole entity, at the one key `()`. `order` is total. `limit` is
    per key; `after` and `until` are bounds of exactly the fields in `order`. `nest` and `slices`
    ask for a text with every row, and only of entities that `Federation.can_nest`. A question that
    `is_of_rule` is asked to find out what a row rule says: of all rows, whoever may see them.
    """

    entity: str
    fields: tuple[str, ...]
    match: tuple[str, ...] = ()
    where: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    after: Bound | None = None
    until: Bound | None = None
    nest: Nest | None = None
    slices: Slices = NO_SLICES
    is_of_rule: bool = False


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
    `timeouts_s` how long a source may take, where it is not `default_timeout_s`. `invalidation`
    has the reader that asks the live sources for all requests together. `forwards` are the headers
    of a client's request, in small letters, that go on to a source.
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
        invalidation: Invalidation | None = None,
        forwards: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.native = native
        self.sources = sources
        self.modes = modes
        self.board = board
        self.timeouts_s = timeouts_s or {}
        self.default_timeout_s = default_timeout_s
        self.adopt = adopt
        self.invalidation = invalidation or Invalidation(Reader(board))
        self.reader = self.invalidation.reader
        self.forwards = forwards or {}
        self._nester = native if isinstance(native, Nester) else None
        self._parts: dict[str, tuple[Part, ...]] = {}
        # Made here rather than on the method: what is kept goes with the federation.
        self._kept_batch = lru_cache(maxsize=_KEPT_BATCHES)(self._native_batch)
        self._kept_prepared = lru_cache(maxsize=_KEPT_BATCHES)(self._prepared)
        self._kept_slices = lru_cache(maxsize=_KEPT_BATCHES)(self._native_slices)

    def timeout_s(self, source: str) -> float:
        """How long a source may take for one question."""
        return self.timeouts_s.get(source, self.default_timeout_s)

    def parts(self, entity: str) -> tuple[Part, ...]:
        """Who answers for an entity, the native store first."""
        if entity not in self._parts:
            self._parts[entity] = (*self._native_part(entity), *self._live_parts(entity))
        return self._parts[entity]

    def can_nest(self, entity: str) -> bool:
        """Whether only one source answers for an entity, and it can put it into a nest."""
        parts = self.parts(entity)
        return len(parts) == 1 and parts[0].is_native and parts[0].capability.can_nest

    def prepared(self, question: Question, policy: Policy = UNRESTRICTED) -> Prepared:
        """A question with a nest, thought through: what is left to be asked for are keys."""
        prepare = self._kept_prepared if _is_plain(question) else self._prepared
        return prepare(question, policy)

    def _prepared(self, question: Question, policy: Policy) -> Prepared:
        if self._nester is None:
            raise TypeError(f"{self.native.name} says that it can nest, but cannot prepare")
        return self._nester.prepare(self._native_batch(question, policy))

    def native_batch(self, question: Question, policy: Policy = UNRESTRICTED) -> Batch:
        """The batch, still without keys, that asks the native store a question.

        It asks only for rows that may be seen under `policy`, also in what hangs on them.
        """
        # The same in request after request; what clients filter by would push it out.
        make = self._kept_batch if _is_plain(question) else self._native_batch
        return make(question, policy)

    def _native_batch(self, question: Question, policy: Policy) -> Batch:
        return Batch(
            entity=question.entity,
            fields=question.fields,
            match=question.match,
            where=self._native_where(question.entity, question.where, policy),
            order=question.order,
            limit=question.limit,
            after=question.after,
            until=question.until,
            nest=question.nest,
            slices=self._slices_of(question, policy),
            timeout_s=self.timeout_s(self.native.name),
        )

    def _slices_of(self, question: Question, policy: Policy) -> Slices:
        if question.nest is None:
            return NO_SLICES
        make = self._kept_slices if question.slices.is_constant else self._native_slices
        return make(question.nest, question.slices, policy)

    def _native_slices(self, nest: Nest, slices: Slices, policy: Policy) -> Slices:
        each = [
            replace(each, where=self._native_where(relation.entity, each.where, policy))
            for relation, each in zip(nest.relations, slices.each, strict=True)
        ]
        return Slices(tuple(each), slices.is_constant)

    def _native_where(self, entity: str, where: Filter | None, policy: Policy) -> Filter | None:
        """The filter of a client, the rule of its viewer, and what is to be answered from here."""
        parts: list[Filter] = []
        if entity not in INDEXED:
            parts.append(Compare("source", Op.IN, tuple(sorted(self._held(entity)))))
        if entity in policy.rows:
            parts.append(self._told_here(entity, policy.rows[entity]))
        if where is not None:
            parts.append(self._told_here(entity, positive(where)))
        return all_of(parts)

    def _told_here(self, entity: str, filter_: Filter) -> Filter:
        """A filter whose related records are those that are answered from the store.

        What is left there of a source that is live now is old, or of nobody any more.
        """
        match filter_:
            case And(parts):
                return And(tuple(self._told_here(entity, each) for each in parts))
            case Or(parts):
                return Or(tuple(self._told_here(entity, each) for each in parts))
            case Related(name, part):
                relation = relation_of(ENTITIES[entity], name)
                if relation is None or relation.entity in INDEXED:
                    return filter_
                inner = self._told_here(relation.entity, part)
                held = Compare("source", Op.IN, tuple(sorted(self._held(relation.entity))))
                return Related(name, And((held, inner)))
            case _:
                return filter_

    def _held(self, entity: str) -> frozenset[str]:
        """The sources whose rows of an entity are answered from the store."""
        return frozenset().union(*(e.sources for e in self.parts(entity) if e.is_native))

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


def _is_plain(question: Question) -> bool:
    """Whether a question holds no value that a client may choose freely."""
    is_free = question.where is None and question.after is None and question.until is None
    return is_free and question.slices.is_constant
