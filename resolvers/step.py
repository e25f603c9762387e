"""The steps that follow relations: one batched question each, for all parents of a level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import (
    Bound,
    Filter,
    Key,
    Nest,
    Order,
    Row,
    Slice,
    Slices,
    SourceError,
)
from connectors.federation import Found, Question
from connectors.nest import NO_SLICES
from resolvers import cursor
from resolvers.argument import Arguments
from resolvers.place import Page, Place
from resolvers.problem import UserError
from resolvers.run import Run
from resolvers.scope import Fused, KeyOf, RowScope, Step
from resolvers.selection import Limits, Window, filter_of, order_of, window_of


@dataclass(frozen=True, slots=True)
class Link:
    """What ties rows to a parent: their fields `match` equal the parent's `key`.

    `read` reads the key from a parent.
    """

    match: tuple[str, ...]
    key: tuple[str, ...]
    read: KeyOf


WHOLE: Final = Slice()
"""All that there is, in no order."""


class OneStep(Step):
    """A relation to at most one record."""

    def __init__(self, index: int, scope: RowScope, link: Link) -> None:
        super().__init__(index, {index: scope})
        self._scope = scope
        self.link = link

    is_constant = True

    def slice(self, _run: Run) -> Slice:
        """There is at most one row to want."""
        return WHOLE

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents; equal keys share a row."""
        keys = [self.link.read(parent) for parent in parents]
        wanted = [key for key in dict.fromkeys(keys) if key is not None]
        found = await run.ask(keyed(self._scope, self.link.match, run), wanted, below=self.below)
        rows = run.rows[self.index]
        placed: dict[Key | None, Place] = {}
        for key, each in zip(wanted, found, strict=True):
            placed[key] = each if isinstance(each, SourceError) else put_one(rows, each)
        return [placed.get(key) for key in keys]


class ManyStep(Step):
    """A relation to a short list of records that is not paged."""

    def __init__(
        self,
        index: int,
        scope: RowScope,
        link: Link,
        order: tuple[Order, ...],
    ) -> None:
        super().__init__(index, {index: scope})
        self._scope = scope
        self.link = link
        self._order = order_of(scope.entity, None, order)

    is_constant = True

    def slice(self, _run: Run) -> Slice:
        """All rows."""
        return Slice(order=self._order)

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents."""
        nest, slices = nested(self._scope, run)
        question = Question(
            entity=self._scope.entity.name,
            fields=self._scope.columns,
            match=self.link.match,
            order=self._order,
            nest=nest,
            slices=slices,
        )
        spread = _Spread([self.link.read(parent) for parent in parents])
        found = await run.ask(question, spread.wanted, below=self.below)
        rows = run.rows[self.index]
        return spread.over([_put_all(rows, each) for each in found], empty=(0, 0))


class PageStep(Step):
    """A connection: a page of a list, for each parent or, without a match, of the whole entity."""

    def __init__(
        self,
        index: int,
        scope: RowScope,
        link: Link,
        *,
        arguments: Arguments,
        default_order: tuple[Order, ...],
    ) -> None:
        super().__init__(index, {index: scope})
        scope.page = self
        self._scope = scope
        self.link = link
        self._arguments = arguments
        self._default_order = default_order
        self._kept: tuple[Limits, _Wanted] | None = None

    @property
    def is_constant(self) -> bool:
        """Whether no argument holds a variable."""
        return self._arguments.is_constant

    def order(self, run: Run) -> tuple[Order, ...]:
        """The order in which the rows of the page stand."""
        wanted = self._wanted(run)
        return _reversed(wanted.order) if wanted.window.is_backward else wanted.order

    def slice(self, run: Run) -> Slice:
        """The page; raises `UserError` where the arguments are wrong."""
        wanted = self._wanted(run)
        return Slice(
            where=wanted.where,
            order=wanted.order,
            limit=wanted.window.size,
            after=wanted.after,
            until=wanted.until,
            is_backward=wanted.window.is_backward,
        )

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents, for one row more than the page, to see what follows."""
        fusion = self._scope.fusion
        if fusion is not None and fusion.is_page:
            return await self._whole(run, parents, fusion)
        try:
            wanted = self._wanted(run)
            question = self._question(wanted, run)
        except UserError as exc:
            return [exc] * len(parents)
        spread = _Spread([self.link.read(parent) for parent in parents])
        found = await run.ask(question, spread.wanted, below=self.below)
        rows = run.rows[self.index]
        window = wanted.window
        return spread.over([_put_page(rows, each, window) for each in found], empty=_EMPTY)

    async def _whole(self, run: Run, parents: Sequence[Any], fusion: Fused) -> list[Place]:
        """One row, whose text is that of the page."""
        question = Question(
            entity=self._scope.entity.name,
            fields=(),
            nest=fusion.nest,
            slices=fusion.slices(run),
        )
        (found,) = await run.ask(question, [()], below=self.below)
        if isinstance(found, SourceError):
            return [found] * len(parents)
        rows = run.rows[self.index]
        rows.extend(found.rows)
        page = Page(len(rows) - 1, len(rows), has_next_page=False, has_previous_page=False)
        return [page] * len(parents)

    def _question(self, wanted: "_Wanted", run: Run) -> Question:
        fields = self._scope.columns
        if self._scope.has_cursors:
            order = self.order(run)
            fields = tuple(dict.fromkeys([*fields, *(each.field for each in order)]))
            positions = [fields.index(each.field) for each in order]
            run.cursors[self.index] = cursor.encoder(order, positions)
        nest, slices = nested(self._scope, run)
        return Question(
            entity=self._scope.entity.name,
            fields=fields,
            match=self.link.match,
            where=wanted.where,
            order=wanted.order,
            limit=wanted.window.size + 1,
            after=wanted.after,
            until=wanted.until,
            nest=nest,
            slices=slices,
        )

    def _wanted(self, run: Run) -> "_Wanted":
        """What the arguments ask for; where they are constant, thought about once."""
        limits = run.context.limits
        if self._kept is not None and self._kept[0] is limits:
            return self._kept[1]
        wanted = self._read(run)
        if self.is_constant:
            self._kept = limits, wanted
        return wanted

    def _read(self, run: Run) -> "_Wanted":
        entity = self._scope.entity
        values = self._arguments.values(run.variables)
        order = order_of(entity, values.get("orderBy"), self._default_order)
        window = window_of(entity, order, values, run.context.limits)
        back = window.is_backward
        return _Wanted(
            where=filter_of(entity, values.get("where")),
            order=_reversed(order) if back else order,
            window=window,
            after=window.before if back else window.after,
            until=window.after if back else window.before,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A page in the direction in which it is read: from its end, where it is read backward."""

    where: Filter | None
    order: tuple[Order, ...]
    window: Window
    after: Bound | None
    until: Bound | None


def _reversed(order: tuple[Order, ...]) -> tuple[Order, ...]:
    return tuple(each.reversed() for each in order)


def nested(scope: RowScope, run: Run) -> tuple[Nest | None, Slices]:
    """What hangs on the rows of a scope, where they bring it along."""
    fusion = scope.fusion
    return (None, NO_SLICES) if fusion is None else (fusion.nest, fusion.slices(run))


def keyed(scope: RowScope, match: tuple[str, ...], run: Run) -> Question:
    """The question for the rows of a scope whose fields `match` keys."""
    nest, slices = nested(scope, run)
    return Question(
        entity=scope.entity.name, fields=scope.columns, match=match, nest=nest, slices=slices
    )


class _Spread:
    """Keys of parents asked once each, and the answers spread over the parents again."""

    def __init__(self, keys: Sequence[Key | None]) -> None:
        self._keys = keys
        self.wanted = [key for key in dict.fromkeys(keys) if key is not None]

    def over(self, answers: Sequence[Place], *, empty: Place) -> list[Place]:
        by_key: dict[Key | None, Place] = dict(zip(self.wanted, answers, strict=True))
        return [by_key.get(key, empty) for key in self._keys]


_EMPTY = Page(0, 0, has_next_page=False, has_previous_page=False)


def key_of_root(_parent: object) -> Key:
    """The key under which the whole of an entity answers."""
    return ()


def put_one(rows: list[Row], found: Found) -> Place:
    """Keep the first row; where there is none, the failure of a source that may have it."""
    if found.rows:
        rows.append(found.rows[0])
        return len(rows) - 1
    return found.missing[0] if found.missing else None


def _put_all(rows: list[Row], found: Found | SourceError) -> Place:
    """Keep all rows; a list that is not paged cannot say that it is incomplete, so it fails."""
    if isinstance(found, SourceError):
        return found
    if found.missing:
        return found.missing[0]
    start = len(rows)
    rows.extend(found.rows)
    return start, len(rows)


def _put_page(rows: list[Row], found: Found | SourceError, window: Window) -> Place:
    if isinstance(found, SourceError):
        return found
    start = len(rows)
    more = len(found.rows) > window.size
    kept = found.rows[: window.size]
    rows.extend(reversed(kept) if window.is_backward else kept)
    bounds = (
        (window.before is not None, more)
        if window.is_backward
        else (more, window.after is not None)
    )
    return Page(start, len(rows), *bounds, found.missing)
