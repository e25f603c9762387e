"""One request's conversation with the sources: every question batched, merged and accounted for.

There is one data loader per source and shape of question. Equal keys are asked once, a batch is
split by the source's limit, and failures are values, so that a dead source is not asked twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from aiodataloader import DataLoader

from connectors.aspects.account import Accounts, accounted, ask
from connectors.contract import Batch, Connector, Key, Prepared, SourceError
from connectors.federation import INDEXED, Federation, Found, Part, Question
from connectors.live import LivePart, Outcome, Outcomes
from connectors.pushdown import merged


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
        if question.nest is not None:
            return await self._ask_nested(question, keys)
        parts = self.federation.parts(question.entity)
        if len(parts) == 1:
            # Without the tasks that several parts need.
            answered = await self._ask_part(parts[0], question, keys)
            return [_alone(answered.get(key, ())) for key in keys]
        shared = _with_order_fields(question)
        outcomes = await asyncio.gather(*(self._ask_part(part, shared, keys) for part in parts))
        return [_together(shared, [each[key] for each in outcomes if key in each]) for key in keys]

    async def _ask_nested(
        self, question: Question, keys: Sequence[Key]
    ) -> list[Found | SourceError]:
        """Ask the store, past the loaders: a nest belongs to one step of one plan."""
        (part,) = self.federation.parts(question.entity)
        prepared = self.federation.prepared(question)
        limit = part.capability.batch_limit
        if len(keys) <= limit:
            return await self._fetch_prepared(question, prepared, keys)
        groups = [keys[n : n + limit] for n in range(0, len(keys), limit)]
        found = await asyncio.gather(
            *(self._fetch_prepared(question, prepared, each) for each in groups)
        )
        return list(chain.from_iterable(found))

    async def _fetch_prepared(
        self, question: Question, prepared: Prepared, keys: Sequence[Key]
    ) -> list[Found | SourceError]:
        native = self.federation.native.name
        timeout_s = self._within(self.federation.timeout_s(native))
        try:
            answer = await accounted(
                native,
                question.entity,
                prepared.fetch(keys, timeout_s=timeout_s),
                accounts=self.accounts,
                board=self.federation.board,
            )
        except SourceError as exc:
            return [exc] * len(keys)
        rows = answer.rows
        return [Found(rows.get(key, ())) for key in keys]

    def _within(self, timeout_s: float) -> float:
        """A timeout, or what is left of the request's time."""
        left = self._ends_at - asyncio.get_running_loop().time()
        return max(0.001, min(left, timeout_s))

    async def _ask_part(self, part: Part, question: Question, keys: Sequence[Key]) -> Outcomes:
        try:
            if part.is_native:
                return await self._ask_native(part, question, keys)
            return await LivePart(self, part, question).ask(keys)
        except SourceError as exc:
            self.federation.board.failures.failed(exc, entity=question.entity)
            return dict.fromkeys(keys, exc)

    async def _ask_native(self, part: Part, question: Question, keys: Sequence[Key]) -> Outcomes:
        mine = keys
        if question.match == ("source", "record_id") and question.entity not in INDEXED:
            mine = [key for key in keys if key[0] in part.sources]
        template = self.federation.native_batch(question)
        limit = part.capability.batch_limit
        found = await self.load(part.connector, template, mine, limit)
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
        return list(await loader.load(tuple(keys)))

    async def fetch(self, connector: Connector, template: Batch, keys: list[Key]) -> list[Outcome]:
        """Ask a connector one batch, under what is left of the request's time."""
        batch = replace(
            template,
            keys=tuple(keys) if template.match else (),
            timeout_s=self._within(template.timeout_s),
        )
        try:
            answer = await ask(
                connector, batch, accounts=self.accounts, board=self.federation.board
            )
        except SourceError as exc:
            return [exc] * len(keys)
        failures = answer.failures
        return [failures[key] if key in failures else answer.rows.get(key, ()) for key in keys]


# It loads whole groups of keys, those of one step each: a future for every single key would cost
# more than all else that is done for it.
class _Loader(DataLoader[tuple[Key, ...], Sequence[Outcome]]):
    def __init__(
        self, session: Session, connector: Connector, template: Batch, batch_limit: int
    ) -> None:
        super().__init__()
        self._session = session
        self._connector = connector
        self._template = template
        self._batch_limit = batch_limit
        self._outcomes: dict[Key, Outcome] = {}
        self._asked: dict[Key, asyncio.Task[None]] = {}

    async def batch_load_fn(self, groups: list[tuple[Key, ...]]) -> list[Sequence[Outcome]]:
        wanted = dict.fromkeys(chain.from_iterable(groups))
        new = [key for key in wanted if key not in self._asked]
        for start in range(0, len(new), self._batch_limit):
            keys = new[start : start + self._batch_limit]
            task = asyncio.create_task(self._fetch(keys))
            self._asked.update(dict.fromkeys(keys, task))
        await asyncio.gather(*{self._asked[key] for key in wanted})
        return [[self._outcomes[key] for key in group] for group in groups]

    async def _fetch(self, keys: list[Key]) -> None:
        outcomes = await self._session.fetch(self._connector, self._template, keys)
        self._outcomes.update(zip(keys, outcomes, strict=True))


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
