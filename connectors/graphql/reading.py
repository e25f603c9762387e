"""One entity of a source with all that is needed to read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias

from connectors.contract import Malformed, Skipped
from connectors.graphql.call import Call, call_of
from connectors.graphql.document import Asked
from connectors.graphql.endpoint import Endpoint
from connectors.graphql.failure import Fault
from connectors.graphql.options import GraphqlEntity, Listing, Place
from connectors.graphql.reply import Path, Record, Records, Thing, records
from connectors.graphql.selection import selection_of
from connectors.mapping import Translation

Rows: TypeAlias = list[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One entity: its settings, its mapping compiled, and the way to the source."""

    source: str
    entity: GraphqlEntity
    translation: Translation
    endpoint: Endpoint
    timeout_s: float
    now: Callable[[], datetime]

    @property
    def listing(self) -> Listing:
        """How to list the entity; asked only where it can be listed."""
        if self.entity.listing is None:
            raise ValueError(f"{self.entity.written_as} of '{self.source}' cannot be listed")
        return self.entity.listing

    @cached_property
    def each(self) -> Call | None:
        """What leads to the parts that are the records, where these are parts."""
        return None if self.entity.each is None else call_of(self.entity.each)

    def asked(self, place: Place, fields: Sequence[str], *, also: Sequence[str] = ()) -> Asked:
        """What is asked at a place for canonical fields; `also` are paths beside them."""
        paths = (*self.translation.raws(fields), *also)
        return self._asked_paths(place, paths)

    def _asked_paths(self, place: Place, paths: Sequence[str]) -> Asked:
        entity = self.entity
        selection = selection_of(paths, calls=entity.calls, values=entity.json_values)
        return Asked(place, selection, self.each)

    def records(self, things: Sequence[Thing]) -> Records:
        """The records in some things."""
        return records(things, self.each, self.entity.each)

    def rows(self, sound: Sequence[Record], fields: Sequence[str]) -> tuple[Rows, list[Skipped]]:
        """The rows of some records, and those that cannot be read."""
        raws = [each.raw for each in sound]
        return self.translation.read(raws, fields, observed_at=self.now())

    def unread(self, found: Records, sorted_: "Sorted") -> list[Skipped]:
        """What of a list could not be read or had, in words."""
        named = f"{self.entity.written_as}: "
        lost = [(self.translation.record_id(each.raw), fault) for each, fault in sorted_.faulty]
        lost += [(None, fault) for fault in sorted_.others]
        return [
            *(Skipped(None, named + reason) for reason in found.strange),
            *(Skipped(key, named + fault.error.message) for key, fault in lost),
        ]

    def sorted_by_faults(self, found: Records, faults: Sequence[Fault]) -> "Sorted":
        """Which records are whole, and which are not because of the errors of their answer."""
        inside = None if self.each is None else self.each.name
        sound: list[Record] = []
        faulty: list[tuple[Record, Fault]] = []
        used: set[int] = set()
        for each in found.found:
            mine = [n for n, fault in enumerate(faults) if _costs(fault.path, each, inside)]
            used |= set(mine)
            if mine:
                faulty.append((each, faults[mine[0]]))
            else:
                sound.append(each)
        return Sorted(sound, faulty, [each for n, each in enumerate(faults) if n not in used])

    def must_be_readable(self, found: Records) -> None:
        """Raise `Malformed` where parts of an answer are no records, so that some are unknown."""
        if found.strange:
            raise Malformed(self.source, f"{self.entity.written_as}: {found.strange[0]}")

    def must_be_whole(self, *, is_cut: bool, query: str) -> None:
        """Raise `Malformed` where an answer says that there is more than can be asked for."""
        if is_cut:
            raise Malformed(
                self.source,
                f"`{query}` has more than one page: let its `after` take $cursor, ask for more at"
                " once, or ask each key by an alias of its own, with $key",
            )


@dataclass(frozen=True, slots=True)
class Sorted:
    """Records that are whole, those that are not, and the faults that are of none of them."""

    sound: Sequence[Record]
    faulty: Sequence[tuple[Record, Fault]]
    others: Sequence[Fault]


def _costs(fault: Path, record: Record, inside: str | None) -> bool:
    """Whether a fault is in a record, in all that it stands in, or in the whole it is a part of."""
    if _touches(fault, record.path):
        return True
    depth = len(record.whole)
    is_in_whole = inside is not None and fault[:depth] == record.whole
    return is_in_whole and fault[depth : depth + 1] != (inside,)


def _touches(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
