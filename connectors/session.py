"""One request's conversation with the sources: every question batched, merged and accounted for.

There is one data loader per source and shape of question. Equal keys are asked once, a batch is
split by the source's limit, and failures are values, so that a dead source is not asked twice.
Live sources are asked through the reader, which all requests share.

The time of the request is split: a question with levels of the plan below it gets its share of what
is left, one of so many that are still to come, and never more than the source's own timeout.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import Final, TypeAlias

from aiodataloader import DataLoader

from connectors.aspects.account import Accounts, accounted, ask
from connectors.cache.reader import Outcome, Reading
from connectors.contract import ANYBODY, Batch, Caller, Connector, Key, Prepared, SourceError
from connectors.federation import INDEXED, Federation, Found, Part, Question
from connectors.live import LivePart, Outcomes
from connectors.pushdown import merged
from domain.access.policy import UNRESTRICTED, Policy
from domain.catalogue import ENTITIES
from domain.filter import Filter, Related, all_of, conjuncts
from domain.relation import relation_of

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
"""The headers of a request of which no source wants any."""


class Session:
    """Asks the sources of a federation on behalf of one request.

    Rows that may not be seen under `policy` are in no answer, wherever they are asked for.
    `headers` are those of the request that some source wants, names in small letters: live sources
    share answers only between those who have both in common. `max_stale_s` is how old kept answers
    may be, where the client says so.
    """

    def __init__(
        self,
        federation: Federation,
        *,
        deadline_s: float,
        policy: Policy = UNRESTRICTED,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        self.federation = federation
        self.accounts = Accounts()
        self.max_stale_s: float | None = None
        self._policy = policy
        self._headers = headers
        self._ends_at = asyncio.get_running_loop().time() + deadline_s
        self._loaders: dict[tuple[str, Batch], _Loader] = {}
        self._is_over = False

    def forget(self) -> None:
        """Forget what was answered, after something was written."""
        self._loaders.clear()

    async def changed(self, entity: str, key: Key) -> None:
        """The record with this key of ours was written: nobody may be given older answers.

        What live sources say about this entity of its customer is dropped wherever it is kept.
        """
        self.forget()
        parts = self.federation.parts(entity)
        reader = self.federation.reader
        kept = [each for each in parts if reader.keeper.keeps(each.connector.name, entity)]
        if not kept:
            return
        question = Question(entity=entity, fields=("customer_id",), match=("source", "record_id"))
        customers: list[Key] = []
        if not self._is_over:
            (found,) = await self.ask(question, [key])
            customers = [] if isinstance(found, SourceError) else [(row[0],) for row in found.rows]
        for part in kept:
            await self._drop(part, question, customers)
        self.forget()

    async def _drop(self, part: Part, question: Question, customers: Sequence[Key]) -> None:
        """Drop what a source said of customers; of all where it is not known who they are there."""
        name, invalidation = part.connector.name, self.federation.invalidation
        try:
            own = await LivePart(self, part, question).records_of(customers) if customers else None
        except SourceError:
            own = None
        if own is None:
            await invalidation.changed(name, question.entity)
            return
        for ref in {each[0] for owns in own.values() for each in owns}:
            await invalidation.changed(name, question.entity, customer_ref=ref)

    def cancel(self) -> None:
        """Nobody waits for this conversation any more: end what is under way for it alone."""
        self._is_over = True
        for loader in self._loaders.values():
            loader.cancel()

    def rule(self, entity: str) -> Filter | None:
        """What each row of an entity must pass for the viewer to see it."""
        return self._policy.rows.get(entity)

    def _ruled(self, question: Question) -> Question:
        """The question to a live source, for rows that the viewer may see."""
        rule = self.rule(question.entity)
        if rule is None or question.is_of_rule:
            return question
        parts = [each for each in conjuncts(rule) if not self._holds(question, each)]
        wanted = parts if question.where is None else [*parts, question.where]
        return replace(question, where=all_of(wanted))

    def _holds(self, question: Question, part: Filter) -> bool:
        """Whether a rule holds already: what is asked for belongs to a record that was seen."""
        if not isinstance(part, Related) or part.where != self._of_owner(question, part):
            return False
        ours = {"customer": ("customer_id",)}.get(
            part.relation, (f"{part.relation}_source", f"{part.relation}_ref")
        )
        return question.match == ours

    def _of_owner(self, question: Question, part: Related) -> Filter | None:
        relation = relation_of(ENTITIES[question.entity], part.relation)
        return None if relation is None else self.rule(relation.entity)

    def caller(self, source: str) -> Caller:
        """On whose behalf a live source is asked, as far as its answers may depend on it."""
        wanted = self.federation.forwards.get(source)
        if not wanted:
            return Caller(policy=self._policy.key) if self._policy.key else ANYBODY
        given = sorted((name, value) for name, value in self._headers.items() if name in wanted)
        return Caller(tuple(given), self._policy.key)

    async def ask(
        self, question: Question, keys: Sequence[Key], *, below: int = 0
    ) -> list[Found | SourceError]:
        """Rows for each key, merged over all sources of the entity, in the order of the keys.

        `below` is how many levels of the plan need what is found, one after the other.
        """
        if question.nest is not None:
            return await self._ask_nested(question, keys, below)
        parts = self.federation.parts(question.entity)
        if len(parts) == 1:
            # Without the tasks that several parts need.
            answered = await self._ask_part(parts[0], question, keys, below)
            return [_alone(answered.get(key, ())) for key in keys]
        shared = _with_order_fields(question)
        outcomes = await asyncio.gather(
            *(self._ask_part(part, shared, keys, below) for part in parts)
        )
        return [_together(shared, [each[key] for each in outcomes if key in each]) for key in keys]

    async def _ask_nested(
        self, question: Question, keys: Sequence[Key], below: int
    ) -> list[Found | SourceError]:
        """Ask the store, past the loaders: a nest belongs to one step of one plan."""
        (part,) = self.federation.parts(question.entity)
        prepared = self.federation.prepared(question, self._policy)
        limit = part.capability.batch_limit
        if len(keys) <= limit:
            return await self._fetch_prepared(question, prepared, keys, below)
        groups = [keys[n : n + limit] for n in range(0, len(keys), limit)]
        found = await asyncio.gather(
            *(self._fetch_prepared(question, prepared, each, below) for each in groups)
        )
        return list(chain.from_iterable(found))

    async def _fetch_prepared(
        self, question: Question, prepared: Prepared, keys: Sequence[Key], below: int
    ) -> list[Found | SourceError]:
        native = self.federation.native.name
        timeout_s = self._within(self.federation.timeout_s(native), below)
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

    def _within(self, timeout_s: float, below: int) -> float:
        """A timeout, or a fair share of what is left of the request's time."""
        left = self._ends_at - asyncio.get_running_loop().time()
        return max(0.001, min(left / (below + 1), timeout_s))

    async def _ask_part(
        self, part: Part, question: Question, keys: Sequence[Key], below: int
    ) -> Outcomes:
        try:
            if part.is_native:
                return await self._ask_native(part, question, keys, below)
            return await LivePart(self, part, self._ruled(question), below).ask(keys)
        except SourceError as exc:
            self.federation.board.failures.failed(exc, entity=question.entity)
            return dict.fromkeys(keys, exc)

    async def _ask_native(
        self, part: Part, question: Question, keys: Sequence[Key], below: int
    ) -> Outcomes:
        mine = keys
        if question.match == ("source", "record_id") and question.entity not in INDEXED:
            mine = [key for key in keys if key[0] in part.sources]
        policy = UNRESTRICTED if question.is_of_rule else self._policy
        template = self.federation.native_batch(question, policy)
        limit = part.capability.batch_limit
        found = await self.load(part.connector, template, mine, batch_limit=limit, below=below)
        return dict(zip(mine, found, strict=True))

    async def load(
        self,
        connector: Connector,
        template: Batch,
        keys: Sequence[Key],
        *,
        batch_limit: int,
        below: int,
    ) -> list[Outcome]:
        """What a connector answers to each key of a batch, through its loader."""
        if not keys:
            return []
        loader = self._loaders.get((connector.name, template))
        if loader is None:
            loader = _Loader(self, connector, template, batch_limit)
            self._loaders[connector.name, template] = loader
        return list(await loader.load((tuple(keys), below)))

    async def fetch(
        self, connector: Connector, template: Batch, keys: list[Key], *, below: int
    ) -> list[Outcome]:
        """Ask a connector one batch, under its share of what is left of the request's time."""
        if self._is_over:
            raise asyncio.CancelledError
        timeout_s = self._within(template.timeout_s, below)
        if connector is not self.federation.native:
            return await self._read(connector, template, keys, timeout_s)
        batch = replace(template, keys=tuple(keys) if template.match else (), timeout_s=timeout_s)
        try:
            answer = await ask(
                connector, batch, accounts=self.accounts, board=self.federation.board
            )
        except SourceError as exc:
            return [exc] * len(keys)
        failures = answer.failures
        return [failures[key] if key in failures else answer.rows.get(key, ()) for key in keys]

    async def _read(
        self, connector: Connector, template: Batch, keys: list[Key], timeout_s: float
    ) -> list[Outcome]:
        reading = Reading(
            connector=connector,
            batch=template,
            keys=tuple(keys),
            timeout_s=timeout_s,
            account=self.accounts.of(connector.name),
            max_stale_s=self.max_stale_s,
        )
        return await self.federation.reader.read(reading)


_Group: TypeAlias = tuple[tuple[Key, ...], int]
"""The keys of one step, and how many levels of the plan are below it."""


# It loads whole groups of keys, those of one step each: a future for every single key would cost
# more than all else that is done for it.
class _Loader(DataLoader[_Group, Sequence[Outcome]]):
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

    async def batch_load_fn(self, groups: list[_Group]) -> list[Sequence[Outcome]]:
        wanted = dict.fromkeys(chain.from_iterable([keys for keys, _ in groups]))
        below = max(below for _, below in groups)
        new = [key for key in wanted if key not in self._asked]
        for start in range(0, len(new), self._batch_limit):
            keys = new[start : start + self._batch_limit]
            task = asyncio.create_task(self._fetch(keys, below))
            self._asked.update(dict.fromkeys(keys, task))
        await asyncio.gather(*{self._asked[key] for key in wanted})
        return [[self._outcomes[key] for key in keys] for keys, _ in groups]

    def cancel(self) -> None:
        """End what is under way."""
        for task in set(self._asked.values()):
            task.cancel()

    async def _fetch(self, keys: list[Key], below: int) -> None:
        outcomes = await self._session.fetch(self._connector, self._template, keys, below=below)
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
