"""Questions with nests that tests put to a store with a few records."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from connectors.contract import Answer, Batch, Key, Nest, Slice, Slices
from connectors.nest import Form, Object, Piece, Relation, Scalar
from tests.connectors.native.filled import Native, fill, native

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""Records by entity."""

ADA, GRACE, OLD = (UUID(int=each) for each in (1, 2, 3))


def text(field: str) -> Scalar:
    """A field that is written as a text."""
    return Scalar(field, Form.TEXT, is_required=False)


def named(**pieces: Piece) -> Object:
    """An object with these members."""
    return Object(tuple(pieces.items()))


def nest_of(item: Object, *relations: Relation) -> Nest:
    """A nest of one object."""
    return Nest((item,), relations)


def of_customers(nest: Nest, *slices: Slice) -> Batch:
    """The question for customers by their ids."""
    return Batch(entity="customer", fields=(), match=("id",), nest=nest, slices=Slices(slices))


async def filled_with(it: Native, tables: Tables) -> None:
    """Put records into the store."""
    for entity, records in tables.items():
        await fill(it.store, entity, *records)


async def ask(it: Native, batch: Batch, *keys: Key) -> Answer:
    """What a prepared question answers."""
    return await it.connector.prepare(batch).fetch(keys, timeout_s=10)


def answered(url: str, tables: Tables, batch: Batch, *keys: Key) -> Answer:
    """What a store at `url` with these records answers."""

    async def run() -> Answer:
        async with native(url) as it:
            await filled_with(it, tables)
            return await ask(it, batch, *keys)

    return asyncio.run(run())


def texts(answer: Answer) -> Mapping[Key, Sequence[str]]:
    """The texts of the rows at each key."""
    return {key: [_decoded(row[-1]) for row in rows] for key, rows in answer.rows.items()}


def _decoded(made: object) -> str:
    assert isinstance(made, bytes)
    return made.decode()
