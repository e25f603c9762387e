"""Answering one batch: by key, with failures by key, or the whole list."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import (
    Answer,
    Batch,
    Key,
    Malformed,
    Refused,
    Skipped,
    SourceError,
    TimedOut,
)
from connectors.http.failure import NotFound
from connectors.http.message import Run
from connectors.mapping.page import is_enough, start
from connectors.mapping.shape import Shape, shape_of
from connectors.rest.lookup import Request, requests
from connectors.rest.narrowing import narrowed
from connectors.rest.ordering import sorting
from connectors.rest.reading import Reading, listing_question
from domain.filter import all_of


@dataclass(slots=True)
class _Part:
    """What one request gave: rows by key, or a failure for all of its keys."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    failures: dict[str, SourceError] = field(default_factory=dict)


async def fetch(reading: Reading, batch: Batch) -> Answer:
    """The answer to a batch. Raises `SourceError` where nothing of it could be answered."""
    run = Run(headers=batch.caller.headers)
    shape = shape_of(batch, reading.translation)
    if not batch.match:
        return await _whole(reading, shape, run)
    lookup = reading.entity.by[batch.match[0].removesuffix("_ref")]
    keys = [key[0] for key in batch.keys]
    until = asyncio.get_running_loop().time() + batch.timeout_s
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(reading, shape, each, run, until))
            for each in requests(lookup, keys)
        ]
    return _joined([task.result() for task in tasks], keys=keys, run=run)


def _joined(parts: list[_Part], *, keys: list[str], run: Run) -> Answer:
    failures: dict[Key, SourceError] = {
        (key,): error for part in parts for key, error in part.failures.items()
    }
    if failures and len(failures) == len(set(keys)):
        raise next(iter(failures.values()))
    return Answer(
        rows={(key,): rows for part in parts for key, rows in part.rows.items() if rows},
        failures=failures,
        skipped=tuple(each for part in parts for each in part.skipped),
        calls=run.calls,
    )


async def _whole(reading: Reading, shape: Shape, run: Run) -> Answer:
    batch, listing = shape.batch, reading.listing
    sorts = sorting(listing, batch)
    bound = start(batch)
    where = all_of([each for each in (batch.where, bound) if each is not None])
    question = listing_question(listing, {**narrowed(reading, where), **sorts})
    rows: list[tuple[Any, ...]] = []
    skipped: list[Skipped] = []
    try:
        with reading.wire.deadlines.within(batch.timeout_s):
            async for page in reading.pages(question, listing, run=run):
                some, strange = reading.rows(page, shape.columns)
                rows += some
                skipped += strange
                if sorts and is_enough(rows, batch, shape.positions):
                    break
    except TimeoutError as exc:
        raise _late(reading, shape) from exc
    return Answer(rows={(): shape.finished(rows)}, skipped=tuple(skipped), calls=run.calls)


async def _ask(reading: Reading, shape: Shape, request: Request, run: Run, until: float) -> _Part:
    try:
        left = max(0.0, until - asyncio.get_running_loop().time())
        with reading.wire.deadlines.within(left):
            return await _answered(reading, shape, request, run)
    except TimeoutError as exc:
        error: SourceError = _late(reading, shape)
        error.__cause__ = exc
    except SourceError as exc:
        error = exc
    return _Part(failures=dict.fromkeys(request.keys, error))


async def _answered(reading: Reading, shape: Shape, request: Request, run: Run) -> _Part:
    if request.problem:
        raise Refused(reading.source, request.problem)
    rows: list[tuple[Any, ...]] = []
    skipped: list[Skipped] = []
    has_pages = False
    try:
        async for page in reading.pages(request.question, request.lookup, run=run):
            has_pages = True
            some, strange = reading.rows(page, shape.mapped)
            rows += [(*row, None) for row in some] if shape.unmapped else some
            skipped += strange
    except NotFound:
        is_empty = request.lookup.how == "single" and request.lookup.when_404 == "empty"
        if has_pages or not is_empty:
            raise
    grouped = _grouped(rows, reading=reading, shape=shape, request=request)
    return _Part(rows={key: shape.finished(some) for key, some in grouped.items()}, skipped=skipped)


def _grouped(
    rows: list[tuple[Any, ...]], *, reading: Reading, shape: Shape, request: Request
) -> dict[str, list[tuple[Any, ...]]]:
    """Rows by the key that each of them names; of a single lookup also those that name none."""
    name = shape.batch.match[0]
    place = shape.positions[name]
    only = request.keys[0] if request.lookup.how == "single" else None
    grouped: dict[str, list[tuple[Any, ...]]] = {key: [] for key in request.keys}
    for row in rows:
        key = only if row[place] is None else row[place]
        if key in grouped:
            full = row if row[place] is not None else (*row[:place], key, *row[place + 1 :])
            grouped[key].append(full)
    if only is None and rows and all(row[place] is None for row in rows):
        raise Malformed(
            reading.source,
            f"{request.lookup.path}: no record tells its '{name}', so that nobody knows whose it"
            " is; check its path in the mapping",
        )
    if request.is_doubtful and not any(grouped.values()):
        raise Refused(
            reading.source,
            f"{request.lookup.path}: a key holds a comma, which the source may read as two keys;"
            " write `otherwise` with another way, such as `how: single`",
        )
    return grouped


def _late(reading: Reading, shape: Shape) -> TimedOut:
    return TimedOut(
        reading.source, f"no whole answer within the {shape.batch.timeout_s:g} s that there were"
    )
