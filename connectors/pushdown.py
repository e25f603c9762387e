"""What of a question a live source does itself, and what is done here with the rows it gives."""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from connectors.contract import (
    ANYBODY,
    And,
    Batch,
    Bound,
    Caller,
    Capability,
    Compare,
    Filter,
    Op,
    Or,
    Order,
    Row,
)
from connectors.federation import Question
from domain.catalogue import ENTITIES
from domain.filter import all_of, conjuncts, fields_of, positive, predicate, related_in
from domain.order import before, beyond, sort_key

Finish = Callable[[Sequence[Row]], Sequence[Row]]
"""Filters, sorts and cuts the rows of one key, as far as the source did not."""


@dataclass(frozen=True, slots=True)
class Division:
    """A question divided: the batch (without keys) for the source, and what is left to do here.

    `fields` are the fields of the rows that `finish` takes and gives, by position. `related` is
    what rows must pass before, which only the records that they refer to tell.
    """

    batch: Batch
    fields: tuple[str, ...]
    finish: Finish
    related: Filter | None = None


def divide(
    question: Question,
    capability: Capability,
    *,
    source: str,
    match: tuple[str, ...],
    timeout_s: float,
    caller: Caller = ANYBODY,
) -> Division:
    """Divide a question between a live source and us."""
    parts = conjuncts(positive(question.where)) if question.where is not None else ()
    pushed = [each for each in parts if _covers(capability, each)]
    rest = [each for each in parts if not _covers(capability, each)]
    order = tuple(each for each in question.order if each.field != "source")
    pages = (
        capability.can_page
        and not rest
        and _orders(capability, order)
        and not _has_no_number(question)
    )
    fields = _wanted(question, rest)
    batch = Batch(
        entity=question.entity,
        fields=tuple(each for each in fields if _has(question.entity, capability, each)),
        match=match,
        where=all_of(pushed),
        order=order if pages else (),
        limit=question.limit if pages else None,
        after=_bound(question, question.after, source, ahead=True) if pages else None,
        until=_bound(question, question.until, source, ahead=False) if pages else None,
        caller=caller,
        timeout_s=timeout_s,
    )
    plain = [each for each in rest if not related_in(each)]
    return Division(
        batch,
        fields,
        _nothing if pages else _finish(question, plain, fields),
        all_of([each for each in rest if related_in(each)]),
    )


def merged(question: Question, lists: Sequence[Sequence[Row]], fields: Sequence[str]) -> list[Row]:
    """Several sorted lists as one, cut at the limit."""
    if not question.order:
        rows: Iterable[Row] = (row for each in lists for row in each)
    else:
        rows = heapq.merge(*lists, key=_key(question, fields))
    return list(islice(rows, question.limit))


def _nothing(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


def _wanted(question: Question, rest: Sequence[Filter]) -> tuple[str, ...]:
    more = [each.field for each in question.order]
    more += sorted(fields_of(all_of(rest)))
    for relation in ENTITIES[question.entity].references:
        # A constant or a resolved id is made from the reference, which must be there for it.
        if {f"{relation}_source", f"{relation}_id"} & {*question.fields, *more}:
            more.append(f"{relation}_ref")
    return tuple(dict.fromkeys([*question.fields, *more]))


def _has(entity: str, capability: Capability, field: str) -> bool:
    """Whether the source gives a field; what names a source or a customer is made here."""
    references = ENTITIES[entity].references
    if field in {"source", "customer_id"} or field.removesuffix("_source") in references:
        return False
    return field in capability.fields or field in {"record_id", "observed_at"}


def _covers(capability: Capability, filter_: Filter) -> bool:
    match filter_:
        case Compare(field, op, _):
            return op in capability.filters.get(field, frozenset[Op]())
        case And(parts) | Or(parts):
            return all(_covers(capability, each) for each in parts)
        case _:
            return False


def _orders(capability: Capability, order: Sequence[Order]) -> bool:
    return all(each.field in capability.orders or each.field == "record_id" for each in order)


def _has_no_number(question: Question) -> bool:
    """Whether a page begins or ends at a value that only our own store can compare with."""
    values = [each for bound in (question.after, question.until) if bound for each in bound.values]
    return any(isinstance(each, Decimal) and not each.is_finite() for each in values)


def _bound(question: Question, bound: Bound | None, source: str, *, ahead: bool) -> Bound | None:
    """The bound as one source sees it, whose rows all have the same `source`."""
    places = [n for n, each in enumerate(question.order) if each.field == "source"]
    if bound is None or not places:
        return bound
    place = places[0]
    marked = bound.values[place]
    if marked == source:
        values = bound.values[:place] + bound.values[place + 1 :]
        return Bound(values, is_inclusive=bound.is_inclusive)
    comes_later = (source < str(marked)) == question.order[place].is_descending
    return Bound(bound.values[:place], is_inclusive=comes_later == ahead)


def _finish(question: Question, rest: Sequence[Filter], fields: Sequence[str]) -> Finish:
    positions = {name: place for place, name in enumerate(fields)}
    parts = list(rest)
    if question.after is not None:
        parts.append(beyond(question.order, question.after))
    if question.until is not None:
        parts.append(before(question.order, question.until))
    test = predicate(And(tuple(parts)), positions) if parts else None
    key = sort_key(question.order, positions)

    def finish(rows: Sequence[Row]) -> Sequence[Row]:
        passing = rows if test is None else list(filter(test, rows))
        kept = sorted(passing, key=key) if len(passing) > 1 else passing
        return kept[: question.limit]

    return finish


def _key(question: Question, fields: Sequence[str]) -> Callable[[Row], Any]:
    return sort_key(question.order, {name: place for place, name in enumerate(fields)})
