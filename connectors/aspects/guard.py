"""What all questions to one source share: its breaker, its gate, and what is told to them."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.aspects.breaker import (
    LONGEST_REST_S,
    Admission,
    BreakerState,
    CircuitBreaker,
    is_of_source,
)
from connectors.aspects.gate import SourceGate
from connectors.aspects.retry import pause_s
from connectors.contract import Answer, Batch, SourceError, Unavailable
from connectors.options import Options

_TELLING_S = 1.0
"""A source that had this time, or half of its own `timeout_s`, and did not answer is slow. One that
had less may be well: it was asked with the last of the time that others had left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The aspects of one source.

    `clock` gives seconds that only grow, `chance` a number from 0 to 1; `sleep` waits.
    """

    source: str
    options: Options
    gate: SourceGate
    breaker: CircuitBreaker
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def rest_s(self) -> float:
        """How much longer the source is left alone, in seconds; 0 where it is not."""
        return max(self.breaker.rest_s, self.gate.rest_s)

    @property
    def state(self) -> BreakerState:
        """Whether questions go on to the source now."""
        return BreakerState.OPEN if self.rest_s > 0 else self.breaker.state

    @contextmanager
    def admitted(self, timeout_s: float) -> Iterator[Admission]:
        """A question to the source. What becomes of it is told to breaker and gate.

        Raises `CircuitOpen` where it may not be asked. Unexpected exceptions become `SourceError`.
        """
        self.gate.refuse_if_resting(timeout_s)
        admission = self.breaker.admit()
        try:
            yield admission
        except SourceError as error:
            self._rest(error)
            admission.failed(error)
            raise
        except Exception as exc:
            raise unexpected(self.source, exc) from exc
        finally:
            # Where nothing was told: nobody waits any more, which says nothing of the source.
            admission.dropped()

    def note(self, admission: Admission, question: Batch, answer: Answer) -> None:
        """Tell what an answer says of the source, to a question or to what was missing of it."""
        gone = [each for each in answer.failures.values() if isinstance(each, Unavailable)]
        for each in gone:
            self._rest(each)
        if not gone:
            admission.answered()
        elif len(answer.failures) < len(question.keys):
            admission.answered_in_part()
        else:
            admission.failed(gone[0])

    def is_telling(self, timeout_s: float) -> bool:
        """Whether no answer within this time says something of the source."""
        return timeout_s >= min(_TELLING_S, self.options.timeout_s / 2)

    async def pauses(self, error: SourceError, *, attempt: int, ends_at: float) -> bool:
        """Whether to ask again after so many attempts, once the pause that is due is over."""
        settings = self.options.retry
        if attempt > settings.attempts or self.breaker.state is not BreakerState.CLOSED:
            return False
        wait_s = pause_s(settings, attempt=attempt, error=error, chance=self.chance())
        if self.clock() + wait_s >= ends_at:
            return False
        await self.sleep(wait_s)
        return True

    def _rest(self, error: SourceError) -> None:
        if isinstance(error, Unavailable) and is_of_source(error) and error.retry_after_s:
            self.gate.rest(min(error.retry_after_s, LONGEST_REST_S))


def unexpected(source: str, exc: Exception) -> SourceError:
    """What an exception that no connector should raise is to the caller."""
    return SourceError(source, f"unexpected {type(exc).__name__}")
