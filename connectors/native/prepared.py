"""A question to the store that was thought through: its statement, and all values but the keys."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import asyncpg

from connectors.contract import Answer, Key, Refused, Row
from connectors.native.gathering import Gathering
from connectors.native.shape import Shape, doubtful_places, storable_keys
from connectors.native.statement import Statement
from connectors.native.store import SOURCE, Store, late
from domain.catalogue import ENTITIES

Record: TypeAlias = Sequence[Any]
"""A row of PostgreSQL."""

Finish: TypeAlias = Callable[[Sequence[object]], Row]
"""What is still to be done to a row of PostgreSQL."""


class Form:
    """What all questions of one shape have in common.

    Where it `gathers`, what is asked for single keys is read together: `by_key` takes that apart,
    and `answer_of` is the answer to one of them.
    """

    def __init__(self, shape: Shape, statement: Statement, finish: Finish | None) -> None:
        self.text = statement.text
        self.names = statement.arguments
        # Where in the arguments the n-th fields of all keys stand.
        self.places = [(self.names.index(f"key{n}"), n) for n in range(len(shape.match))]
        self.doubtful = doubtful_places(ENTITIES[shape.entity], shape.match)
        self.answer = _reader(shape, finish)
        self.gathers = shape.is_direct or (shape.tail is None and bool(shape.match))
        self.by_key = _directly if shape.is_direct else partial(_numbered, finish=finish, width=-1)
        self.answer_of = partial(_direct, finish=finish) if shape.is_direct else _of_one


class PreparedQuestion:
    """Asks the store one question for any keys.

    Who asks for a single key while others are answered the same question waits for them, and
    is answered together with all who wait. One prepared question is asked by those only who may
    see the same: what a viewer may see is a part of its filter.
    """

    def __init__(
        self,
        store: Store,
        form: Form,
        values: Mapping[str, object],
        gathering: Gathering[Key, Sequence[Record]],
    ) -> None:
        self._store = store
        self._form = form
        self._gathering = gathering
        self._values = [values.get(name) for name in form.names]

    async def fetch(self, keys: Sequence[Key], *, timeout_s: float) -> Answer:
        """Answer with one statement; it is cancelled when the time is over."""
        form = self._form
        if form.places:
            keys = storable_keys(keys, form.doubtful)
            if not keys:
                return Answer({}, calls=0)
        if form.gathers and len(keys) == 1:
            return await self._together(keys[0], timeout_s)
        return form.answer(await self._records(keys, timeout_s), keys)

    async def _together(self, key: Key, timeout_s: float) -> Answer:
        async def run(keys: Sequence[Key]) -> Mapping[Key, Sequence[Record]]:
            # Who has little time left must not end it for the others: each keeps its own below.
            return self._form.by_key(await self._records(keys, None), keys)

        try:
            with self._store.within(timeout_s):
                found = await self._gathering.ask(self, (key,), run)
        except TimeoutError as error:
            raise late() from error
        return self._form.answer_of(found.get(key, ()), (key,))

    async def _records(self, keys: Sequence[Key], timeout_s: float | None) -> Sequence[Record]:
        form = self._form
        values = self._values
        if form.places:
            values = values.copy()
            for place, n in form.places:
                values[place] = [key[n] for key in keys]
        try:
            return await self._store.fetch(form.text, *values, timeout_s=timeout_s)
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
            raise Refused(SOURCE, f"The store cannot answer this question: {error}.") from error


_Read: TypeAlias = Callable[[Sequence[Record], Sequence[Key]], Answer]


def _reader(shape: Shape, finish: Finish | None) -> _Read:
    if shape.tail is None:
        return lambda records, keys: Answer(_numbered(records, keys, finish, width=-1))
    if shape.is_direct:
        return partial(_direct, finish=finish)

    def read(records: Sequence[Record], keys: Sequence[Key]) -> Answer:
        count = sum([record[-2] for record in records])
        return Answer(_numbered(records, keys, finish, width=-2), nested_count=count)

    return read


def _directly(records: Sequence[Record], _keys: Sequence[Key]) -> Mapping[Key, Sequence[Record]]:
    return {(record[-1],): [record] for record in records}


def _of_one(rows: Sequence[Row], keys: Sequence[Key]) -> Answer:
    return Answer({keys[0]: rows})


def _direct(records: Sequence[Record], _keys: Sequence[Key], finish: Finish | None) -> Answer:
    """The records by the id that each ends with."""
    rows = {
        (record[-1],): [record[:-2] if finish is None else finish(record[:-2])]
        for record in records
    }
    return Answer(rows, nested_count=sum([record[-2] for record in records]))


def _numbered(
    records: Sequence[Record], keys: Sequence[Key], finish: Finish | None, *, width: int
) -> Mapping[Key, Sequence[Row]]:
    """The records up to `width` by their last column, the number of the key."""
    found: dict[Key, list[Row]] = {key: [] for key in keys or [()]}
    lists = list(found.values())
    for record in records:
        row = record[:width]
        lists[record[-1] - 1].append(row if finish is None else finish(row))
    return found
