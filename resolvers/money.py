"""How money is read: an amount and its currency are two columns of one row."""

from collections.abc import Sequence

from resolvers.field import PlanField, PlanResolver
from resolvers.scope import KeyOf, Scope, Step
from resolvers.value import Inline, Value


class MoneyScope:
    """A row, seen as the money in one of its columns."""

    def __init__(self, row: Scope, amount: str) -> None:
        self.steps: list[Step] = row.steps
        self._row = row
        self._amount = amount

    def expression(self, name: str) -> str:
        """Python source that reads the amount or the currency from the row."""
        return self._row.expression(self._amount if name == "amount" else name)

    def key(self, names: Sequence[str]) -> KeyOf:
        """The key of the row."""
        return self._row.key(names)


def money(column: str) -> PlanResolver:
    """Money whose amount is in a column; missing where the amount is."""

    def plan(field: PlanField) -> Value:
        return Inline(MoneyScope(field.scope, column), condition=field.scope.expression(column))

    return plan
