"""What is wrapped around every connector: deadlines, unexpected errors, accounts of cost."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass

import structlog

from connectors.contract import Answer, Batch, Connector, SourceError, TimedOut
from connectors.health import HealthBoard, SourceStatus, status_of

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Account:
    """What one request asked of one source: milliseconds of its slowest answer, rows, calls."""

    status: SourceStatus = SourceStatus.OK
    elapsed_ms: float = 0.0
    row_count: int = 0
    call_count: int = 0


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
    """Ask a connector under the batch's timeout. Whatever goes wrong is a `SourceError`."""
    answering = _within_time(connector, batch, board)
    return await accounted(connector.name, batch.entity, answering, accounts=accounts, board=board)


async def _within_time(connector: Connector, batch: Batch, board: HealthBoard) -> Answer:
    try:
        with board.deadlines.within(batch.timeout_s):
            return await connector.fetch(batch)
    except TimeoutError as exc:
        message = f"no answer within {batch.timeout_s:g} s to a question about {batch.entity}"
        raise TimedOut(connector.name, message) from exc


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
        error = _logged(source, entity, exc)
        account.status = status_of(error)
        account.call_count += 1
        board.failed(error)
        if error is exc:
            raise
        raise error from exc
    finally:
        elapsed_ms = (time.perf_counter() - started) * 1000
        account.elapsed_ms = max(account.elapsed_ms, elapsed_ms)
    account.call_count += answer.calls
    account.row_count += sum(map(len, answer.rows.values())) + answer.nested_count
    if answer.failures or answer.skipped:
        _note(source, answer, account, board)
    else:
        board.answered(source)
    return answer


def _note(source: str, answer: Answer, account: Account, board: HealthBoard) -> None:
    for skipped in answer.skipped:
        log.warning("record_skipped", source=source, record=skipped.record_id, why=skipped.reason)
    account.status = SourceStatus.PARTIAL
    if answer.failures:
        for failure in {str(each): each for each in answer.failures.values()}.values():
            log.warning("source_failed_for_keys", source=source, error=str(failure))
        board.failed_in_part(next(iter(answer.failures.values())))
    else:
        board.answered(source, skipped_count=len(answer.skipped))


def _logged(source: str, entity: str, exc: Exception) -> SourceError:
    """What a failure means, after it was logged."""
    if isinstance(exc, SourceError):
        log.warning("source_failed", source=source, code=exc.code, error=exc.message)
        return exc
    log.error("source_failed_unexpectedly", source=source, entity=entity, exc_info=exc)
    return SourceError(source, f"unexpected {type(exc).__name__}")
