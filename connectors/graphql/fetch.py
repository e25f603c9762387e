"""Answering one batch: by key, with failures by key, or the whole list."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.contract import Answer, Batch, Key, Skipped, SourceError, TimedOut
from connectors.graphql.listing import pages
from connectors.graphql.lookup import Ask, Errand, Keys, Part, by_aliases, by_list
from connectors.graphql.options import Place
from connectors.graphql.reading import Reading
from connectors.graphql.value import asked_keys, narrowed, sorting
from connectors.http.message import Run
from connectors.mapping.page import is_enough
from connectors.mapping.shape import Shape, shape_of

_BEYOND = 3
"""How many more rows than wanted are asked for, to see that the order goes on behind them."""


async def fetch(reading: Reading, batch: Batch) -> Answer:
    """The answer to a batch. Raises `SourceError` where nothing of it could be answered."""
    run, shape = Run(headers=batch.caller.headers), shape_of(batch, reading.translation)
    if not batch.match:
        return await _whole(reading, shape, run)
    lookup = reading.entity.by[batch.match[0].removesuffix("_ref")]
    errand = Errand(
        reading=reading,
        shape=shape,
        lookup=lookup,
        given=_given(reading, lookup, batch, is_by_key=True),
        run=run,
        until_s=asyncio.get_running_loop().time() + batch.timeout_s,
    )
    keys = asked_keys(lookup, [key[0] for key in batch.keys])
    ask: Ask = by_aliases if lookup.is_aliased else by_list
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_part(errand, ask, some)) for some in _cut(keys, lookup.most_keys)
        ]
    return _joined([task.result() for task in tasks], shape, asked_count=len(keys), run=run)


def _cut(keys: Keys, most: int) -> Iterator[Keys]:
    """The keys in parts that fit into one request."""
    names = list(keys)
    for place in range(0, len(names), most):
        yield {key: keys[key] for key in names[place : place + most]}


async def _part(errand: Errand, ask: Ask, keys: Keys) -> Part:
    """What became of some keys; a failure of all of them is one for each."""
    part = Part()
    try:
        with errand.reading.endpoint.wire.deadlines.within(errand.left_s):
            return await ask(errand, keys)
    except TimeoutError as exc:
        error: SourceError = _late(errand.reading, errand.shape)
        error.__cause__ = exc
    except SourceError as exc:
        error = exc
    part.fail(keys, error)
    return part


def _joined(parts: list[Part], shape: Shape, *, asked_count: int, run: Run) -> Answer:
    failures: dict[Key, SourceError] = {
        (key,): error for part in parts for key, error in part.failures.items()
    }
    if failures and len(failures) == asked_count:
        raise next(iter(failures.values()))
    rows = {(key,): some for part in parts for key, some in part.rows.items() if some}
    return Answer(
        rows={key: shape.finished(some) for key, some in rows.items() if key not in failures},
        failures=failures,
        skipped=tuple(each for part in parts for each in part.skipped),
        calls=run.calls,
    )


async def _whole(reading: Reading, shape: Shape, run: Run) -> Answer:
    batch, place = shape.batch, reading.listing
    given = _given(reading, place, batch, is_by_key=False)
    asked = reading.asked(place, shape.mapped)
    until_s = asyncio.get_running_loop().time() + batch.timeout_s
    rows: list[tuple[Any, ...]] = []
    skipped: list[Skipped] = []
    try:
        with reading.endpoint.wire.deadlines.within(batch.timeout_s):
            async for page in pages(reading, asked, given, run, until_s=until_s):
                found = reading.records(page.things)
                some = reading.sorted_by_faults(found, page.faults)
                more, unread = reading.rows(some.sound, shape.mapped)
                rows += more
                skipped += [*unread, *reading.unread(found, some)]
                if sorting(place, batch) and is_enough(rows, batch, shape.positions):
                    break
    except TimeoutError as exc:
        raise _late(reading, shape) from exc
    return Answer(rows={(): shape.finished(rows)}, skipped=tuple(skipped), calls=run.calls)


def _given(reading: Reading, place: Place, batch: Batch, *, is_by_key: bool) -> Mapping[str, Any]:
    """The variables that are the same for all pages and keys of a question."""
    given = narrowed(place, batch, reading.translation)
    is_plain = batch.where is None and batch.after is None and batch.until is None
    is_sorted = bool(sorting(place, batch)) and not (is_by_key and "keys" in place.call.variables)
    if batch.limit is not None and is_plain and is_sorted and reading.each is None:
        given["size"] = min(place.size, batch.limit + _BEYOND)
    return given


def _late(reading: Reading, shape: Shape) -> TimedOut:
    return TimedOut(
        reading.source, f"no whole answer within the {shape.batch.timeout_s:g} s that there were"
    )
