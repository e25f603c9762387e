"""The sources as clients see them: configuration, health and freshness in one."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.aspects.breaker import BreakerState
from connectors.aspects.guarded import Guarded
from connectors.contract import Connector, SourceError
from connectors.federation import INDEXED, NATIVE, Federation, Mode
from connectors.health import Health, SourceStatus
from connectors.native.store import Store
from connectors.sync_state import SyncState, read_states

log = structlog.get_logger(__name__)

REFRESH_S = 5.0
"""How often the store is asked for the state of the pulls, which another replica may do."""


class SourceView(Mapping[str, Mapping[str, Any]]):
    """Every source by name, as the type `Source` shows it; the built-in one comes first.

    It is made anew at each look, from what is known in memory: asking it costs no I/O.
    """

    def __init__(
        self, federation: Federation, kinds: Mapping[str, str], *, now: Callable[[], datetime]
    ) -> None:
        self._federation = federation
        self._now = now
        self._kinds = {NATIVE: NATIVE, **kinds}
        self._states: Mapping[str, Sequence[SyncState]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        """One source; `KeyError` where it is not configured."""
        kind = self._kinds[name]
        states = {each.entity: each for each in self._states.get(name, ())}
        board = self._federation.board
        breaker = self._breaker(name)
        health = _left_alone(_with_pulls(board.of(name), states), breaker)
        latency = board.latencies.of(name)
        return {
            "name": name,
            "kind": kind,
            "status": health.status,
            "problem": health.problem,
            "asked_at": health.asked_at,
            "answered_at": health.answered_at,
            "breaker": breaker,
            "latency": latency and asdict(latency),
            "entities": self._entities(name, states),
        }

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._kinds)

    def __len__(self) -> int:
        """How many sources there are."""
        return len(self._kinds)

    @property
    def states(self) -> Mapping[str, Sequence[SyncState]]:
        """What is known of the pulls, by source."""
        return self._states

    async def refresh(self, store: Store) -> None:
        """Look at the state of the pulls."""
        self._states = await read_states(store)

    async def keep_fresh(self, store: Store) -> None:
        """Refresh for ever; a store that is down is tried again."""
        while True:
            try:
                await self.refresh(store)
            except SourceError as exc:
                log.warning("sync_state_unknown", error=exc.message)
            await asyncio.sleep(REFRESH_S)

    def _breaker(self, name: str) -> Mapping[str, Any] | None:
        """The breaker of a source; the store has none."""
        source = self._federation.sources.get(name)
        if not isinstance(source, Guarded):
            return None
        rest_s = source.guard.rest_s
        return {
            "state": source.guard.state,
            "tries_again_at": self._now() + timedelta(seconds=rest_s) if rest_s > 0 else None,
        }

    def _entities(self, name: str, states: Mapping[str, SyncState]) -> list[Mapping[str, Any]]:
        connector = self._federation.sources.get(name, self._federation.native)
        capabilities = connector.capabilities
        if name == NATIVE:
            capabilities = {key: each for key, each in capabilities.items() if each.can_write}
        return [
            _entity(each, self._mode(name, each, connector), states.get(each))
            for each in sorted(capabilities)
        ]

    def _mode(self, name: str, entity: str, connector: Connector) -> str:
        if entity in INDEXED:
            return "indexed"
        if connector is self._federation.native:
            return "native"
        return self._federation.modes.get((name, entity), Mode.LIVE).value


def _entity(name: str, mode: str, state: SyncState | None) -> Mapping[str, Any]:
    return {
        "entity": "customer" if name == "customer_record" else name,
        "mode": mode,
        "synced_at": state and state.succeeded_at,
        "record_count": state and state.record_count,
        "skipped_count": state and state.skipped_count,
        # The problem itself is for operators: it may name hosts.
        "problem": "The last pull failed; the gateway's log says why."
        if state and state.problem
        else None,
    }


def _left_alone(health: Health, breaker: Mapping[str, Any] | None) -> Health:
    """The health with what the breaker makes of it, also where nobody asked since."""
    if breaker is None or breaker["state"] is not BreakerState.OPEN:
        return health
    problem = f"{health.problem or 'It failed.'} Until it is tried again it is not asked."
    return replace(health, status=SourceStatus.OPEN, problem=problem)


def _with_pulls(health: Health, states: Mapping[str, SyncState]) -> Health:
    """The health with what the pulls showed, where nobody asked the source since."""
    failed = sorted(each.entity for each in states.values() if each.problem)
    pulled = [each.succeeded_at for each in states.values() if each.succeeded_at is not None]
    last = max(pulled, default=None)
    answered = max(filter(None, (health.answered_at, last)), default=None)
    if failed and health.status in {SourceStatus.UNKNOWN, SourceStatus.OK}:
        problem = f"The last pull of {', '.join(failed)} failed."
        return Health(
            status=SourceStatus.DOWN,
            asked_at=health.asked_at,
            answered_at=answered,
            problem=problem,
        )
    status = health.status
    if status is SourceStatus.UNKNOWN and last is not None:
        status = SourceStatus.OK
    return Health(
        status=status, asked_at=health.asked_at, answered_at=answered, problem=health.problem
    )
