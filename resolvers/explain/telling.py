"""From what was noted at a rehearsal, and at an execution, to the explanation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.contract import SourceError
from connectors.options import Keeping
from connectors.rehearsal.inquiry import Inquiry
from resolvers.command import CommandStep
from resolvers.engine import Task
from resolvers.explain.tree import (
    Asked,
    Explained,
    Explanation,
    Extent,
    Happened,
    Total,
    Trouble,
    Within,
)
from resolvers.explain.watching import Diary, StepAccounts
from resolvers.fusion import Fusion, Hole
from resolvers.lookup import LookupStep, NodeStep
from resolvers.planner import Nesting, Plan
from resolvers.scope import RowScope, Scope, Step
from resolvers.step import ManyStep, OneStep, PageStep

_KINDS: Final[Mapping[type[Step], str]] = {
    LookupStep: "lookup",
    NodeStep: "nodes",
    OneStep: "one",
    ManyStep: "list",
    PageStep: "page",
    CommandStep: "command",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is known of the steps of a plan; `diary` and `accounts` where it was executed."""

    rehearsal: Diary
    paths: Mapping[int, str]
    kept: Mapping[tuple[str, str], Keeping]
    diary: Diary | None = None
    accounts: StepAccounts | None = None

    def step(self, step: Step) -> Explained:
        """A step with all that wait for its rows."""
        index = step.index
        inquiries = [each for of, each in self.rehearsal.inquiries if of == index]
        scopes = step.outputs.values()
        diary = self.diary or self.rehearsal
        return Explained(
            path=self.paths.get(index, ""),
            kind=_KINDS.get(type(step), "step"),
            entities=tuple(each.entity.name for each in scopes if isinstance(each, RowScope)),
            asked=tuple(self._asked(inquiries)),
            within=tuple(self._within(scopes, inquiries)),
            troubles=tuple(self._trouble(each) for each in diary.failures.get(index, {}).values()),
            happened=tuple(self._happened(index)),
            elapsed_ms=None if self.diary is None else self.diary.elapsed_ms.get(index),
            steps=tuple(self.step(each) for each in _waiting(scopes)),
        )

    def _asked(self, inquiries: Sequence[Inquiry]) -> Iterator[Asked]:
        """What was asked; batches that differ in their keys only are told as one."""
        groups: dict[object, Asked] = {}
        for each in inquiries:
            alike = (each.source, each.entity, each.match, each.at_source, each.statement)
            known = groups.get(alike)
            groups[alike] = self._first(each) if known is None else _more(known, each)
        yield from groups.values()

    def _first(self, inquiry: Inquiry) -> Asked:
        return Asked(
            source=inquiry.source,
            entity=inquiry.entity,
            way=inquiry.way,
            match=inquiry.match,
            key_count=inquiry.key_count,
            batch_count=1,
            keys_per_call=inquiry.keys_per_call,
            call_count=inquiry.call_count,
            is_at_least=inquiry.is_at_least,
            at_source=inquiry.at_source,
            here=inquiry.here,
            statement=inquiry.statement,
            kept=self.kept.get((inquiry.source, inquiry.entity)),
        )

    def _within(self, scopes: Iterable[Scope], inquiries: Sequence[Inquiry]) -> Iterator[Within]:
        fused = [each for inquiry in inquiries for each in inquiry.fused]
        for fusion in _fusions(scopes):
            for relation, step in zip(fusion.relations, fusion.steps, strict=True):
                found = next((each for each in fused if each.number == relation.number), None)
                if found is not None and isinstance(step, Step):
                    yield Within(
                        path=self.paths.get(step.index, ""),
                        entity=relation.entity,
                        match=relation.match,
                        key=relation.key,
                        work=found.work,
                    )

    def _trouble(self, error: SourceError) -> Trouble:
        # What goes wrong at a rehearsal is about the configuration, and nobody else's words.
        words = error.message if self.diary is None else error.client_message
        return Trouble(error.source, str(error.code), words)

    def _happened(self, index: int) -> Iterator[Happened]:
        accounts = {} if self.accounts is None else self.accounts.by_step
        for (of, source), account in accounts.items():
            if of == index:
                yield Happened(
                    source=source,
                    status=account.status.value.lower(),
                    call_count=account.call_count,
                    row_count=account.row_count,
                    elapsed_ms=account.elapsed_ms,
                    kept_count=account.kept_count,
                    age_s=account.age_s,
                )

    def totals(self) -> Mapping[str, Total]:
        """The calls to each source."""
        totals: dict[str, Total] = {}
        for _, each in self.rehearsal.inquiries:
            known = totals.get(each.source, Total(call_count=0, is_at_least=False))
            totals[each.source] = Total(
                call_count=known.call_count + each.call_count,
                is_at_least=known.is_at_least or each.is_at_least,
            )
        if self.accounts is None:
            return totals
        real = self.accounts.by_source
        nothing = Total(call_count=0, is_at_least=False)
        return {
            name: replace(
                totals.get(name, nothing),
                real_call_count=real[name].call_count if name in real else 0,
            )
            for name in dict.fromkeys([*totals, *real])
        }


def told(plan: Plan, story: Story, task: Task, nesting: Nesting | None) -> Explanation:
    """The explanation of an operation."""
    cost = task.document.cost(task.operation, task.context.limits)
    inquiries = [each for _, each in story.rehearsal.inquiries]
    fused = [each.entity for inquiry in inquiries for each in inquiry.fused]
    entities = {*fused, *(each.entity for each in inquiries)}
    rules = task.context.policy.rows
    return Explanation(
        mode=Extent.PLAN if story.diary is None else Extent.ANALYZE,
        operation=task.operation.name.value if task.operation.name else None,
        operation_type=task.operation.operation.value,
        node_count=cost.count(task.variables.coerced),
        max_nodes=task.terms.limits.max_nodes,
        is_fused=nesting is not None,
        rules={name: rules[name] for name in sorted(entities & rules.keys())},
        steps=[story.step(each) for each in plan.root.steps],
        sources=story.totals(),
    )


def _more(known: Asked, inquiry: Inquiry) -> Asked:
    return replace(
        known,
        key_count=known.key_count + inquiry.key_count,
        batch_count=known.batch_count + 1,
        call_count=known.call_count + inquiry.call_count,
        is_at_least=known.is_at_least or inquiry.is_at_least,
    )


def _waiting(scopes: Iterable[Scope]) -> Iterator[Step]:
    """The steps that wait for the rows of scopes."""
    for scope in scopes:
        if isinstance(scope.fusion, Fusion):
            for hole in scope.fusion.holes.values():
                if isinstance(hole, Hole):
                    yield from hole.scope.steps
        else:
            yield from scope.steps


def _fusions(scopes: Iterable[Scope]) -> Iterator[Fusion]:
    return (each.fusion for each in scopes if isinstance(each.fusion, Fusion))
