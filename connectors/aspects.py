"""What is wrapped around every connector: deadlines, unexpected errors, accounts of cost."""

import asyncio
import time
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
        return self.by_source.setdefault(source, Account())


async def ask(
    connector: Connector, batch: Batch, *, accounts: Accounts, board: HealthBoard
) -> Answer:
    """Ask a connector under the batch's timeout. Whatever goes wrong is a `SourceError`."""
    account = accounts.of(connector.name)
    started = time.perf_counter()
    try:
        answer = await _within_time(connector, batch)
    except SourceError as exc:
        account.status = status_of(exc)
        account.call_count += 1
        board.failed(exc)
        raise
    finally:
        elapsed_ms = (time.perf_counter() - started) * 1000
        account.elapsed_ms = max(account.elapsed_ms, elapsed_ms)
    account.call_count += answer.calls
    account.row_count += sum(map(len, answer.rows.values())) + answer.nested_count
    _note(connector.name, answer, account, board)
    return answer


def _note(source: str, answer: Answer, account: Account, board: HealthBoard) -> None:
    for skipped in answer.skipped:
        log.warning("record_skipped", source=source, record=skipped.record_id, why=skipped.reason)
    if answer.failures:
        account.status = SourceStatus.PARTIAL
        for failure in {str(each): each for each in answer.failures.values()}.values():
            log.warning("source_failed_for_keys", source=source, error=str(failure))
        board.failed_in_part(next(iter(answer.failures.values())))
        return
    if answer.skipped:
        account.status = SourceStatus.PARTIAL
    board.answered(source, skipped_count=len(answer.skipped))


async def _within_time(connector: Connector, batch: Batch) -> Answer:
    try:
        async with asyncio.timeout(batch.timeout_s):
            return await connector.fetch(batch)
    except SourceError as exc:
        log.warning("source_failed", source=connector.name, code=exc.code, error=exc.message)
        raise
    except TimeoutError as exc:
        message = f"no answer within {batch.timeout_s:g} s to a question about {batch.entity}"
        log.warning("source_failed", source=connector.name, code=TimedOut.code, error=message)
        raise TimedOut(connector.name, message) from exc
    except Exception as exc:
        log.exception("source_failed_unexpectedly", source=connector.name, entity=batch.entity)
        raise SourceError(connector.name, f"unexpected {type(exc).__name__}") from exc
