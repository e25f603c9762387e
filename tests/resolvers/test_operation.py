"""Documents: refused with a code, or kept with their plans, within bounds."""

import asyncio
import gc
import tracemalloc
import weakref
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from graphql import build_schema as schema_of

from connectors.federation import Federation
from connectors.health import HealthBoard
from connectors.memory import MemoryConnector
from resolvers.limit import DocumentLimits
from resolvers.operation import BYTES_PER_DOCUMENT, Document, DocumentCache, InvalidDocument
from resolvers.problem import UserError
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind
from schema.build import build_schema, executable
from tests.resolvers.asking import NOW, engine

SCHEMA = schema_of("type Query { a: Int, b(x: Int): Query }")
EXAMPLES = Path(__file__).parents[2] / "examples" / "queries"
T = TypeVar("T")


def _cache(max_bytes: int = 2**20, **limits: int) -> DocumentCache:
    return DocumentCache(SCHEMA, DocumentLimits(**limits), max_bytes=max_bytes)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _got(cache: DocumentCache, text: str) -> Document:
    return _run(cache.get(text))


def _code(text: str, **limits: int) -> ErrorCode:
    with pytest.raises((InvalidDocument, UserError)) as raised:
        _got(_cache(**limits), text)
    assert isinstance(raised.value, (InvalidDocument, UserError))
    return raised.value.code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "#",
        "{",
        "}",
        "{ a",
        "query",
        "null",
        "\x00",
        "查询",
        "{ a " * 3000,
        "{a(x:" + "[" * 9000,
    ],
)
def test_what_cannot_be_parsed_is_refused(text: str) -> None:
    """Also what is nested so deeply that a parser would overflow."""
    assert _code(text) is ErrorCode.GRAPHQL_PARSE_FAILED


def test_what_is_too_long_is_not_even_parsed() -> None:
    """By its characters and by its tokens."""
    assert _code("{ a }" + " " * 100, max_characters=100) is ErrorCode.GRAPHQL_PARSE_FAILED
    assert _code("{ a a a a a }", max_tokens=5) is ErrorCode.GRAPHQL_PARSE_FAILED


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ a { b } }",
        "{ a } { a }",
        "query A { a } query A { a }",
        "{ ...A } fragment A on Query { ...A }",
        "query ($x: Nothing) { a }",
    ],
)
def test_what_the_schema_does_not_allow_is_refused(text: str) -> None:
    """With the errors of the specification's validation."""
    assert _code(text) is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_a_document_of_fragments_alone_has_nothing_to_run() -> None:
    """The specification's validation finds the fragment unused before that."""
    assert _code("fragment A on Query { a }") is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_which_operation_is_meant_must_be_clear() -> None:
    """One needs no name, several do, and a name must be one of theirs."""
    one = _got(_cache(), "query A { a }")
    assert one.operation(None) is one.operation("A")
    two = _got(_cache(), "query A { a } query B { a }")
    assert two.operation("B").name is not None
    for document, name in ((one, "B"), (one, ""), (two, None), (two, "C")):
        with pytest.raises(UserError) as raised:
            document.operation(name)
        assert raised.value.code is ErrorCode.OPERATION_RESOLUTION_FAILURE


def test_a_document_is_read_once() -> None:
    """Also where many ask for it at the same time, and where it has to wait for its turn."""

    async def asked(cache: DocumentCache) -> Sequence[Document]:
        texts = ["{ a }", *["{ b { a } }"] * 300, "{ a }"]
        return await asyncio.gather(*map(cache.get, texts))

    first, *others, last = _run(asked(_cache()))
    assert first is last
    assert len(set(map(id, others))) == 1


def test_documents_that_are_read_at_once_wait_for_each_other_and_too_many_are_refused() -> None:
    """Each takes a turn of the event loop of its own, in which others are served too."""

    async def asked() -> tuple[int, int, list[str]]:
        cache, turns = _cache(), 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        served = asyncio.ensure_future(other())
        texts = [f"{{ x{n}: a }}" for n in range(300)]
        found = await asyncio.gather(*map(cache.get, texts), return_exceptions=True)
        served.cancel()
        refused = [each for each in found if isinstance(each, UserError)]
        return turns, len(found) - len(refused), [each.code for each in refused]

    turns, read, codes = _run(asked())
    assert read == 257
    assert turns >= 256
    assert codes == [ErrorCode.SERVICE_OVERLOADED] * 43


def test_requests_beyond_what_may_wait_are_told_that_there_is_too_much_to_do() -> None:
    """The others are read, planned and answered, each in its turn."""
    board = HealthBoard(lambda: NOW)
    asking = engine(Federation(MemoryConnector("native", {}), {}, modes={}, board=board))

    async def asked() -> Sequence[Result]:
        requests = [Request(query=f"{{ x{n}: me {{ name }} }}") for n in range(270)]
        return await asyncio.gather(
            *(asking.engine.execute(each, asking.context()) for each in requests)
        )

    results = _run(asked())
    kinds = [each.kind for each in results]
    # One passes at once, and waits for its plan with 255 that wait to be read.
    assert kinds == [ResultKind.EXECUTED] * 256 + [ResultKind.OVERLOADED] * 14
    assert results[255].body == b'{"data":{"x255":{"name":"anonymous"}}}'
    assert b"again in a second" in results[-1].body


def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    """Two wait for the same document; one of them is cancelled."""

    async def asked() -> Document:
        cache = _cache()
        await cache.get("{ a }")
        one, other = (asyncio.ensure_future(cache.get("{ b { a } }")) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        return await other

    assert _run(asked()).operation(None).name is None


def test_a_document_larger_than_the_cache_is_answered_all_the_same() -> None:
    """It is just not kept."""
    cache = _cache(max_bytes=10)
    assert _got(cache, "{ a }") is not _got(cache, "{ a }")
    assert cache.size == 0


def test_a_hundred_thousand_documents_leave_room_for_those_that_are_used() -> None:
    """They stay within the bytes, plans too, and push out each other only."""
    hot = [f"query Hot{n} {{ a }}" for n in range(20)]
    max_bytes = 100 * BYTES_PER_DOCUMENT * 3

    async def flooded() -> None:
        cache = _cache(max_bytes=max_bytes)
        kept = [await cache.get(each) for each in hot for _ in range(2)][::2]
        for n in range(100_000):
            document = await cache.get(f"{{ x{n}: a }}")
            if n % 10 == 0:
                document.grow(document, 20_000)
            assert cache.size <= max_bytes
        assert [await cache.get(each) for each in hot] == kept

    _run(flooded())


def test_what_was_dropped_leaves_the_memory() -> None:
    """With its plans and the functions that were written for them."""

    async def planned() -> Sequence[weakref.ref[Any]]:
        cache = DocumentCache(executable(build_schema()), DocumentLimits(), max_bytes=100_000)
        document = await cache.get("{ me { name } }")
        plan = await document.plan(document.operation(None), {})
        refs = [weakref.ref(plan.shape)]
        del document, plan
        gc.collect()
        assert all(each() for each in refs)
        for n in range(40):
            await cache.get(f"{{ x{n}: me {{ name }} }}")
        return refs

    refs = _run(planned())
    gc.collect()
    assert not any(each() for each in refs)


def test_the_bytes_are_estimated_honestly() -> None:
    """Of the examples, read and planned many times: at least what they take, at most thrice it."""
    texts = [each.read_text() for each in sorted(EXAMPLES.glob("*.graphql"))]
    texts += [
        "{ me { name } }",
        "{ customers { nodes { " + " ".join(f"x{n}: name" for n in range(99)) + " } } }",
    ]
    # This one is read by graphql-core, which keeps the tokens.
    texts += ['{ customers(after: """""") { nodes { ' + "name id " * 20 + "} } }"]
    schema = executable(build_schema())
    for text in texts:
        estimated, measured = _run(_weighed(schema, text))
        assert measured <= estimated <= 3 * measured, text


async def _weighed(schema: Any, text: str, count: int = 10) -> tuple[int, int]:
    cache = DocumentCache(schema, DocumentLimits(), max_bytes=2**30)

    async def filled(seed: str) -> None:
        for n in range(count):
            document = await cache.get(f"{text}\n# {seed}{n}")
            await document.plan(document.operation(None), {})

    # What is made once, at first use, is not a document's.
    await filled("warm")
    before = cache.size
    gc.collect()
    tracemalloc.start()
    await filled("cold")
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return cache.size - before, taken
