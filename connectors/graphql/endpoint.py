"""The way to a GraphQL source: a document goes out, its data comes back, within its budget."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import Malformed, Refused, SourceError, Unavailable
from connectors.graphql.cost import Budget
from connectors.graphql.document import Document
from connectors.graphql.failure import Fault, faults, gravest
from connectors.http.message import Question, Run
from connectors.http.wire import Wire

ANSWERED: frozenset[int] = frozenset({400, 422})
"""Statuses with which servers answer questions that they refuse, with `errors` in JSON."""


@dataclass(frozen=True, slots=True)
class Said:
    """The data of an answer, and what of it could not be had."""

    data: Mapping[str, Any]
    faults: Sequence[Fault]


class Endpoint:
    """One GraphQL API. `source` is its name, `path` where it is below the base URL."""

    def __init__(self, source: str, *, path: str, wire: Wire) -> None:
        self.source = source
        self._path = path
        self.wire = wire
        self._budget = Budget()

    async def ask(self, document: Document, run: Run, *, timeout_s: float) -> Said:
        """The answer to a document. Raises `SourceError` where there is no data in it."""
        clock = asyncio.get_running_loop().time
        until = clock() + timeout_s
        await self._afford(document.text, until)
        self._budget.spend(document.text, at_s=clock())
        body = {"query": document.text, "variables": dict(document.variables)}
        question = Question(path=self._path, body=body, answered=ANSWERED)
        value = (await self.wire.ask(question, run)).value
        if not isinstance(value, Mapping) or not value.keys() & {"data", "errors"}:
            raise Malformed(
                self.source,
                f"POST {self._path} answered JSON that is no GraphQL answer: check `base_url` and"
                " `path`",
            )
        self._budget.learn(document.text, value.get("extensions"), at_s=clock())
        return self._said(document, value, run, at_s=clock())

    async def _afford(self, text: str, until: float) -> None:
        """Wait until there are points for the document, as far as there is time."""
        clock = asyncio.get_running_loop().time
        if self._budget.is_beyond(text):
            raise Refused(
                self.source,
                f"the question costs {self._budget.cost_of(text):g} points, and the source gives"
                f" {self._budget.most:g} at most: lower `size` and `keys_per_call`",
            )
        while (wait_s := self._budget.wait_s(text, at_s=clock())) > 0:
            if clock() + wait_s > until:
                raise Unavailable(
                    self.source,
                    f"the question costs {self._budget.cost_of(text):g} points, which the source"
                    f" gives again in {wait_s:.1f} s: that is later than the answer is due",
                    retry_after_s=wait_s,
                )
            await asyncio.sleep(wait_s)

    def _said(self, document: Document, value: Mapping[str, Any], run: Run, *, at_s: float) -> Said:
        data = value.get("data")
        has_data = isinstance(data, Mapping) and any(data[name] is not None for name in data)
        found = [
            self._timed(each, document.text, at_s)
            for each in faults(value.get("errors"), source=self.source, has_data=has_data)
        ]
        throttled = next((each.error for each in found if each.is_throttling), None)
        run.stopped_by = run.stopped_by or throttled
        if not isinstance(data, Mapping):
            raise self._without_data(found, run)
        return Said(data, found)

    def _timed(self, fault: Fault, text: str, at_s: float) -> Fault:
        """The fault with how long to wait, where the source only wants to be asked later."""
        if fault.is_throttling:
            fault.error.retry_after_s = self._budget.wait_s(text, at_s=at_s) or None
        return fault

    def _without_data(self, found: Sequence[Fault], run: Run) -> SourceError:
        if not found:
            return Malformed(self.source, f"POST {self._path} answered neither data nor errors")
        error = gravest(found)
        if isinstance(error, Refused):
            run.stopped_by = error
        return error
