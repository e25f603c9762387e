"""What is wrapped around every connector: from its source's settings, and never inside of it.

A question comes through, from outside to inside: asking again, the breaker, the deadline, the
connector, and with each of its calls the gate. Each attempt passes the breaker, so that a source
that is found dead in the midst of a question is not asked again for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from connectors.aspects import patience
from connectors.aspects.breaker import Admission
from connectors.aspects.guard import Guard, unexpected
from connectors.aspects.retry import Findings, is_worth_it
from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Connector,
    Cursor,
    DiscoveredEntity,
    Finding,
    OverLimit,
    SourceError,
    TimedOut,
    Unavailable,
)
from connectors.deadline import Deadlines

T = TypeVar("T")


class Guarded:
    """A connector with breaker, deadline and retries; all else is as it is without them.

    `check` and `discover` go past the breaker: who asks that wants to know how things are.
    """

    def __init__(self, inner: Connector, guard: Guard) -> None:
        self.inner = inner
        self.guard = guard
        self.deadlines = Deadlines()

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.inner.name

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it can do, by entity."""
        return self.inner.capabilities

    async def check(self) -> Sequence[Finding]:
        """Whether the source is well; it is asked also while it is left alone otherwise."""
        return await self._foreseen(self.inner.check())

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """What the source offers."""
        return await self._foreseen(self.inner.discover())

    async def fetch(self, batch: Batch) -> Answer:
        """Answer one batched question within its time, asking again for what is missing.

        Raises `SourceError` where the whole of it failed, also where that was unexpected.
        """
        found = Findings()
        ends_at = self.guard.clock() + min(batch.timeout_s, self.guard.options.timeout_s)
        attempt = 0
        while True:
            attempt += 1
            try:
                found.add(await self._attempt(found.remaining(batch), batch, ends_at))
            except SourceError as error:
                found.fail(error)
            reason = found.reason()
            if reason is None or not is_worth_it(reason):
                return found.outcome()
            if not await self.guard.pauses(reason, attempt=attempt, ends_at=ends_at):
                return found.outcome()

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """The pages of a scan, each within its time.

        Nothing is asked again here: who pulls goes on from the last page.
        """
        pages = self.inner.scan(entity, since=since)
        try:
            while True:
                with self.guard.admitted(self.guard.options.timeout_s) as admission:
                    page = await self._next(pages, entity, admission)
                    admission.answered()
                if page is None:
                    return
                yield page
        finally:
            close = getattr(pages, "aclose", None)
            if close is not None:
                await close()

    async def close(self) -> None:
        """Give back what the connector and the gate hold."""
        try:
            await self.inner.close()
        finally:
            await self.guard.gate.close()

    async def _attempt(self, batch: Batch, question: Batch, ends_at: float) -> Answer:
        """One attempt at what is missing of a question, in the time that is left."""
        guard = self.guard
        left_s = max(0.0, ends_at - guard.clock())
        with guard.admitted(left_s) as admission, patience.until(ends_at) as waiting:
            try:
                with self.deadlines.within(left_s):
                    answer = await self.inner.fetch(_within(batch, left_s))
            except (TimeoutError, Unavailable) as exc:
                is_late = isinstance(exc, (TimeoutError, TimedOut))
                if is_late and waiting.has_only_waited:
                    raise self._not_asked(batch) from exc
                if is_late and not guard.is_telling(left_s):
                    admission.dropped()
                if len(batch.keys) < len(question.keys):
                    # To the other keys it answered a moment ago.
                    admission.answered_in_part()
                if isinstance(exc, Unavailable):
                    raise
                raise self._late(batch, left_s) from exc
            guard.note(admission, question, answer)
            return answer

    async def _next(
        self, pages: AsyncIterator[ChangePage], entity: str, admission: Admission
    ) -> ChangePage | None:
        options = self.guard.options
        # A page may take minutes, for which nobody else could try a source that was left alone.
        yielding = asyncio.get_running_loop().call_later(options.timeout_s, admission.yields)
        try:
            with self.deadlines.within(options.page_timeout_s):
                return await anext(pages, None)
        except TimeoutError as exc:
            words = f"no page of {entity} within {options.page_timeout_s:g} s (`page_timeout_s`)"
            raise TimedOut(self.name, words) from exc
        finally:
            yielding.cancel()

    def _late(self, batch: Batch, left_s: float) -> TimedOut:
        message = f"no answer within {left_s:.3g} s to a question about {batch.entity}"
        return TimedOut(self.name, message)

    def _not_asked(self, batch: Batch) -> OverLimit:
        message = (
            f"no turn in time for a question about {batch.entity}: others were under way; raise"
            " `limits` of the source if it can take more"
        )
        return OverLimit(self.name, message)

    async def _foreseen(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except SourceError:
            raise
        except Exception as exc:
            raise unexpected(self.name, exc) from exc


def _within(batch: Batch, left_s: float) -> Batch:
    """The batch with what is left of its time; as it is where that is all but all of it."""
    return batch if left_s > batch.timeout_s * 0.999 else replace(batch, timeout_s=left_s)
