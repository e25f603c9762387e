"""What one request asked of each source, and what became of it."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final

from connectors.contract import Answer, Batch, Connector, SourceError
from connectors.health import HealthBoard, SourceStatus, status_of

_WORST_FIRST: Final = (
    SourceStatus.DOWN,
    SourceStatus.OPEN,
    SourceStatus.TIMEOUT,
    SourceStatus.REFUSED,
    SourceStatus.PARTIAL,
    SourceStatus.STALE,
)
_ANSWERS: Final = frozenset({SourceStatus.PARTIAL, SourceStatus.STALE})


@dataclass(slots=True)
class Account:
    """What one request asked of one source: milliseconds of its slowest answer, rows, calls.

    `has_answered`: whether it answered anything; `troubles`: what else became of questions than a
    whole answer. `kept_count`: how many keys were answered from what was kept, `age_s` how old the
    oldest of these answers was.
    """

    elapsed_ms: float = 0.0
    row_count: int = 0
    call_count: int = 0
    has_answered: bool = False
    kept_count: int = 0
    age_s: float | None = None
    troubles: set[SourceStatus] = field(default_factory=set)

    @property
    def status(self) -> SourceStatus:
        """What became of all that was asked: the worst, or partial where some was answered."""
        if not self.troubles:
            return SourceStatus.OK
        worst = next(each for each in _WORST_FIRST if each in self.troubles)
        return SourceStatus.PARTIAL if self.has_answered and worst not in _ANSWERS else worst


class Accounts:
    """The accounts of one request, by source."""

    def __init__(self) -> None:
        self.by_source: dict[str, Account] = {}

    def of(self, source: str) -> Account:
        """The account of a source, opened at its first question."""
        account = self.by_source.get(source)
        if account is None:
            account = self.by_source[source] = Account()
        return account


async def ask(
    connector: Connector, batch: Batch, *, accounts: Accounts, board: HealthBoard
) -> Answer:
    """Ask a connector, which keeps the batch's timeout. What goes wrong is a `SourceError`."""
    answering = connector.fetch(batch)
    return await accounted(connector.name, batch.entity, answering, accounts=accounts, board=board)


async def accounted(
    source: str,
    entity: str,
    answering: Awaitable[Answer],
    *,
    accounts: Accounts,
    board: HealthBoard,
) -> Answer:
    """The answer of a source, entered in the accounts. What goes wrong is a `SourceError`."""
    account = accounts.of(source)
    started = time.perf_counter()
    try:
        answer = await answering
    except Exception as exc:
        elapsed_s = time.perf_counter() - started
        error = _logged(source, entity, exc, board)
        _note_failure(error, account, entity=entity, elapsed_s=elapsed_s, board=board)
        if error is exc:
            raise
        raise error from exc
    elapsed_s = time.perf_counter() - started
    row_count = sum(map(len, answer.rows.values())) + answer.nested_count
    account.elapsed_ms = max(account.elapsed_ms, elapsed_s * 1000)
    account.row_count += row_count
    account.call_count += answer.calls
    board.latencies.note(source, elapsed_s)
    board.tallies.answered(
        source, entity, elapsed_s=elapsed_s, row_count=row_count, call_count=answer.calls
    )
    if answer.failures or answer.skipped:
        _note(answer, account, source=source, entity=entity, board=board)
    else:
        account.has_answered = True
        board.answered(source)
    return answer


def _note_failure(
    error: SourceError, account: Account, *, entity: str, elapsed_s: float, board: HealthBoard
) -> None:
    status = status_of(error)
    call_count = error.call_count
    account.troubles.add(status)
    account.call_count += call_count
    account.elapsed_ms = max(account.elapsed_ms, elapsed_s * 1000)
    tally = board.tallies.of(error.source, entity)
    tally.failed(status, error.code, elapsed_s=elapsed_s, call_count=call_count)
    board.failed(error)


def _note(
    answer: Answer, account: Account, *, source: str, entity: str, board: HealthBoard
) -> None:
    for skipped in answer.skipped:
        board.failures.skipped(source, skipped.record_id, skipped.reason)
    account.troubles.add(SourceStatus.PARTIAL)
    account.has_answered = True
    failures = [board.failures.failed(each, entity=entity) for each in answer.failures.values()]
    tally = board.tallies.of(source, entity)
    tally.note(SourceStatus.PARTIAL, {each.code for each in failures})
    if failures:
        board.failed_in_part(failures[0])
    else:
        board.answered(source, skipped_count=len(answer.skipped))


def _logged(source: str, entity: str, exc: Exception, board: HealthBoard) -> SourceError:
    """What a failure means, after it was logged."""
    if isinstance(exc, SourceError):
        return board.failures.failed(exc, entity=entity)
    return board.failures.failed_unexpectedly(source, exc, entity=entity)
