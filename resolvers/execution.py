"""Execution: the steps of a plan, level by level, each as soon as its parents are known."""

import asyncio
from collections.abc import Sequence
from typing import Any

from resolvers.planner import Plan
from resolvers.run import Run
from resolvers.scope import Step, Work


async def execute(plan: Plan, run: Run) -> None:
    """Do all steps of a plan; their rows and places are then in the run.

    Raises `Doubtful` where the plan has to be made, and executed, without fusion. Where it is
    cancelled, so is all that was asked for it.
    """
    try:
        await _execute(plan, run)
    except asyncio.CancelledError:
        run.context.session.cancel()
        raise


async def _execute(plan: Plan, run: Run) -> None:
    root = [()]
    if not plan.is_serial:
        await _all([(step, root) for step in plan.root.steps], run)
        return
    for step in plan.root.steps:
        await _one(step, root, run)
        if isinstance(run.places[step.index][0], Exception):
            # The payload of a mutation is required: its failure ends the operation.
            return


async def _all(work: Sequence[Work], run: Run) -> None:
    if len(work) == 1:
        await _one(*work[0], run)
    elif work:
        await asyncio.gather(*(_one(step, parents, run) for step, parents in work))


async def _one(step: Step, parents: Sequence[Any], run: Run) -> None:
    run.places[step.index] = await run.do(step, parents)
    work: list[Work] = []
    for index, scope in step.outputs.items():
        rows = run.rows[index]
        if rows and scope.fusion is not None:
            work += [each for each in scope.fusion.open(run, rows) if each[1]]
        elif rows:
            work += [(each, rows) for each in scope.steps]
    await _all(work, run)
