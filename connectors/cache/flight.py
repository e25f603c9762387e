"""Calls under way, which all who want the same wait for together."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from connectors.aspects.account import Account
from connectors.cache.entry import Entry
from connectors.cache.keeper import Kept
from connectors.cache.shelf import OF_CUSTOMER, Template
from connectors.contract import Key, SourceError

GRACE_S: Final = 0.05
"""How much later than its own deadline a call may end, before who waits gives it up."""

Course: TypeAlias = tuple[Template, float | None]
"""What flights are joined by, besides the key: the template, and how old an answer may be."""

Landed: TypeAlias = Mapping[Key, Entry | Kept | SourceError]
"""What came of a flight: for each key new rows, kept ones, or its failure."""


@dataclass(slots=True, eq=False)
class Flight:
    """One call for some keys, which ends by itself when the time of who began it is over.

    It is cancelled when nobody waits for it any more, unless it is of use without (`is_refresh`).
    It is outdated where something changed since it began: it is neither joined nor kept then.
    """

    course: Course
    keys: tuple[Key, ...]
    is_refresh: bool = False
    account: Account = field(default_factory=Account)
    waiting_count: int = 0
    is_outdated: bool = False
    task: "asyncio.Task[Landed] | None" = None

    @property
    def is_over(self) -> bool:
        """Whether it has landed, or was cancelled."""
        return self.task is not None and self.task.done()

    def leave(self) -> bool:
        """Wait for it no more; says whether that ended it."""
        self.waiting_count -= 1
        if self.waiting_count or self.is_refresh or self.task is None or self.is_over:
            return False
        return self.task.cancel()

    def is_about(self, source: str, entity: str, customer_ref: object) -> bool:
        """Whether it may be about an entity of a source, or about a customer in it."""
        name, batch = self.course[0]
        if name != source or batch.entity != entity:
            return False
        is_by_customer = customer_ref is not None and batch.match == OF_CUSTOMER
        return not is_by_customer or (customer_ref,) in self.keys


class Flights:
    """The flights of a process, by course and key."""

    def __init__(self) -> None:
        self._by_course: dict[Course, dict[Key, Flight]] = {}

    def __len__(self) -> int:
        return len({id(each) for flights in self._by_course.values() for each in flights.values()})

    def of(self, course: Course, keys: Iterable[Key]) -> dict[Key, Flight]:
        """The flights under way for those keys that have one."""
        known = self._by_course.get(course)
        return {key: known[key] for key in keys if key in known} if known else {}

    def add(self, flight: Flight) -> None:
        """Let others join a flight until it lands."""
        known = self._by_course.setdefault(flight.course, {})
        known.update(dict.fromkeys(flight.keys, flight))

    def remove(self, flight: Flight) -> None:
        """Let nobody join it any more."""
        known = self._by_course.get(flight.course)
        if known is None:
            return
        for key in flight.keys:
            if known.get(key) is flight:
                del known[key]
        if not known:
            del self._by_course[flight.course]

    def outdate(self, source: str, entity: str, *, customer_ref: object = None) -> None:
        """Note that what is under way may not know of a change."""
        for flight in self._all():
            if flight.is_about(source, entity, customer_ref):
                flight.is_outdated = True
                self.remove(flight)

    def outdate_all(self) -> None:
        """Note that nothing that is under way may be kept."""
        for flight in self._all():
            flight.is_outdated = True
        self._by_course.clear()

    async def wait(self, flights: Iterable[Flight], *, timeout_s: float) -> None:
        """Until all have landed, or for so long. What nobody waits for any more is cancelled."""
        flights = list(flights)
        for each in flights:
            each.waiting_count += 1
        try:
            tasks = [each.task for each in flights if each.task is not None]
            await asyncio.wait(tasks, timeout=timeout_s + GRACE_S)
        finally:
            for each in flights:
                if each.leave():
                    self.remove(each)

    def _all(self) -> list[Flight]:
        known = [each for flights in self._by_course.values() for each in flights.values()]
        return list(dict.fromkeys(known))
