"""Asking again: which failures are worth it, after which pause, and how answers are joined."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors.aspects.breaker import is_of_source
from connectors.contract import Answer, Batch, Key, SourceError, Unavailable
from connectors.options import Retry


def is_worth_it(error: SourceError) -> bool:
    """Whether the same question may be answered a moment later: only where it was asked at all."""
    return isinstance(error, Unavailable) and is_of_source(error)


def pause_s(settings: Retry, *, attempt: int, error: SourceError, chance: float) -> float:
    """The pause after so many attempts; `chance` is from 0 to 1.

    What the source asks for (`Retry-After`) is kept, and nothing of it left out.
    """
    usual_s = settings.pause_s * 2.0 ** (attempt - 1) * (1 - chance / 2)
    return max(usual_s, error.retry_after_s or 0.0)


@dataclass(slots=True)
class Findings:
    """What several attempts at one question have found so far, each asking for what was missing."""

    _answer: Answer | None = None
    _failure: SourceError | None = None
    _call_count: int = 0

    def add(self, answer: Answer) -> None:
        """Take in what an attempt found."""
        self._call_count += answer.calls
        self._failure = None
        before = self._answer
        if before is None:
            self._answer = answer
            return
        asked_again = _failed(before)
        kept = {key: error for key, error in before.failures.items() if key not in asked_again}
        self._answer = Answer(
            rows={**before.rows, **answer.rows},
            failures={**kept, **answer.failures},
            skipped=tuple(dict.fromkeys((*before.skipped, *answer.skipped))),
            nested_count=before.nested_count + answer.nested_count,
        )

    def fail(self, error: SourceError) -> None:
        """Take in that an attempt failed as a whole."""
        self._call_count += error.call_count
        # Why it failed when it was asked says more than that it is not asked any more.
        if self._failure is None or is_of_source(error):
            self._failure = error

    def remaining(self, batch: Batch) -> Batch:
        """The batch for what is still missing."""
        again = () if self._answer is None else tuple(_failed(self._answer))
        return replace(batch, keys=again) if again else batch

    def reason(self) -> SourceError | None:
        """Why something is missing: what to ask again for; the longest to wait for comes first."""
        if self._failure is not None:
            return self._failure
        missing = {} if self._answer is None else _failed(self._answer)
        return max(missing.values(), key=lambda each: each.retry_after_s or 0.0, default=None)

    def outcome(self) -> Answer:
        """All that was found. Raises the failure where nothing was."""
        if self._answer is None:
            if self._failure is None:
                raise RuntimeError("nothing was asked")
            self._failure.call_count = self._call_count
            raise self._failure
        if self._call_count == self._answer.calls:
            return self._answer
        return replace(self._answer, calls=self._call_count)


def _failed(answer: Answer) -> Mapping[Key, SourceError]:
    """The keys that are worth asking for again, and why each of them failed."""
    return {key: error for key, error in answer.failures.items() if is_worth_it(error)}
