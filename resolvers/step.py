"""The steps that follow relations: one batched question each, for all parents of a level."""

from collections.abc import Sequence
from typing import Any

from connectors.contract import Key, Order, Row, SourceError
from connectors.federation import Found, Question
from resolvers import cursor
from resolvers.argument import Arguments
from resolvers.place import Page, Place
from resolvers.problem import UserError
from resolvers.run import Run
from resolvers.scope import KeyOf, RowScope, Step
from resolvers.selection import Window, filter_of, order_of, window_of


class OneStep(Step):
    """A relation to at most one record."""

    def __init__(self, index: int, scope: RowScope, match: tuple[str, ...], key: KeyOf) -> None:
        super().__init__(index, {index: scope})
        self._scope = scope
        self._match = match
        self._key = key

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents; equal keys share a row."""
        keys = [self._key(parent) for parent in parents]
        wanted = [key for key in dict.fromkeys(keys) if key is not None]
        question = Question(
            entity=self._scope.entity.name, fields=self._scope.columns, match=self._match
        )
        found = await run.ask(question, wanted)
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
        match: tuple[str, ...],
        key: KeyOf,
        order: tuple[Order, ...],
    ) -> None:
        super().__init__(index, {index: scope})
        self._scope = scope
        self._match = match
        self._key = key
        self._order = order

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents."""
        question = Question(
            entity=self._scope.entity.name,
            fields=self._scope.columns,
            match=self._match,
            order=order_of(self._scope.entity, None, self._order),
        )
        spread = _Spread([self._key(parent) for parent in parents])
        found = await run.ask(question, spread.wanted)
        rows = run.rows[self.index]
        return spread.over([_put_all(rows, each) for each in found], empty=(0, 0))


class PageStep(Step):
    """A connection: a page of a list, for each parent or, without a match, of the whole entity."""

    def __init__(
        self,
        index: int,
        scope: RowScope,
        *,
        match: tuple[str, ...],
        key: KeyOf,
        arguments: Arguments,
        default_order: tuple[Order, ...],
    ) -> None:
        super().__init__(index, {index: scope})
        scope.page_index = index
        self._scope = scope
        self._match = match
        self._key = key
        self._arguments = arguments
        self._default_order = default_order

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question for all parents, for one row more than the page, to see what follows."""
        try:
            question, window = self._question(run)
        except UserError as exc:
            return [exc] * len(parents)
        spread = _Spread([self._key(parent) for parent in parents])
        found = await run.ask(question, spread.wanted)
        rows = run.rows[self.index]
        return spread.over([_put_page(rows, each, window) for each in found], empty=_EMPTY)

    def _question(self, run: Run) -> tuple[Question, Window]:
        entity = self._scope.entity
        values = self._arguments.values(run.variables)
        order = order_of(entity, values.get("orderBy"), self._default_order)
        window = window_of(entity, order, values, run.context.limits)
        fields = self._scope.columns
        if self._scope.has_cursors:
            fields = tuple(dict.fromkeys([*fields, *(each.field for each in order)]))
            positions = [fields.index(each.field) for each in order]
            run.cursors[self.index] = cursor.encoder(order, positions)
        back = window.is_backward
        question = Question(
            entity=entity.name,
            fields=fields,
            match=self._match,
            where=filter_of(entity, values.get("where")),
            order=tuple(each.reversed() for each in order) if back else order,
            limit=window.size + 1,
            after=window.before if back else window.after,
            until=window.after if back else window.before,
        )
        return question, window


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
