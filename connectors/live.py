"""One question to one live source: our keys into its own ids, its rows into canonical ones."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol, TypeAlias

from connectors.cache.reader import Outcome
from connectors.contract import (
    Batch,
    Caller,
    Connector,
    Filter,
    Key,
    Malformed,
    Misconfigured,
    Row,
    SourceError,
)
from connectors.federation import Federation, Found, Part, Question
from connectors.pushdown import Division, divide, merged
from domain.catalogue import ENTITIES
from domain.filter import Predicate, Related, predicate, related_in
from domain.relation import relation_of

Outcomes: TypeAlias = Mapping[Key, Outcome]

_Getter: TypeAlias = Callable[[Row, Key], object]

_UNFIT = (TypeError, IndexError, AttributeError, ValueError, ArithmeticError)
"""What comes of filtering and sorting rows with too few values, or with values of other types."""


class Conversation(Protocol):
    """What a live part needs of the request's session."""

    federation: Federation

    async def ask(
        self, question: Question, keys: Sequence[Key], *, below: int = 0
    ) -> list[Found | SourceError]:
        """Rows for each key over all sources, leaving time for so many levels below."""
        ...

    async def load(
        self,
        connector: Connector,
        template: Batch,
        keys: Sequence[Key],
        *,
        batch_limit: int,
        below: int,
    ) -> list[Outcome]:
        """What one connector answers to each key, leaving time for so many levels below."""
        ...

    def rule(self, entity: str) -> Filter | None:
        """What each row of an entity must pass for the viewer to see it."""
        ...

    def caller(self, source: str) -> Caller:
        """On whose behalf a source is asked."""
        ...


@dataclass(frozen=True, slots=True)
class LivePart:
    """The share of one live source in a question, with so many levels of the plan `below` it."""

    session: Conversation
    part: Part
    question: Question
    below: int = 0

    async def ask(self, keys: Sequence[Key]) -> Outcomes:
        """Outcomes by key; keys of which this source can have nothing are left out."""
        match, own_keys = await self._own_keys(keys)
        if not own_keys:
            return {}
        self._must_look_up_by(match)
        division = self._division(match)
        flat = list(dict.fromkeys(own for owns in own_keys.values() for own in owns))
        capability = self.part.capability
        found = await self.session.load(
            self.part.connector,
            division.batch,
            flat,
            batch_limit=capability.batch_limit,
            below=self.below + self._asks_for_owners(division.fields),
        )
        outcomes = dict(zip(flat, found, strict=True))
        getters = self._getters(division)
        try:
            completed = {
                key: [_completed(outcomes[own], key, getters) for own in owns]
                for key, owns in own_keys.items()
            }
            if division.related is not None:
                completed = await self._passing(completed, division.related, division.fields)
            joined = {key: self._joined(each, division) for key, each in completed.items()}
        except _UNFIT as exc:
            raise self._malformed(exc) from exc
        return await self._with_owners(joined, division.fields)

    async def _passing(
        self, lists: Mapping[Key, list[Outcome]], where: Filter, fields: Sequence[str]
    ) -> dict[Key, list[Outcome]]:
        """The rows whose related records pass; these are looked up together."""
        positions = {name: place for place, name in enumerate(fields)}
        rows = [
            row
            for outcomes in lists.values()
            for each in outcomes
            if not isinstance(each, SourceError)
            for row in each
        ]
        passing = {
            each: await self._referred(each, [row[positions[each.reference]] for row in rows])
            for each in dict.fromkeys(related_in(where))
        }

        def related(part: Related) -> Predicate:
            place, known = positions[part.reference], passing[part]
            return lambda row: row[place] in known

        test = predicate(where, positions, related=related)
        return {
            key: [
                each if isinstance(each, SourceError) else list(filter(test, each))
                for each in outcomes
            ]
            for key, outcomes in lists.items()
        }

    async def _referred(
        self, related: Related, references: Sequence[object]
    ) -> AbstractSet[object]:
        """Those of some references that lead to a record which passes."""
        relation = relation_of(ENTITIES[self.question.entity], related.relation)
        if relation is None:
            raise TypeError(f"{self.question.entity} has no relation '{related.relation}'")
        if relation.entity == "customer":
            return await self._of_customers(related, references)
        target = self._target(related.relation)
        refs = [each for each in dict.fromkeys(references) if each is not None]
        question = Question(
            entity=relation.entity,
            fields=("record_id",),
            match=relation.match,
            where=related.where,
            is_of_rule=True,
        )
        found = await self._found(question, [(target, ref) for ref in refs])
        return {ref for ref, rows in zip(refs, found, strict=True) if rows}

    async def _of_customers(
        self, related: Related, references: Sequence[object]
    ) -> AbstractSet[object]:
        if related.where == self.session.rule("customer"):
            # Owners who may not be seen are not found.
            owners = await self._owners(references)
            return {ref for ref, owner in owners.items() if owner is not None}
        owners = await self._owners(references, is_of_rule=True)
        ids = [(each,) for each in dict.fromkeys(owners.values()) if each is not None]
        question = Question(
            entity="customer", fields=("id",), match=("id",), where=related.where, is_of_rule=True
        )
        found = await self._found(question, ids)
        # One that was merged away is answered with another: it is not told by that, nor in SQL.
        passing = {key[0] for key, rows in zip(ids, found, strict=True) if key in map(tuple, rows)}
        return {ref for ref, owner in owners.items() if owner in passing}

    async def _found(self, question: Question, keys: Sequence[Key]) -> list[Sequence[Row]]:
        found = await self.session.ask(question, keys, below=self.below)
        rows: list[Sequence[Row]] = []
        for each in found:
            if isinstance(each, SourceError):
                raise each
            rows.append(each.rows)
        return rows

    @property
    def _source(self) -> str:
        return self.part.connector.name

    def _malformed(self, exc: Exception) -> Malformed:
        """Rows that break the contract are the fault of their source, and must cost no other."""
        error = Malformed(
            self._source,
            f"rows of {self.question.entity} that are no canonical rows of the fields that were"
            f" asked for ({type(exc).__name__}: {exc}); tell the authors of the connector",
        )
        board = self.session.federation.board
        board.failed(error)
        board.failures.failed(error, entity=self.question.entity)
        return error

    def _division(self, match: tuple[str, ...]) -> Division:
        return divide(
            self.question,
            self.part.capability,
            source=self._source,
            match=match,
            timeout_s=self.session.federation.timeout_s(self._source),
            caller=self.session.caller(self._source),
        )

    def _must_look_up_by(self, match: tuple[str, ...]) -> None:
        capability = self.part.capability
        if match in capability.matches if match else capability.can_list:
            return
        how = f"looked up by {match[0]}" if match else "listed as a whole"
        raise Misconfigured(
            self._source,
            f"{self.question.entity} cannot be {how}: say in the source's configuration how, or"
            " give the entity `mode: synced`",
        )

    async def _own_keys(self, keys: Sequence[Key]) -> tuple[tuple[str, ...], dict[Key, list[Key]]]:
        """By which of its fields the source is asked, and with which of its ids for each key."""
        match = self.question.match
        if not match:
            return (), {key: [()] for key in keys}
        if match == ("customer_id",):
            return ("customer_ref",), await self.records_of(keys)
        if match == ("source", "record_id"):
            return ("record_id",), {key: [(key[1],)] for key in keys if key[0] == self._source}
        relation = match[0].removesuffix("_source")
        target = self._target(relation)
        return (f"{relation}_ref",), {key: [(key[1],)] for key in keys if key[0] == target}

    def _target(self, relation: str) -> str:
        """The source whose records a relation of this source points to."""
        return self.part.capability.references.get(relation, self._source)

    async def records_of(self, keys: Sequence[Key]) -> dict[Key, list[Key]]:
        """The ids of customers in the source, for the keys that are one there."""
        target = self._target("customer")
        question = Question(
            entity="customer_record", fields=("record_id",), match=("customer_id", "source")
        )
        # The source itself is still to be asked.
        found = await self.session.ask(
            question, [(key[0], target) for key in keys], below=self.below + 1
        )
        own: dict[Key, list[Key]] = {}
        for key, each in zip(keys, found, strict=True):
            if isinstance(each, SourceError):
                raise each
            if each.rows:
                own[key] = [(row[0],) for row in each.rows]
        return own

    def _getters(self, division: Division) -> tuple[_Getter, ...] | None:
        """How to complete a row of the source: none where it is complete as it comes."""
        given, wanted = division.batch.fields, division.fields
        if given == wanted:
            return None
        places = {name: place for place, name in enumerate(given)}
        return tuple(self._getter(name, places) for name in wanted)

    def _getter(self, name: str, places: Mapping[str, int]) -> _Getter:
        if name in places:
            read = itemgetter(places[name])
            return lambda row, _key: read(row)
        if name == "source":
            return lambda _row, _key: self._source
        if name == "customer_id" and self.question.match == ("customer_id",):
            return lambda _row, key: key[0]
        relation = name.removesuffix("_source")
        if relation != name and relation in ENTITIES[self.question.entity].references:
            return self._target_getter(relation, places)
        return lambda _row, _key: None

    def _target_getter(self, relation: str, places: Mapping[str, int]) -> _Getter:
        target = self._target(relation)
        place = places.get(f"{relation}_ref")
        if place is None:
            return lambda _row, _key: None
        return lambda row, _key: None if row[place] is None else target

    async def _with_owners(self, outcomes: Outcomes, fields: Sequence[str]) -> Outcomes:
        """The outcomes with the customer of each row, where that is wanted and not known yet.

        Customers are looked up last, for the rows of the page only: no filter or order needs them.
        """
        if not self._asks_for_owners(fields):
            return outcomes
        ref, owner = fields.index("customer_ref"), fields.index("customer_id")
        found = {key: each for key, each in outcomes.items() if not isinstance(each, SourceError)}
        owners = await self._owners([row[ref] for rows in found.values() for row in rows])
        filled = {
            key: [(*row[:owner], owners.get(row[ref]), *row[owner + 1 :]) for row in rows]
            for key, rows in found.items()
        }
        return {**outcomes, **filled}

    def _asks_for_owners(self, fields: Sequence[str]) -> bool:
        is_known = self.question.match == ("customer_id",)
        return not is_known and "customer_id" in fields and "customer_ref" in fields

    async def _owners(
        self, references: Sequence[object], *, is_of_rule: bool = False
    ) -> Mapping[object, object]:
        """The customer of each reference, if it may be seen, or for a rule whoever it is."""
        refs = [each for each in dict.fromkeys(references) if each is not None]
        question = Question(
            entity="customer_record",
            fields=("customer_id",),
            match=("source", "record_id"),
            is_of_rule=is_of_rule,
        )
        target = self._target("customer")
        found = await self._found(question, [(target, ref) for ref in refs])
        return {ref: rows[0][0] if rows else None for ref, rows in zip(refs, found, strict=True)}

    def _joined(self, outcomes: Sequence[Outcome], division: Division) -> Outcome:
        lists: list[Sequence[Row]] = []
        for outcome in outcomes:
            if isinstance(outcome, SourceError):
                return outcome
            lists.append(division.finish(outcome))
        if len(lists) == 1:
            return lists[0]
        return merged(self.question, lists, division.fields)


def _completed(outcome: Outcome, key: Key, getters: tuple[_Getter, ...] | None) -> Outcome:
    if getters is None or isinstance(outcome, SourceError):
        return outcome
    return [tuple([get(row, key) for get in getters]) for row in outcome]
