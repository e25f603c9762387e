"""Errands: nobody waits for work whose time is over, nor for how it ends."""

import asyncio

import pytest

from connectors.sql.errand import Errands

_LONG_S = 60.0


class Driver:
    """Work that is stubborn: when it is cancelled it says good-bye first, until `hurried`."""

    def __init__(self) -> None:
        self.has_left = False
        self.was_hurried = False

    async def work(self) -> None:
        """Take long, and leave slowly."""
        try:
            await asyncio.sleep(_LONG_S)
        except asyncio.CancelledError:
            self.has_left = True
            try:
                await asyncio.sleep(_LONG_S)
            except asyncio.CancelledError:
                self.was_hurried = True
            raise


async def _fails() -> None:
    await asyncio.sleep(0)
    raise ValueError("of the work itself")


async def _gives() -> str:
    await asyncio.sleep(0)
    return "found"


def test_work_that_takes_too_long_is_cancelled_and_left_behind() -> None:
    """The caller goes on at once; closing makes the rest hurry."""

    async def run() -> Driver:
        driver, errands = Driver(), Errands()
        async with asyncio.timeout(_LONG_S / 2):
            with pytest.raises(TimeoutError):
                await errands.run(driver.work(), timeout_s=0.01)
            await asyncio.sleep(0)
            assert driver.has_left
            assert not driver.was_hurried
            await errands.close()
        return driver

    assert asyncio.run(run()).was_hurried


def test_who_asked_and_left_does_not_wait_either() -> None:
    """A client that goes away takes its question with it."""

    async def run() -> Driver:
        driver, errands = Driver(), Errands()
        asking = asyncio.create_task(errands.run(driver.work(), timeout_s=_LONG_S))
        await asyncio.sleep(0.01)
        asking.cancel()
        async with asyncio.timeout(_LONG_S / 2):
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.sleep(0)
            await errands.close()
        return driver

    assert asyncio.run(run()).has_left


def test_what_work_gives_or_raises_in_time_is_the_callers() -> None:
    """As if it had been awaited."""

    async def run() -> str:
        errands = Errands()
        with pytest.raises(ValueError, match="of the work itself"):
            await errands.run(_fails(), timeout_s=_LONG_S)
        return await errands.run(_gives(), timeout_s=_LONG_S)

    assert asyncio.run(run()) == "found"
