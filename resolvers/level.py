"""Levels: how much of a plan comes after each of its steps, which the time is split by."""

from resolvers.scope import Scope


def mark_levels(scope: Scope) -> int:
    """Tell every step how many levels come below it, one after the other; gives those of a scope.

    What is fused into rows comes with them; only what hangs on their holes is asked after them.
    """
    scopes = [scope] if scope.fusion is None else scope.fusion.scopes
    height = 0
    for each in scopes:
        for step in each.steps:
            step.below = max(map(mark_levels, step.outputs.values()), default=0)
            height = max(height, step.below + 1)
    return height
