"""A run whose steps are watched: how long each takes, what it asks, and what goes wrong."""

import dataclasses
import time
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from typing import Any, Final

from connectors.aspects.account import Account, Accounts
from connectors.contract import Key, SourceError
from connectors.federation import Found, Question
from connectors.rehearsal.inquiry import Inquiry
from resolvers.run import Doing, Run

_STEP: Final[ContextVar[int]] = ContextVar("step")
"""The index of the step that asks. A question that two steps share counts for the first."""


class StepAccounts(Accounts):
    """Accounts by step and source. `earlier` are those of an attempt that came to nothing."""

    def __init__(self, earlier: Accounts | None = None) -> None:
        self._earlier = earlier
        self.by_step: dict[tuple[int, str], Account] = {}

    @property
    def by_source(self) -> dict[str, Account]:  # type: ignore[override]  # it is only read
        """The accounts of all steps and attempts together."""
        joined = dict(self._earlier.by_source) if self._earlier is not None else {}
        for (_, source), account in self.by_step.items():
            joined[source] = _sum(joined[source], account) if source in joined else account
        return joined

    def of(self, source: str) -> Account:
        """The account of a source for the step that asks now."""
        return self.by_step.setdefault((_STEP.get(-1), source), Account())


def _sum(one: Account, other: Account) -> Account:
    values = {
        each.name: _joined(getattr(one, each.name), getattr(other, each.name))
        for each in dataclasses.fields(Account)
        if each.init
    }
    return Account(**values)


def _joined(one: Any, other: Any) -> Any:
    """Counts are added, times and ages are those of the slower and older, the rest is either."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, bool | set | frozenset):
        return one | other
    return max(one, other) if isinstance(one, float) else one + other


class Diary:
    """What was noted about the steps of a run, by their index."""

    def __init__(self) -> None:
        self.inquiries: list[tuple[int, Inquiry]] = []
        self.failures: dict[int, dict[tuple[str, str], SourceError]] = {}
        self.elapsed_ms: dict[int, float] = {}

    def note(self, inquiry: Inquiry) -> None:
        """Write down what a source was asked."""
        self.inquiries.append((_STEP.get(-1), inquiry))

    def failed(self, error: SourceError) -> None:
        """Write down that a source gave no answer, each reason once."""
        failures = self.failures.setdefault(_STEP.get(-1), {})
        failures[error.source, str(error)] = error


class WatchedRun(Run):
    """A run that keeps a diary."""

    def __init__(self, *, diary: Diary, **known: Any) -> None:
        super().__init__(**known)
        self._diary = diary

    def do(self, step: Doing, parents: Sequence[Any]) -> Awaitable[Sequence[Any]]:
        """Do a step, and write down how long it took."""
        return self._timed(step, parents)

    async def _timed(self, step: Doing, parents: Sequence[Any]) -> Sequence[Any]:
        token = _STEP.set(step.index)
        started = time.perf_counter()
        try:
            return await step.places(self, parents)
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            self._diary.elapsed_ms[step.index] = elapsed_ms
            _STEP.reset(token)

    async def ask(
        self, question: Question, keys: Sequence[Key], *, below: int = 0
    ) -> list[Found | SourceError]:
        """Ask the sources of an entity, and write down which have failed."""
        answers = await super().ask(question, keys, below=below)
        for each in answers:
            for error in (each,) if isinstance(each, SourceError) else each.missing:
                self._diary.failed(error)
        return answers
