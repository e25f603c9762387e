"""What takes too long is cut off, and nothing else is."""

import asyncio

import pytest

from connectors.deadline import Deadlines


def test_what_takes_too_long_is_cut_off() -> None:
    """The caller gets a `TimeoutError`, and goes on."""

    async def scenario() -> int:
        deadlines = Deadlines()
        with pytest.raises(TimeoutError), deadlines.within(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        task = asyncio.current_task()
        return task.cancelling() if task else -1

    assert asyncio.run(scenario()) == 0


def test_each_has_its_own_end() -> None:
    """The timer rings for the earliest, whenever that one came; the others go on."""

    async def wait(deadlines: Deadlines, timeout_s: float, done: list[float]) -> None:
        try:
            with deadlines.within(timeout_s):
                await asyncio.Event().wait()
        except TimeoutError:
            done.append(timeout_s)

    async def scenario() -> list[float]:
        deadlines, done = Deadlines(), list[float]()
        times = (0.09, 0.03, 0.06, 0.001)
        await asyncio.gather(*(wait(deadlines, each, done) for each in times))
        return done

    assert asyncio.run(scenario()) == [0.001, 0.03, 0.06, 0.09]


def test_what_is_in_time_is_left_alone() -> None:
    """One timer is enough for any number of questions, and it disturbs none."""

    async def scenario() -> tuple[int, int]:
        deadlines = Deadlines()
        for _ in range(50):
            with deadlines.within(0.02):
                await asyncio.sleep(0)
        timer = deadlines._timer
        with deadlines.within(0.03):
            assert deadlines._timer is timer
        await asyncio.sleep(0.05)
        return len(deadlines._open), 0 if deadlines._timer is None else 1

    assert asyncio.run(scenario()) == (0, 0)


def test_who_cancels_the_task_is_not_taken_for_the_deadline() -> None:
    """Also when both happen."""

    async def work(deadlines: Deadlines, timeout_s: float) -> None:
        with deadlines.within(timeout_s):
            await asyncio.Event().wait()

    async def scenario(timeout_s: float) -> bool:
        task = asyncio.create_task(work(Deadlines(), timeout_s))
        await asyncio.sleep(0)
        if timeout_s < 1:
            asyncio.get_running_loop().call_later(timeout_s, task.cancel)
        else:
            task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(scenario(60))
    assert asyncio.run(scenario(0.01))


def test_an_error_stays_what_it_is() -> None:
    """Before the deadline, and after it."""

    async def fail_when_cut_off() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise KeyError from None

    async def scenario() -> None:
        deadlines = Deadlines()
        with pytest.raises(KeyError), deadlines.within(60):
            raise KeyError
        with pytest.raises(KeyError), deadlines.within(0.001):
            await fail_when_cut_off()

    asyncio.run(scenario())


def test_it_may_be_used_in_one_loop_after_another() -> None:
    """What a loop that is gone had left does not disturb the next."""
    deadlines = Deadlines()

    async def scenario() -> None:
        with deadlines.within(0.01):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError), deadlines.within(0.02):
            await asyncio.Event().wait()

    asyncio.run(scenario())
    asyncio.run(scenario())
