"""The watch over critical sources: without them the gateway says that it is not ready."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import structlog

from connectors.contract import Connector, Severity, SourceError
from connectors.health import HealthBoard, SourceStatus
from gateway.readiness import Readiness

log = structlog.get_logger(__name__)

PROBE_S = 5.0
"""How often a critical source is looked at, in seconds. One that answers is not asked anything."""

IDLE_PROBES = 6
"""A source that nobody asks is tried at every so many looks."""


class Watch:
    """Tries critical sources: at the start, when a question to them failed, and when idle.

    A single failed question changes nothing: what counts is whether the source then stands a
    check. `timeouts_s` says for each critical source how long that may take; `proven` are those
    that stood one before, with the settings that there were.
    """

    def __init__(
        self,
        sources: Mapping[str, Connector],
        *,
        timeouts_s: Mapping[str, float],
        board: HealthBoard,
        readiness: Readiness,
        proven: AbstractSet[str] = frozenset(),
        probe_s: float = PROBE_S,
    ) -> None:
        self._sources = sources
        self._timeouts_s = timeouts_s
        self._board = board
        self._readiness = readiness
        self._probe_s = probe_s
        self._problems: dict[str, str] = {}
        self._unproven = set(timeouts_s) - proven
        self._looks = 0
        self._tell()

    @property
    def proven(self) -> AbstractSet[str]:
        """The critical sources that stood their last check."""
        return self._timeouts_s.keys() - self._unproven - self._problems.keys()

    async def keep(self) -> None:
        """Look for ever."""
        while self._timeouts_s:
            await self.look()
            await asyncio.sleep(self._probe_s)

    async def look(self) -> None:
        """Try those that have to be tried, all at the same time."""
        is_idle_look = self._looks % IDLE_PROBES == 0
        self._looks += 1
        wanted = [name for name in self._timeouts_s if is_idle_look or not self._is_well(name)]
        found = await asyncio.gather(*map(self._problem, wanted))
        for name, problem in zip(wanted, found, strict=True):
            self._note(name, problem)
        self._tell()

    def _is_well(self, name: str) -> bool:
        known = name not in self._problems and name not in self._unproven
        return known and self._board.of(name).status in {
            SourceStatus.OK,
            SourceStatus.PARTIAL,
            SourceStatus.UNKNOWN,
        }

    async def _problem(self, name: str) -> str | None:
        try:
            async with asyncio.timeout(self._timeouts_s[name]):
                findings = await self._sources[name].check()
        except SourceError as exc:
            return exc.message
        except TimeoutError:
            return f"no answer within {self._timeouts_s[name]:g} s"
        except Exception as exc:
            log.exception("critical_source_not_checked", source=name)
            return f"unexpected {type(exc).__name__}"
        errors = [each.message for each in findings if each.severity is Severity.ERROR]
        return errors[0] if errors else None

    def _note(self, name: str, problem: str | None) -> None:
        self._unproven.discard(name)
        before = self._problems.get(name)
        if problem is None:
            self._problems.pop(name, None)
            if before is not None:
                log.warning("critical_source_is_back", source=name)
            return
        self._problems[name] = problem
        if before is None:
            log.error("critical_source_lost", source=name, error=problem)

    def _tell(self) -> None:
        self._readiness.lost = sorted(self._problems)
        self._readiness.unproven = sorted(self._unproven)
