"""A question to the store that was thought through: its statement, and all values but the keys."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

from connectors.contract import Answer, Key, Refused, Row
from connectors.native.shape import Shape, doubtful_places, storable_keys
from connectors.native.statement import Statement
from connectors.native.store import SOURCE, Store
from domain.catalogue import ENTITIES

Finish: TypeAlias = Callable[[Sequence[object]], Row]
"""What is still to be done to a row of PostgreSQL."""


class Form:
    """What all questions of one shape have in common."""

    def __init__(self, shape: Shape, statement: Statement, finish: Finish | None) -> None:
        self.text = statement.text
        self.names = statement.arguments
        # Where in the arguments the n-th fields of all keys stand.
        self.places = [(self.names.index(f"key{n}"), n) for n in range(len(shape.match))]
        self.doubtful = doubtful_places(ENTITIES[shape.entity], shape.match)
        self.answer = _reader(shape, finish)


class PreparedQuestion:
    """Asks the store one question for any keys."""

    def __init__(self, store: Store, form: Form, values: Mapping[str, object]) -> None:
        self._store = store
        self._form = form
        self._values = [values.get(name) for name in form.names]

    async def fetch(self, keys: Sequence[Key], *, timeout_s: float) -> Answer:
        """Answer with one statement; it is cancelled when the time is over."""
        form = self._form
        values = self._values
        if form.places:
            keys = storable_keys(keys, form.doubtful)
            if not keys:
                return Answer({}, calls=0)
            values = values.copy()
            for place, n in form.places:
                values[place] = [key[n] for key in keys]
        try:
            rows = await self._store.fetch(form.text, *values, timeout_s=timeout_s)
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
            raise Refused(SOURCE, f"The store cannot answer this question: {error}.") from error
        return form.answer(rows, keys)


_Read: TypeAlias = Callable[[Sequence[Sequence[Any]], Sequence[Key]], Answer]


def _reader(shape: Shape, finish: Finish | None) -> _Read:
    if shape.tail is None:
        return lambda records, keys: Answer(_numbered(records, keys, finish, width=-1))
    if shape.is_direct:
        return _direct

    def read(records: Sequence[Sequence[Any]], keys: Sequence[Key]) -> Answer:
        count = sum([record[-2] for record in records])
        return Answer(_numbered(records, keys, finish, width=-2), nested_count=count)

    return read


def _direct(records: Sequence[Sequence[Any]], _keys: Sequence[Key]) -> Answer:
    """The records by the id that each ends with."""
    rows = {(record[-1],): [record[:-2]] for record in records}
    return Answer(rows, nested_count=sum([record[-2] for record in records]))


def _numbered(
    records: Sequence[Sequence[Any]], keys: Sequence[Key], finish: Finish | None, *, width: int
) -> Mapping[Key, Sequence[Row]]:
    """The records up to `width` by their last column, the number of the key."""
    found: dict[Key, list[Row]] = {key: [] for key in keys or [()]}
    lists = list(found.values())
    for record in records:
        row = record[:width]
        lists[record[-1] - 1].append(row if finish is None else finish(row))
    return found
