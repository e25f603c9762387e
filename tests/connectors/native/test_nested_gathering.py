"""Prepared questions for single customers that come while others are under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest

from connectors.contract import Answer, Batch, Compare, Misconfigured, Op, Prepared, TimedOut
from tests.connectors.native.filled import Native, fill, native
from tests.connectors.native.logged import until_somebody_waits
from tests.connectors.native.nested import named, nest_of, of_customers, text, texts

_COUNT = 40
_NAMES = of_customers(nest_of(named(n=text("name"))))
_WAITING = (
    "SELECT FROM pg_stat_activity AS a"
    " WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'"
)


def _story(url: str, story: Callable[[Native], Awaitable[None]]) -> None:
    async def run() -> None:
        async with native(url) as it:
            people = [{"id": UUID(int=n), "name": f"n{n}"} for n in range(_COUNT)]
            await fill(it.store, "customer", *people)
            await asyncio.wait_for(story(it), 30)

    asyncio.run(run())


@asynccontextmanager
async def _locked(it: Native, *, then: str = "") -> AsyncIterator[None]:
    """While nobody can read customers; at the end something is done to their table."""
    async with it.store.transaction() as connection:
        await connection.execute("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
        yield
        if then:
            await connection.execute(then)


def _ask(prepared: Prepared, number: int, *, timeout_s: float = 30) -> asyncio.Task[Answer]:
    return asyncio.create_task(_asked(prepared, number, timeout_s))


async def _asked(prepared: Prepared, number: int, timeout_s: float) -> Answer:
    return await prepared.fetch([(UUID(int=number),)], timeout_s=timeout_s)


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def _until_nobody_waits(it: Native) -> None:
    while True:
        if not await it.store.fetch(_WAITING):
            return
        await asyncio.sleep(0)


def _groups(it: Native) -> list[list[int]]:
    """The numbers of the customers that each statement so far was about."""
    return [
        [each.int for each in values[0]]  # type: ignore[attr-defined]  # the keys come first
        for statement, values in it.store.asked
        if "customer AS r" in statement
    ]


def test_a_failure_reaches_all_who_shared_the_statement(database_url: str) -> None:
    """And nobody later: the next question is asked anew."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        async with _locked(it, then="ALTER TABLE customer RENAME TO elsewhere"):
            tasks = [_ask(prepared, n) for n in range(5)]
            await until_somebody_waits(it)
        failures = await asyncio.gather(*tasks, return_exceptions=True)
        async with it.store.connection() as connection:
            await connection.execute("ALTER TABLE elsewhere RENAME TO customer")

        assert [type(each) for each in failures] == [Misconfigured] * 5
        assert _groups(it) == [[0], [1], [2, 3, 4]]
        assert texts(await _ask(prepared, 2)) == {(UUID(int=2),): ['{"n":"n2"}']}

    _story(database_url, story)


def test_many_questions_at_once_take_few_statements(database_url: str) -> None:
    """Two go out alone, the others in groups; everybody gets its own customer, or nobody."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        async with _locked(it):
            tasks = [_ask(prepared, n) for n in (*range(_COUNT), _COUNT + 1, 7)]
            await until_somebody_waits(it)
        answers = await asyncio.gather(*tasks)

        for n, answer in enumerate(answers[:_COUNT]):
            assert texts(answer) == {(UUID(int=n),): [f'{{"n":"n{n}"}}']}
        assert [texts(each) for each in answers[_COUNT:]] == [
            {},
            {(UUID(int=7),): ['{"n":"n7"}']},
        ]
        assert [len(each) for each in _groups(it)] == [1, 1, 32, 8]

    _story(database_url, story)


@pytest.mark.parametrize(
    "other",
    [
        replace(_NAMES, nest=nest_of(named(n=text("name")))),
        replace(_NAMES, where=Compare("name", Op.NE, "n1")),
        _NAMES,
    ],
)
def test_questions_that_were_prepared_apart_never_share(database_url: str, other: Batch) -> None:
    """Another nest, another filter, or just another viewer: their statements stay apart."""

    async def story(it: Native) -> None:
        one, two = it.connector.prepare(_NAMES), it.connector.prepare(other)
        async with _locked(it):
            tasks = [_ask(each, n) for n in range(4) for each in (one, two)]
            await until_somebody_waits(it)
        found = [texts(each) for each in await asyncio.gather(*tasks)]

        assert sorted(_groups(it)) == [[0], [0], [1], [1], [2, 3], [2, 3]]
        missing = {} if other.where else {(UUID(int=1),): ['{"n":"n1"}']}
        assert found[3] == missing

    _story(database_url, story)


def test_several_keys_at_once_wait_for_nobody(database_url: str) -> None:
    """They are a statement of their own, in which each key is asked once."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        keys = [(UUID(int=n),) for n in (3, 4, 3)]
        async with _locked(it):
            tasks = [_ask(prepared, n) for n in range(2)]
            several = asyncio.create_task(_fetched(prepared, keys))
            await until_somebody_waits(it)
        await asyncio.gather(*tasks)

        assert texts(await several) == {
            (UUID(int=3),): ['{"n":"n3"}'],
            (UUID(int=4),): ['{"n":"n4"}'],
        }
        assert _groups(it) == [[0], [1], [3, 4]]

    _story(database_url, story)


async def _fetched(prepared: Prepared, keys: Sequence[tuple[UUID]]) -> Answer:
    return await prepared.fetch(keys, timeout_s=30)


@pytest.mark.parametrize("gone", [0, 2, 3])
def test_who_is_cancelled_leaves_the_others_their_answer(database_url: str, gone: int) -> None:
    """Whether it went out alone, or waited with others, first or last of them."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        async with _locked(it):
            tasks = [_ask(prepared, n) for n in range(4)]
            await until_somebody_waits(it)
            tasks[gone].cancel()
            await asyncio.wait([tasks[gone]])
        found = await asyncio.gather(*tasks, return_exceptions=True)

        assert isinstance(found.pop(gone), asyncio.CancelledError)
        for answer in found:
            assert isinstance(answer, Answer)
            assert len(texts(answer)) == 1

    _story(database_url, story)


@pytest.mark.parametrize("hurried", [2, 3])
def test_a_deadline_passes_for_the_one_who_has_it(database_url: str, hurried: int) -> None:
    """Not for those who share its statement, whoever of them came first."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        async with _locked(it):
            tasks = [_ask(prepared, n, timeout_s=1 if n == hurried else 30) for n in range(4)]
            await until_somebody_waits(it)
            # That makes room for the statement that the last two share.
            tasks[0].cancel()
            with pytest.raises(TimedOut):
                await tasks[hurried]
            await asyncio.wait(tasks[1:], timeout=0.2)
        patient = 5 - hurried

        assert texts(await tasks[patient]) == {(UUID(int=patient),): [f'{{"n":"n{patient}"}}']}
        assert _groups(it) == [[0], [1], [2, 3]]

    _story(database_url, story)


def test_a_statement_that_nobody_waits_for_is_cancelled_on_the_server(database_url: str) -> None:
    """Be it one that went out alone, or one that was shared: nothing goes on without an asker."""

    async def story(it: Native) -> None:
        prepared = it.connector.prepare(_NAMES)
        async with _locked(it):
            tasks = [_ask(prepared, n, timeout_s=1) for n in range(5)]
            await until_somebody_waits(it)
            tasks[0].cancel()
            failures = await asyncio.gather(*tasks[1:], return_exceptions=True)
            await _until_nobody_waits(it)

        assert [type(each) for each in failures] == [TimedOut] * 4
        assert texts(await _ask(prepared, 4)) == {(UUID(int=4),): ['{"n":"n4"}']}

    _story(database_url, story)
