"""Connectors of a rehearsal: they stand for one source each, and write down what they are asked."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.contract import (
    Answer,
    Batch,
    Capability,
    ChangePage,
    Cursor,
    DiscoveredEntity,
    Finding,
    Key,
    Op,
    Prepared,
    Row,
)
from connectors.federation import Question
from connectors.pushdown import divide
from connectors.rehearsal.inquiry import (
    Fused,
    Inquiry,
    Note,
    Way,
    Work,
    call_count,
    is_at_least,
    keys_per_call,
)
from connectors.rehearsal.row import Rows, SourcesOf
from connectors.rehearsal.text import Texts
from domain.catalogue import ENTITIES
from domain.filter import all_of, conjuncts

Describe = Callable[[Batch], str]
"""Says what goes out to the source for a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a connector of a rehearsal is given: the source that it stands for, and who listens."""

    name: str
    capabilities: Mapping[str, Capability]
    describe: Describe | None
    rows: Rows
    sources_of: SourcesOf
    note: Note


class RehearsedSource:
    """A live source. It is asked for all that it could be asked for, and then says what it was.

    Its own capabilities promise every filter, order and page, so that the made-up rows need not
    fit filters that would be done here; what really would be is found by dividing once more.
    """

    def __init__(self, part: Part) -> None:
        self.name = part.name
        self.capabilities: Mapping[str, Capability] = {
            name: _able(each) for name, each in part.capabilities.items()
        }
        self._part = part

    async def check(self) -> Sequence[Finding]:
        """Nothing can be wrong with it."""
        return ()

    async def discover(self) -> Sequence[DiscoveredEntity]:
        """It offers nothing."""
        return ()

    async def fetch(self, batch: Batch) -> Answer:
        """Made-up rows."""
        inquiry = self._inquiry(batch)
        self._part.note(inquiry)
        return Answer(_rows(self._part, batch), calls=inquiry.call_count)

    def _inquiry(self, batch: Batch) -> Inquiry:
        capability = self._part.capabilities[batch.entity]
        own = _divided(batch, capability, self.name)
        asked = conjuncts(batch.where)
        done = conjuncts(own.where)
        pages = own.limit is not None or batch.limit is None
        return Inquiry(
            source=self.name,
            entity=batch.entity,
            way=Way.LIVE,
            match=batch.match,
            key_count=len(batch.keys),
            keys_per_call=keys_per_call(capability, batch.match),
            call_count=call_count(capability, own),
            is_at_least=is_at_least(capability, own),
            at_source=_work(own),
            here=Work(
                where=all_of([each for each in asked if each not in done]),
                order=() if pages else batch.order,
                limit=None if pages else batch.limit,
            ),
            statement=self._part.describe(own) if self._part.describe else None,
        )

    async def scan(self, entity: str, *, since: Cursor | None) -> AsyncIterator[ChangePage]:
        """Nothing is pulled at a rehearsal."""
        del entity, since
        return
        yield

    async def close(self) -> None:
        """It holds nothing."""


class RehearsedStore(RehearsedSource):
    """The native store. It does everything itself, and its rows can bring along what hangs on."""

    def prepare(self, batch: Batch) -> Prepared:
        """A question with a nest."""
        return _RehearsedQuestion(self, batch)

    def answer(self, batch: Batch) -> Answer:
        """Made-up rows with made-up texts."""
        self._part.note(self._inquiry(batch))
        if batch.nest is None:
            return Answer(_rows(self._part, batch))
        texts = Texts(batch, self._part.rows, self._part.sources_of)
        if batch.nest.page is not None:
            return Answer({(): [(texts.page(batch.nest.page),)]}, nested_count=texts.nested_count)
        nest = batch.nest
        found: dict[Key, Sequence[Row]] = {
            key: [(*row, texts.row(nest)) for row in rows]
            for key, rows in _rows(self._part, batch).items()
        }
        return Answer(found, nested_count=texts.nested_count)

    async def fetch(self, batch: Batch) -> Answer:
        """Made-up rows."""
        return self.answer(batch)

    def _inquiry(self, batch: Batch) -> Inquiry:
        capability = self._part.capabilities[batch.entity]
        return Inquiry(
            source=self.name,
            entity=batch.entity,
            way=Way.STORE if batch.nest is None else Way.FUSED,
            match=batch.match,
            key_count=len(batch.keys),
            keys_per_call=keys_per_call(capability, batch.match),
            call_count=1,
            is_at_least=False,
            at_source=_work(batch),
            statement=self._part.describe(batch) if self._part.describe else None,
            fused=_fused(batch),
        )


@dataclass(frozen=True, slots=True)
class _RehearsedQuestion:
    store: RehearsedStore
    batch: Batch

    async def fetch(self, keys: Sequence[Key], *, timeout_s: float) -> Answer:
        keys = tuple(keys) if self.batch.match else ()
        return self.store.answer(replace(self.batch, keys=keys, timeout_s=timeout_s))


def _able(capability: Capability) -> Capability:
    fields = ENTITIES[capability.entity].fields
    every = frozenset(Op)
    return replace(
        capability,
        filters=dict.fromkeys(fields, every),
        orders=frozenset(fields),
        can_page=True,
    )


def _divided(batch: Batch, capability: Capability, source: str) -> Batch:
    question = Question(
        entity=batch.entity,
        fields=batch.fields,
        where=batch.where,
        order=batch.order,
        limit=batch.limit,
        after=batch.after,
        until=batch.until,
    )
    division = divide(
        question, capability, source=source, match=batch.match, timeout_s=batch.timeout_s
    )
    return replace(division.batch, keys=batch.keys)


def _rows(part: Part, batch: Batch) -> dict[Key, Sequence[Row]]:
    return {key: part.rows.of_key(batch, key) for key in batch.keys or ((),)}


def _work(batch: Batch) -> Work:
    return Work(where=batch.where, order=batch.order, limit=batch.limit)


def _fused(batch: Batch) -> tuple[Fused, ...]:
    if batch.nest is None:
        return ()
    return tuple(
        Fused(
            number=relation.number,
            entity=relation.entity,
            match=relation.match,
            key=relation.key,
            work=Work(where=each.where, order=each.order, limit=each.limit),
        )
        for relation, each in zip(batch.nest.relations, batch.slices.each, strict=True)
    )
