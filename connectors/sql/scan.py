"""Scans: all records by key, or what changed since a cursor, in pages that can be resumed.

A cursor is one of
- `{"key": […]}`: in the middle of a scan of everything, after this key;
- `{"changed": …, "key": […]}`: in the middle of a scan of changes, after this time and key;
- `{"changed": …}`: a scan came to its end; the next begins with this time, including it, because
  more records may have changed in the same instant.
Records whose `changed` is missing are read in every scan, before the others; while this lasts, the
cursor has `blank`, the last key of them.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa

from connectors.contract import Change, ChangePage, Cursor, Op, Skipped
from connectors.errors import Misconfigured
from connectors.sql.column import Clause, Column, Family
from connectors.sql.failure import sorted_failures
from connectors.sql.options import SqlOptions
from connectors.sql.push import Push, past
from connectors.sql.statement import Select, selected


class Source(Protocol):
    """What a scan needs of the connector."""

    name: str
    options: SqlOptions
    now: Callable[[], datetime]

    async def push(self, entity: str) -> Push:
        """The entity with its table."""
        ...

    async def raws(
        self, push: Push, statement: Select, columns: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The records that a statement gives."""
        ...


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a scan has come: the phase of blank `changed`, then by `changed` and key."""

    is_blank: bool
    blank: tuple[Any, ...] | None = None
    changed: Any = None
    key: tuple[Any, ...] | None = None


async def pages(source: Source, entity: str, since: Cursor | None) -> AsyncIterator[ChangePage]:
    """The pages of a scan, oldest change first."""
    with sorted_failures(source.name):
        push = await source.push(entity)
        place = _place(source.name, push, since)
        total = await _count(source, push) if since is None else None
        skipped = await _keyless(source, push)
    while True:
        with sorted_failures(source.name):
            page, following = await _page(source, push, place)
        yield replace(page, total=total, skipped=(*skipped, *page.skipped))
        if following is None:
            return
        place, skipped = following, ()


def _place(source: str, push: Push, since: Cursor | None) -> _Place:
    changed = _changed(push)
    has_blanks = changed is not None and changed.is_nullable
    if since is None:
        return _Place(is_blank=has_blanks)
    try:
        is_fresh = "changed" in since and "key" not in since
        return _Place(
            is_blank="blank" in since or (is_fresh and has_blanks),
            blank=_decoded_key(since.get("blank")),
            changed=_decoded(since.get("changed")),
            key=_decoded_key(since.get("key")),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Misconfigured(
            source, "the stored place of the last pull cannot be read; pull this source afresh"
        ) from None


async def _page(source: Source, push: Push, place: _Place) -> tuple[ChangePage, _Place | None]:
    size = source.options.page_size
    changed = push.translation.mapping.changed
    fields = push.translation.scan_fields
    columns = tuple(
        dict.fromkeys([*push.translation.raws(fields), *([changed] if changed else [])])
    )
    statement = _statement(push, place, columns).limit(size)
    raws = await source.raws(push, statement, columns)
    rows, skipped = push.translation.read(raws, fields, observed_at=source.now())
    following = _following(push, place, raws, is_full=len(raws) == size)
    page = ChangePage(
        fields=fields,
        changes=[Change(str(row[fields.index("record_id")]), row) for row in rows],
        cursor=_cursor(
            push,
            place if following is None else following,
            is_done=following is None,
            last=raws[-1] if raws else None,
        ),
        skipped=tuple(skipped),
    )
    return page, following


def _statement(push: Push, place: _Place, columns: Sequence[str]) -> Select:
    changed = _changed(push)
    where: list[Clause] = [each.clause.is_not(None) for each in push.keys]
    order = [each.exact for each in push.keys]
    if changed is None or place.is_blank:
        where += [] if changed is None else [changed.clause.is_(None)]
        after = place.key if changed is None else place.blank
        where += [] if after is None else [_past(push.keys, after)]
    else:
        where += [changed.clause.is_not(None), *_since(push, changed, place)]
        order.insert(0, changed.exact)
    return selected(push, columns).where(*where).order_by(*order)


def _since(push: Push, changed: Column, place: _Place) -> list[Clause]:
    if place.changed is None:
        return []
    value = _bound(changed, place.changed)
    if place.key is None:
        return [changed.exact >= value]
    return [_past([changed, *push.keys], (place.changed, *place.key))]


def _past(columns: Sequence[Column], values: Sequence[Any]) -> Clause:
    bounds = [_bound(column, value) for column, value in zip(columns, values, strict=True)]
    return past(columns, Op.GT, bounds)


def _bound(column: Column, value: Any) -> Clause:
    """A raw value as the database gave it, for comparing with the same column."""
    match value:
        case str() if column.family is Family.TEXT:
            return column.bound(value)
        case datetime() if column.dialect == "mysql":
            return sa.literal(value.replace(tzinfo=None), sa.DateTime())
        case datetime():
            return sa.literal(value, sa.DateTime(timezone=value.tzinfo is not None))
        case int():
            return sa.literal(value, sa.BigInteger())
    return sa.literal(value)


def _changed(push: Push) -> Column | None:
    name = push.translation.mapping.changed
    return push.table.columns[name] if name else None


def _following(
    push: Push, place: _Place, raws: Sequence[Mapping[str, Any]], *, is_full: bool
) -> _Place | None:
    changed = push.translation.mapping.changed
    if not is_full:
        return replace(place, is_blank=False, blank=None) if place.is_blank else None
    key = _native_key(push, raws[-1])
    if place.is_blank:
        return replace(place, blank=key)
    return _Place(False, changed=raws[-1][changed] if changed else None, key=key)


def _native_key(push: Push, raw: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(raw[each.name] for each in push.keys)


def _cursor(
    push: Push, place: _Place, *, is_done: bool, last: Mapping[str, Any] | None
) -> Cursor | None:
    changed = push.translation.mapping.changed
    if changed is None:
        return None if is_done else {"key": _encoded_key(place.key)}
    latest = last[changed] if is_done and last is not None else place.changed
    cursor: dict[str, Any] = {} if latest is None else {"changed": _encoded(latest)}
    if not is_done and place.key is not None:
        cursor["key"] = _encoded_key(place.key)
    if not is_done and place.blank is not None:
        cursor["blank"] = _encoded_key(place.blank)
    return cursor or None


async def _count(source: Source, push: Push) -> int:
    statement = sa.select(sa.func.count()).select_from(push.table.origin)
    (found,) = await source.raws(push, statement, ("count",))
    return int(found["count"])


async def _keyless(source: Source, push: Push) -> tuple[Skipped, ...]:
    nullable = [each.clause.is_(None) for each in push.keys if each.is_nullable]
    if not nullable:
        return ()
    statement = sa.select(sa.func.count()).select_from(push.table.origin).where(sa.or_(*nullable))
    (found,) = await source.raws(push, statement, ("count",))
    names = ", ".join(f"'{each.name}'" for each in push.keys)
    reason = f"{push.translation.mapping.written_as}: a record without a key: {names} is missing"
    return (Skipped(None, reason),) * int(found["count"])


def in_utc(value: Any) -> Any:
    """A time that the database gives in UTC without saying so."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


_DECODERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "decimal": Decimal,
        "uuid": UUID,
    }
)


def _encoded_key(key: Sequence[Any] | None) -> list[Any]:
    return [_encoded(each) for each in key or ()]


def _decoded_key(key: Sequence[Any] | None) -> tuple[Any, ...] | None:
    return None if key is None else tuple(_decoded(each) for each in key)


def _encoded(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    kind = type(value).__name__.lower()
    return {kind: value.isoformat() if isinstance(value, date) else str(value)}


def _decoded(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((kind, text),) = value.items()
    return _DECODERS[kind](text)
