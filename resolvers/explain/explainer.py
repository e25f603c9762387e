"""The explainer: has operations rehearsed, and where it is asked to executed, under its eyes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from connectors.options import Keeping
from connectors.rehearsal.stage import Stage
from connectors.session import Session
from resolvers.context import Context
from resolvers.engine import Engine, Task
from resolvers.execution import execute
from resolvers.explain.journal import SilentJournal, nothing_to_adopt
from resolvers.explain.path import PathPlanner
from resolvers.explain.payload import payload
from resolvers.explain.telling import Story, told
from resolvers.explain.tree import Explanation, Extent
from resolvers.explain.watching import Diary, StepAccounts, WatchedRun
from resolvers.planner import Nesting, Plan
from resolvers.request import Request
from resolvers.result import ErrorCode, Result, ResultKind

_PATIENCE_S: Final = 3600.0
"""How long a rehearsal may take: it waits for nobody."""

_NOT_EXECUTED: Final = (
    "This is the plan of the operation, in `extensions.explain`; nothing was asked. Send it without"
    " the header `X-Explain`, or with `X-Explain: analyze`, to have it executed."
)
_UNDONE: Final = Result(
    ResultKind.EXECUTED,
    orjson.dumps(
        {
            "data": None,
            "errors": [
                {"message": _NOT_EXECUTED, "extensions": {"code": ErrorCode.NOT_EXECUTED}},
            ],
        }
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Explains what `engine` does with operations over the sources that `stage` knows.

    `kept` says for how long the answers of live entities are kept, by source and entity.
    """

    engine: Engine
    stage: Stage
    kept: Mapping[tuple[str, str], Keeping]

    async def explain(self, request: Request, context: Context, *, mode: Extent) -> Result:
        """The answer to a request with its explanation in `extensions.explain`.

        Of a plan there is no data, but an error that says so. What is wrong with the request is
        answered as ever.
        """
        result, explanation = await self.explained(request, context, mode=mode)
        if explanation is None:
            return result
        answer = orjson.loads(result.body)
        extensions = {**answer.get("extensions", {}), "explain": payload(explanation)}
        return Result(result.kind, orjson.dumps({**answer, "extensions": extensions}))

    async def explained(
        self, request: Request, context: Context, *, mode: Extent
    ) -> tuple[Result, Explanation | None]:
        """The answer to a request, and its explanation unless something is wrong with it."""
        explanations: list[Explanation] = []

        async def executed(task: Task, nesting: Nesting | None) -> Result:
            plan, story = await self._rehearsed(task, nesting)
            result = _UNDONE
            if mode is Extent.ANALYZE:
                result, story = await self._executed(plan, story, task)
            explanations.append(told(plan, story, task, nesting))
            return result

        result = await self.engine.execute(request, context, executed=executed)
        return result, explanations[-1] if explanations else None

    async def _executed(self, plan: Plan, story: Story, task: Task) -> tuple[Result, Story]:
        session = task.context.session
        earlier = session.accounts if session.accounts.by_source else None
        accounts = session.accounts = StepAccounts(earlier)
        diary = Diary()
        result = await self.engine.carry_out(plan, _run(plan, diary, task, task.context), task)
        # What was asked and answered tells of rows that rules leave out.
        told_of = None if task.context.policy.rows else accounts
        return result, replace(story, diary=diary, accounts=told_of)

    async def _rehearsed(self, task: Task, nesting: Nesting | None) -> tuple[Plan, Story]:
        document = task.document
        conditions = document.conditions_of(task.variables.coerced)
        await document.turnstile.enter(object())
        planner = PathPlanner(document.schema, document.fragments, conditions, nesting)
        plan = planner.plan(task.operation)
        diary = Diary()
        federation = self.stage.federation(diary.note)
        empty_house = replace(
            task.context,
            session=Session(federation, deadline_s=_PATIENCE_S, policy=task.context.policy),
            journal=SilentJournal(),
            adopt=nothing_to_adopt,
        )
        await execute(plan, _run(plan, diary, task, empty_house))
        return plan, Story(rehearsal=diary, paths=planner.paths, kept=self.kept)


def _run(plan: Plan, diary: Diary, task: Task, context: Context) -> WatchedRun:
    return WatchedRun(
        diary=diary,
        width=plan.width,
        sites=plan.sites,
        variables=task.variables,
        context=context,
    )
