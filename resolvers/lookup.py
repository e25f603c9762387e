"""Steps that find records by what a client names: an id, an e-mail address, a source's record."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from connectors.contract import Key, SourceError
from resolvers import identifier
from resolvers.argument import Arguments, ArgumentValues
from resolvers.context import Context
from resolvers.place import Place
from resolvers.problem import UserError
from resolvers.run import Run
from resolvers.scope import RowScope, Step
from resolvers.step import keyed, put_one

Target: TypeAlias = tuple[tuple[str, ...], Key] | None
"""By which fields to look, and for which key; none where there can be no such record."""

Lookup: TypeAlias = Callable[[Context, ArgumentValues], Awaitable[Target]]
"""Finds out what the arguments of a field name."""


class LookupStep(Step):
    """The one record that the arguments of a root field name."""

    def __init__(self, index: int, scope: RowScope, arguments: Arguments, lookup: Lookup) -> None:
        super().__init__(index, {index: scope})
        self._scope = scope
        self._arguments = arguments
        self._lookup = lookup

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Place]:
        """One question, for one key."""
        try:
            target = await self._lookup(run.context, self._arguments.values(run.variables))
        except (UserError, SourceError) as exc:
            return [exc] * len(parents)
        if target is None:
            return [None] * len(parents)
        match, key = target
        (found,) = await run.ask(keyed(self._scope, match, run), [key], below=self.below)
        if isinstance(found, SourceError):
            return [found] * len(parents)
        if len(found.rows) > 1:
            return [_ambiguous(len(found.rows), self._scope.entity.name)] * len(parents)
        return [put_one(run.rows[self.index], found)] * len(parents)


class NodeStep(Step):
    """Records by their global ids, of any type: one question per type."""

    def __init__(
        self,
        index: int,
        scopes: Mapping[str, RowScope],
        indexes: Mapping[str, int],
        arguments: Arguments,
        *,
        is_list: bool,
    ) -> None:
        super().__init__(index, {indexes[name]: scope for name, scope in scopes.items()})
        self._scopes = scopes
        self._indexes = indexes
        self._arguments = arguments
        self._is_list = is_list

    async def places(self, run: Run, parents: Sequence[Any]) -> list[Any]:
        """For the one parent: a place, or with `is_list` a list of places in the ids' order."""
        try:
            values = self._arguments.values(run.variables)
            ids = values["ids"] if self._is_list else [values["id"]]
            _must_be_few(ids, run.context.limits.max_first)
        except UserError as exc:
            return [exc] * len(parents)
        targets = [self._target(each) for each in ids]
        keys: dict[str, dict[Key, None]] = {name: {} for name in self._scopes}
        for target in targets:
            if not isinstance(target, UserError):
                keys[target[0]][target[1]] = None
        answers = await asyncio.gather(
            *(self._of_type(run, name, list(wanted)) for name, wanted in keys.items() if wanted)
        )
        found = {target: place for each in answers for target, place in each.items()}
        places = [each if isinstance(each, UserError) else found[each] for each in targets]
        return [places if self._is_list else places[0]] * len(parents)

    def _target(self, text: str) -> tuple[str, Key] | UserError:
        try:
            named = identifier.decode(text)
            scope = self._scopes.get(named.type_name)
            if scope is None:
                return UserError(f"There is no type '{named.type_name}' with an id.")
            if scope.entity.key == ("id",):
                key: tuple[UUID] | tuple[str, str] = identifier.customer_key(named)
            else:
                key = identifier.record_key(named, named.type_name)
        except UserError as exc:
            return exc
        return named.type_name, key

    async def _of_type(self, run: Run, type_name: str, keys: list[Key]) -> dict[Any, Any]:
        scope = self._scopes[type_name]
        rows = run.rows[self._indexes[type_name]]
        places: dict[Any, Any] = {}
        answers = await run.ask(keyed(scope, scope.entity.key, run), keys, below=self.below)
        for key, found in zip(keys, answers, strict=True):
            place = found if isinstance(found, SourceError) else put_one(rows, found)
            places[type_name, key] = (type_name, place) if isinstance(place, int) else place
        return places


def _ambiguous(count: int, entity: str) -> UserError:
    return UserError(
        f"{count} {entity}s have this in common, so that it does not say which one is meant; use"
        " something that only one of them has, such as the `id`."
    )


def _must_be_few(ids: Sequence[str], most: int) -> None:
    if len(ids) > most:
        raise UserError(f"Ask for at most {most} ids at once.")
