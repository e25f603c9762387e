"""Questions that come while others are under way go out together, and nothing gets mixed up."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from connectors.native.gathering import Gathering


class Source:
    """Answers each key with its square, when it is told to, and counts how it was asked."""

    def __init__(self, *, broken: int | None = None) -> None:
        self.calls: list[list[int]] = []
        self.cancelled: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self._broken = broken

    async def run(self, keys: Sequence[int]) -> Mapping[int, int]:
        """The squares; odd keys above 100 have none."""
        self.calls.append(list(keys))
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled.append(list(keys))
            raise
        if self._broken in keys:
            raise ConnectionError(*keys)
        return {key: key * key for key in keys if key < 100 or key % 2 == 0}


def _ask(
    gathering: Gathering[int, int], source: Source, *keys: int, lane: str = "a"
) -> "asyncio.Task[Mapping[int, int]]":
    return asyncio.create_task(_asked(gathering, source, keys, lane))


async def _asked(
    gathering: Gathering[int, int], source: Source, keys: Sequence[int], lane: str
) -> Mapping[int, int]:
    return await gathering.ask(lane, keys, source.run)


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_failure_goes_to_all_who_shared_it_and_to_nobody_else() -> None:
    """The next question is asked as if nothing had been."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source(broken=3)
        first, *shared = [_ask(gathering, source, key) for key in (1, 2, 3, 4)]
        await _settle()
        source.may_answer.set()
        results = await asyncio.gather(first, *shared, return_exceptions=True)

        assert results[0] == {1: 1}
        assert [type(each) for each in results[1:]] == [ConnectionError] * 3
        assert await gathering.ask("a", [5], source.run) == {5: 25}
        assert source.calls == [[1], [2, 3, 4], [5]]

    asyncio.run(scenario())


def test_a_question_alone_goes_out_at_once() -> None:
    """Nothing waits where nothing is under way."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        source.may_answer.set()

        for key in (1, 2, 3):
            assert await gathering.ask("a", [key], source.run) == {key: key * key}

        assert source.calls == [[1], [2], [3]]
        assert gathering._lanes == {}

    asyncio.run(scenario())


def test_equal_keys_are_asked_once() -> None:
    """Everybody gets the rows of its own keys; a key without any has none."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        asked = [_ask(gathering, source, *keys) for keys in ((1,), (2, 3), (3,), (101,), (3, 2))]
        await _settle()
        source.may_answer.set()
        found = await asyncio.gather(*asked)

        assert source.calls == [[1], [2, 3, 101]]
        assert [each.get(3) for each in found] == [None, 9, 9, 9, 9]
        assert found[3].get(101) is None

    asyncio.run(scenario())


def test_lanes_share_nothing() -> None:
    """Another statement, or another viewer, is another question."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        asked = [_ask(gathering, source, key, lane=lane) for lane in "ab" for key in (1, 2)]
        await _settle()
        assert source.calls == [[1], [1]]
        source.may_answer.set()
        await asyncio.gather(*asked)

        assert source.calls == [[1], [1], [2], [2]]
        assert gathering._lanes == {}

    asyncio.run(scenario())


def test_a_batch_has_its_limit() -> None:
    """What is beyond goes out with the next."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](max_keys=2), Source()
        asked = [_ask(gathering, source, key) for key in range(6)]
        await _settle()
        source.may_answer.set()
        await asyncio.gather(*asked)

        assert source.calls == [[0], [1, 2], [3, 4], [5]]

    asyncio.run(scenario())


def test_several_statements_of_a_lane_may_be_under_way() -> None:
    """As many as was said; only then others wait."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](max_running=2), Source()
        asked = [_ask(gathering, source, key) for key in range(5)]
        await _settle()
        assert source.calls == [[0], [1]]
        source.may_answer.set()
        await asyncio.gather(*asked)

        assert source.calls == [[0], [1], [2, 3, 4]]

    asyncio.run(scenario())


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_who_is_cancelled_leaves_the_others_their_answer(gone: int) -> None:
    """Whether it went first or waits with others."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        asked = [_ask(gathering, source, key) for key in range(3)]
        await _settle()
        asked[gone].cancel()
        await _settle()
        source.may_answer.set()
        results = await asyncio.gather(*asked, return_exceptions=True)

        assert isinstance(results.pop(gone), asyncio.CancelledError)
        assert all(isinstance(each, Mapping) for each in results)
        assert gathering._lanes == {}

    asyncio.run(scenario())


def test_what_nobody_waits_for_any_more_is_cancelled() -> None:
    """Before it went out, and after."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        first, second, third = (_ask(gathering, source, key) for key in range(3))
        await _settle()
        second.cancel()
        third.cancel()
        await _settle()
        fourth = _ask(gathering, source, 3)
        await _settle()
        first.cancel()
        await _settle()
        assert source.calls == [[0], [3]]
        fourth.cancel()
        await asyncio.wait([first, second, third, fourth])
        await _settle()

        assert source.cancelled == [[0], [3]]
        assert gathering._lanes == {}

    asyncio.run(scenario())


def test_a_lane_goes_on_after_one_that_gave_up_when_its_turn_came() -> None:
    """At the moment between its turn and its statement."""

    async def scenario() -> None:
        gathering, source = Gathering[int, int](), Source()
        first, second = (_ask(gathering, source, key) for key in (1, 2))
        await _settle()
        source.may_answer.set()
        second.cancel()
        await asyncio.wait([first, second])
        await _settle()

        assert second.cancelled()
        assert await gathering.ask("a", [3], source.run) == {3: 9}
        assert source.calls == [[1], [3]]
        assert gathering._lanes == {}

    asyncio.run(scenario())
