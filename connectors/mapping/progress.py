"""How far a scan is, for sources that are asked what changed since a time.

A cursor inside a scan says on which page to go on; the one of its last page says since when the
next scan asks: the latest change that was seen, but not later than the scan began, because pages
that were already read may have changed behind it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Cursor
from connectors.mapping.expression import Expression
from connectors.mapping.getter import Get
from connectors.mapping.rule import value
from connectors.mapping.translation import Translation
from connectors.mapping.value import Unreadable
from domain.entity import Field, FieldType

_UNITS = frozenset({"seconds", "milliseconds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a scan is: what it asks for, when it began, what it saw, and the page to go on."""

    started: datetime
    since: datetime | None = None
    latest: datetime | None = None
    position: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, cursor: Cursor | None, *, now: datetime) -> "Progress":
        """The progress that a cursor tells of; without one, the beginning."""
        found = cursor or {}
        times = {
            name: datetime.fromisoformat(found[name])
            for name in ("since", "latest", "started")
            if found.get(name)
        }
        if found.get("position") is None:
            return cls(started=now, since=times.get("since"))
        return cls(**({"started": now} | times), position=found["position"])

    def from_its_first_page(self) -> "Progress":
        """The same scan, read from its first page."""
        return replace(self, position=None)

    def cursor(self, *, tells_changes: bool) -> Cursor | None:
        """From where the next scan goes on; `None` where it has to read everything."""
        if self.position is not None:
            return self._inside()
        return self._at_end() if tells_changes else None

    def _inside(self) -> Cursor:
        times = {"started": self.started, "since": self.since, "latest": self.latest}
        texts = {name: each.isoformat() for name, each in times.items() if each is not None}
        return texts | {"position": dict(self.position or {})}

    def _at_end(self) -> Cursor | None:
        seen = self.since if self.latest is None else min(self.latest, self.started)
        return None if seen is None else {"since": seen.isoformat()}

    def seeing(self, raws: Iterable[Mapping[str, Any]], changed: Get | None) -> "Progress":
        """The progress after these records; without `changed`, all we know is when we asked."""
        if changed is None:
            return replace(self, latest=self.started)
        times = [self.latest, *_times(raws, changed)]
        return replace(self, latest=max((each for each in times if each is not None), default=None))


def _times(raws: Iterable[Mapping[str, Any]], changed: Get) -> list[datetime | None]:
    times: list[datetime | None] = []
    for raw in raws:
        try:
            times.append(changed(raw))
        except Unreadable:
            times.append(None)  # The record itself is still read; only the mark is not moved.
    return times


def written(moment: datetime, how: str) -> str:
    """A time as a source wants it: `iso`, `seconds`, `milliseconds`, or a strftime format; UTC."""
    moment = moment.astimezone(UTC)
    match how:
        case "iso":
            return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        case "seconds":
            return str(int(moment.timestamp()))
        case "milliseconds":
            return str(int(moment.timestamp()) * 1000)
    return moment.strftime(how)


def changed_at(translation: Translation, how: str) -> Get | None:
    """Takes the time of the last change out of a record; numbers are in the unit of `how`."""
    path = translation.mapping.changed
    if path is None:
        return None
    expression = Expression.model_validate({"from": path, "unit": how if how in _UNITS else None})
    field = Field("changed", FieldType.DATETIME, required=False)
    return value(field, expression, translation.setting)
