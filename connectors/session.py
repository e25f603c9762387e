"""One request's conversation with the sources: every question batched, merged and accounted for.

There is one data loader per source and shape of question. Equal keys are asked once, a batch is
split by the source's limit, and failures are values, so that a dead source is not asked twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from aiodataloader import DataLoader

from connectors.aspects import Accounts, ask
from connectors.contract import Batch, Compare, Connector, Key, Op, SourceError
from connectors.federation import INDEXED, Federation, Found, Part, Question
from connectors.live import LivePart, Outcome, Outcomes
from connectors.pushdown import merged
from domain.filter import all_of, positive


class Session:
    """Asks the sources of a federation on behalf of one request."""

    def __init__(self, federation: Federation, *, deadline_s: float) -> None:
        self.federation = federation
        self.accounts = Accounts()
        self._ends_at = asyncio.get_running_loop().time() + deadline_s
        self._loaders: dict[tuple[str, Batch], _Loader] = {}

    def forget(self) -> None:
        """Forget what was answered, after something was written."""
        self._loaders.clear()

    async def ask(self, question: Question, keys: Sequence[Key]) -> list[Found | SourceError]:
        """Rows for each key, merged over all sources of the entity, in the order of the keys."""
        parts = self.federation.parts(question.entity)
        shared = _with_order_fields(question) if len(parts) > 1 else question
        outcomes = await asyncio.gather(*(self._ask_part(part, shared, keys) for part in parts))
        if len(parts) == 1:
            return [_alone(outcomes[0].get(key, ())) for key in keys]
        return [_together(shared, [each[key] for each in outcomes if key in each]) for key in keys]

    async def _ask_part(self, part: Part, question: Question, keys: Sequence[Key]) -> Outcomes:
        try:
            if part.is_native:
                return await self._ask_native(part, question, keys)
            return await LivePart(self, part, question).ask(keys)
        except SourceError as exc:
            return dict.fromkeys(keys, exc)

    async def _ask_native(self, part: Part, question: Question, keys: Sequence[Key]) -> Outcomes:
        mine = keys
        if question.match == ("source", "record_id") and question.entity not in INDEXED:
            mine = [key for key in keys if key[0] in part.sources]
        where = positive(question.where) if question.where is not None else None
        if question.entity not in INDEXED:
            held = Compare("source", Op.IN, tuple(sorted(part.sources)))
            where = all_of([held] if where is None else [held, where])
        template = Batch(
            entity=question.entity,
            fields=question.fields,
            match=question.match,
            where=where,
            order=question.order,
            limit=question.limit,
            after=question.after,
            until=question.until,
            timeout_s=self.federation.timeout_s(part.connector.name),
        )
        found = await self.load(part.connector, template, mine, part.capability.batch_limit)
        return dict(zip(mine, found, strict=True))

    async def load(
        self, connector: Connector, template: Batch, keys: Sequence[Key], batch_limit: int
    ) -> list[Outcome]:
        """What a connector answers to each key of a batch, through its loader."""
        if not keys:
            return []
        loader = self._loaders.get((connector.name, template))
        if loader is None:
            loader = _Loader(self, connector, template, batch_limit)
            self._loaders[connector.name, template] = loader
        return [held[0] for held in await loader.load_many(list(keys))]

    async def fetch(self, connector: Connector, template: Batch, keys: list[Key]) -> list[Outcome]:
        """Ask a connector one batch, under what is left of the request's time."""
        left = self._ends_at - asyncio.get_running_loop().time()
        batch = replace(
            template,
            keys=tuple(keys) if template.match else (),
            timeout_s=max(0.001, min(left, template.timeout_s)),
        )
        try:
            answer = await ask(
                connector, batch, accounts=self.accounts, board=self.federation.board
            )
        except SourceError as exc:
            return [exc] * len(keys)
        failures = answer.failures
        return [failures[key] if key in failures else answer.rows.get(key, ()) for key in keys]


# Outcomes are held in tuples: a loader raises a failure that it is given bare, and with it all
# other keys of the question would be lost.
class _Loader(DataLoader[Key, tuple[Outcome]]):
    def __init__(
        self, session: Session, connector: Connector, template: Batch, batch_limit: int
    ) -> None:
        super().__init__(max_batch_size=batch_limit)
        self._session = session
        self._connector = connector
        self._template = template

    async def batch_load_fn(self, keys: list[Key]) -> list[tuple[Outcome]]:
        outcomes = await self._session.fetch(self._connector, self._template, keys)
        return [(outcome,) for outcome in outcomes]


def _with_order_fields(question: Question) -> Question:
    more = [each.field for each in question.order if each.field not in question.fields]
    return replace(question, fields=(*question.fields, *more)) if more else question


def _alone(outcome: Outcome) -> Found | SourceError:
    return outcome if isinstance(outcome, SourceError) else Found(outcome)


def _together(question: Question, outcomes: Sequence[Outcome]) -> Found | SourceError:
    lists = [each for each in outcomes if not isinstance(each, SourceError)]
    missing = tuple(each for each in outcomes if isinstance(each, SourceError))
    if missing and not lists:
        return missing[0]
    if len(lists) == 1:
        return Found(lists[0], missing)
    return Found(merged(question, lists, question.fields), missing)
